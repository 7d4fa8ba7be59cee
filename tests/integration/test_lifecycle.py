"""A ticket's life as an admin sees it: the ticket, the group, the log, the process."""
import contextlib
import pathlib
import re
import signal
import socket

from case import APPROVED, GRANTED, REMOVED, REVOKED, Case, world


class Lifecycle(Case):
    def test_a_ticket_is_granted_and_revoked_with_one_comment_and_one_move_each(self):
        self.start_both()
        key = self.raise_ticket()
        self.wait_status(key, GRANTED)
        self.assertEqual(self.sandbox.members(), ["jane@acme.example"])
        self.revoke(key)
        self.wait_status(key, REMOVED)
        self.assertEqual(self.sandbox.members(), [])
        self.wait_log("revoked")
        self.stop()

        first, second = self.comments(key)
        self.assertRegex(
            first,
            r"\AAccess granted to jane@acme\.example, approved by bob@acme\.example\.\n"
            r"Entra ID: jira-software-users - granted\naudit #\d+ head:[0-9a-f]{16} accessd:\S+\Z",
        )
        self.assertRegex(second, r"\AAccess of jane@acme\.example removed \(revoked\)\.\n")
        moves = [change["to"] for change in self.show(key)["changes"] if change["field"] == "status"]
        self.assertEqual(moves, [APPROVED, GRANTED, REVOKED, REMOVED])
        self.assertEqual(self.writes(), {"adds": 1, "removes": 1, "redundant_adds": 0, "redundant_removes": 0})
        self.assertEqual(self.audit().count("ticket.told"), 2)

        events = [entry.event for entry in self.entries()]
        wanted = ["starting", "ready", "approved", "granted", "revoked", "ended", "stopping", "stopped"]
        self.assertEqual(events, wanted)
        granted = self.entries("granted")[0]
        self.assertEqual(
            {name: granted.fields[name] for name in ("ticket", "user", "target", "approver")},
            {
                "ticket": key,
                "user": "jane@acme.example",
                "target": "Entra ID:jira-software-users",
                "approver": "bob@acme.example",
            },
        )
        self.assertRegex(granted.fields["took"], r"\A[0-9a-z]+\Z")
        self.assert_nothing_secret(first, second)

    def test_no_secret_is_on_the_command_line_in_the_environment_or_readable_by_others(self):
        self.start_both()
        self.wait_status(self.raise_ticket(), GRANTED)
        process = pathlib.Path(f"/proc/{self.daemon.process.pid}")
        shown = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        self.assert_nothing_secret(shown.decode(errors="replace"))
        for path in [self.daemon.state, *self.daemon.state.iterdir()]:
            if path.name != "audit.pub":
                self.assertEqual(path.stat().st_mode & 0o077, 0, path)
        self.stop()

    def test_a_status_that_was_moved_by_hand_grants_nothing_and_is_told_once(self):
        self.start_both()
        key = self.raise_ticket(approve=False)
        self.sandbox.jsm("move", issue=key, to=APPROVED, by="jane@acme.example")
        self.wait("a comment", lambda: self.comments(key))
        self.wait_polls(1)
        self.stop()
        self.assertEqual(len(self.comments(key)), 1)
        self.assertEqual(self.sandbox.members(), [])
        self.assertEqual(self.entra_calls(), 0)

    def test_dry_run_says_what_it_would_do_and_writes_nothing(self):
        self.start_both(lambda text: text.replace("[daemon]", '[daemon]\nmode = "dry-run"', 1))
        key = self.raise_ticket()
        would = self.wait_log("would_grant")[0]
        self.assertEqual(would.fields["ticket"], key)
        self.wait_polls(1)
        self.stop()
        self.assertEqual(self.entra_calls(), 0)
        self.assertEqual(self.comments(key), [])
        self.assertEqual(self.status(key), APPROVED)
        for table in ("request", "access", "outbox", "audit"):
            self.assertEqual(self.query(f"SELECT count(*) FROM {table}"), [(0,)], table)
        self.assertEqual(self.entries("ready")[0].fields["mode"], "dry-run")
        self.assertEqual(len(self.entries("would_grant")), 1, "it is said once")


class Process(Case):
    def test_a_second_daemon_on_the_same_state_is_turned_away_and_the_first_goes_on(self):
        self.start_both()
        second = self.make_daemon(self.sandbox, lambda text: re.sub(
            r"state_dir = .*", f'state_dir = "{self.daemon.state}"', text
        ), "second")
        second.start()
        self.assertEqual(second.process.wait(10), 75)
        refusal = self.entries("cannot_run", second)[0]
        self.assertIn(f"(pid {self.daemon.process.pid})", refusal.fields["error"])
        self.wait_status(self.raise_ticket(), GRANTED)
        self.stop()

    def test_systemd_is_told_ready_after_jira_answered_and_stopping_at_the_end(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            path = self.dir / "notify"
            notify.bind(str(path))
            notify.settimeout(0.05)
            told = []

            def heard(word):
                with contextlib.suppress(TimeoutError):
                    told.append(notify.recv(4096).decode())
                return [text for text in told if word in text]

            self.sandbox = self.start_sandbox()
            self.daemon = self.make_daemon(self.sandbox)
            self.set_faults({"vendor": "jsm", "kind": "error_503"})
            self.daemon.start(NOTIFY_SOCKET=str(path))
            self.wait_log("connect_failing")
            self.wait("a first status", lambda: heard("STATUS="))
            self.assertEqual(told, ["STATUS=connecting to Jira"])
            self.set_faults()
            self.wait("READY", lambda: heard("READY=1"))
            self.assertIn("STATUS=watching ACC", told[-1])
            self.daemon.process.send_signal(signal.SIGTERM)
            world.wait_for("STOPPING", lambda: heard("STOPPING=1"))
            self.assertEqual(self.daemon.process.wait(20), 0)

    def test_sighup_says_that_a_restart_is_needed_and_changes_nothing(self):
        self.start_both()
        self.daemon.process.send_signal(signal.SIGHUP)
        self.assertIn("restart", self.wait_log("reload_ignored")[0].fields["advice"])
        self.wait_status(self.raise_ticket(), GRANTED)
        self.stop()

    def test_sigint_ends_it_like_sigterm(self):
        self.start_both()
        self.daemon.process.send_signal(signal.SIGINT)
        self.assertEqual(self.daemon.process.wait(20), 0)
        self.assertEqual(self.entries("stopping")[0].fields["signal"], "SIGINT")

    def test_idle_costs_nothing_but_the_poll(self):
        self.start_both()
        kept, gone = self.raise_ticket(), self.raise_ticket(reporter="dave@acme.example")
        self.wait_status(gone, GRANTED)
        self.revoke(gone)
        self.wait_status(gone, REMOVED)
        self.wait_status(kept, GRANTED)
        self.wait_polls(2)  # takes in what the daemon itself changed

        def state():
            return {
                path.name: (path.stat().st_mtime_ns, path.stat().st_size, path.read_bytes())
                for path in self.daemon.state.iterdir()
                if not path.name.endswith("-shm")
            }

        before, said = state(), len(self.daemon.lines())
        self.wait_polls(2)
        self.assertEqual(self.daemon.lines()[said:], [])
        for name, content in state().items():
            self.assertTrue(content == before.get(name), f"{name} changed")
        resident = self.resident_kib()
        print(f"         idle: {resident / 1024:.1f} MiB resident", flush=True)
        if b"__asan_init" not in self.daemon.binary.read_bytes():  # its shadow memory counts too
            self.assertLess(resident, 20 * 1024)
        self.stop()

    test_idle_costs_nothing_but_the_poll.seconds = 30

    def resident_kib(self):
        for line in pathlib.Path(f"/proc/{self.daemon.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")
