#!/usr/bin/env python3
"""The demo: three tickets, a revoke, and what Jira, Entra ID and the audit trail say about it afterwards.

usage: demo.py BIN_DIR [--dir DIR]. Exit status 0: everything was exactly as it must be; 1: something was not.
"""
import argparse
import json
import os
import pathlib
import re
import signal
import sys
import tempfile
import textwrap
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "harness"))
import world  # noqa: E402

WIDTH = 100
GROUP = "jira-software-users"
APPROVED, REVOKED = "Approved by Manager", "Access Revoked"


class Screen:
    """Calm text of at most 100 columns; colour only for a terminal that wants it."""

    def __init__(self, stream):
        self.stream = stream
        self.colour = stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"

    def paint(self, code, text):
        return f"\033[{code}m{text}\033[0m" if self.colour else text

    def line(self, text=""):
        print(text, file=self.stream, flush=True)

    def heading(self, text):
        self.line()
        self.line(self.paint("1", text))

    def say(self, text, indent=2):
        blank = " " * indent
        self.line(textwrap.fill(text, WIDTH, initial_indent=blank, subsequent_indent=blank))

    def log(self, text):
        """A line of accessd's log: the clock without its date, broken between words only."""
        stamp, _, rest = text.partition(" ")
        clock = stamp[11:19] if re.match(r"\d{4}-\d\d-\d\dT", stamp) else stamp
        level, _, event = rest.partition(" ")
        lines = textwrap.wrap(
            f"{clock}  {event}", WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 16,
            break_on_hyphens=False,
        )
        code = "36" if level == "info" else "33"
        for each in lines:
            self.line(self.paint(code, each))

    def table(self, titles, rows):
        widths = [max(len(str(row[i])) for row in [titles, *rows]) for i in range(len(titles))]
        texts = ["  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)) for row in [titles, *rows]]
        self.line(self.paint("2", "  " + texts[0].rstrip()))
        for text in texts[1:]:
            self.line("  " + text.rstrip())


class Verdicts:
    """What had to be so. A failed one does not end the demo: the rest helps to find out why."""

    def __init__(self, screen):
        self.screen = screen
        self.failed = 0
        self.passed = 0

    def expect(self, what, seen, wanted):
        if seen == wanted:
            self.passed += 1
            return "ok"
        self.failed += 1
        self.screen.line(self.screen.paint("31", f"  WRONG: {what}: {seen!r}, expected {wanted!r}"))
        return "WRONG"


class Demo:
    def __init__(self, screen, sandbox, daemon):
        self.screen = screen
        self.sandbox = sandbox
        self.daemon = daemon
        self.verdicts = Verdicts(screen)
        self.shown = 0
        self.stages = []
        self.tickets = []

    def follow(self):
        """Shows what the daemon has logged since the last time."""
        lines = self.daemon.lines()
        for line in lines[self.shown:]:
            self.screen.log(line)
        self.shown = len(lines)

    def wait_for(self, what, condition, seconds=12):
        def look():
            self.follow()
            return condition()

        world.wait_for(what, look, seconds, self.daemon.process)
        self.follow()

    def comments(self, key):
        return self.sandbox.jsm("show", issue=key)["comments"]

    def polls(self):
        return self.sandbox.jsm("stats")["calls"].get("POST /rest/api/3/search/jql", 0)

    def stage(self, name, wanted):
        members = self.sandbox.members(GROUP)
        verdict = self.verdicts.expect(f"members of {GROUP} {name}", members, wanted)
        self.stages.append((name, ", ".join(members) or "nobody", verdict))

    def writes(self):
        stats = self.sandbox.entra("stats")
        names = ("adds", "removes", "redundant_adds", "redundant_removes", "catastrophes")
        return {name: stats[name] for name in names if stats[name]}

    def raise_ticket(self, reporter, story, comments, status):
        key = self.sandbox.jsm("create_request", reporter=reporter)["key"]
        self.tickets.append((key, story, comments, status))
        return key

    def play(self):
        self.stage("before", [])
        self.screen.heading("accessd starts.")
        self.daemon.start()
        self.wait_for("first look at Jira", lambda: any(" ready " in line for line in self.daemon.lines()))
        good = self.good_ticket()
        self.bad_tickets()
        self.revoke(good)
        self.screen.heading("One more look at Jira: nothing is new, so nothing is done and nothing is said.")
        before = self.polls()
        self.wait_for("another look at Jira", lambda: self.polls() > before)
        self.screen.heading("accessd stops, as systemd would stop it.")
        self.verdicts.expect("exit status of accessd", self.daemon.stop(), 0)
        self.follow()
        self.verdicts.expect(f"members of {GROUP} at the end", self.sandbox.members(GROUP), [])

    def good_ticket(self):
        """-> its key"""
        key = self.raise_ticket("jane@acme.example", "approved by bob", 2, "Access Removed")
        self.screen.heading(f"1. {key}: jane asks for access, and bob, whom the rule names, approves.")
        self.sandbox.jsm("approve", issue=key, by="bob@acme.example")
        self.wait_for("comment on the approved ticket", lambda: self.comments(key))
        return key

    def bad_tickets(self):
        moved = self.raise_ticket("dave@acme.example", "moved by dave, not approved", 1, APPROVED)
        self.screen.heading(f'2. {moved}: dave asks, and moves it to "{APPROVED}" himself. Nobody approved.')
        self.sandbox.jsm("move", issue=moved, to=APPROVED, by="dave@acme.example")
        own = self.raise_ticket("bob@acme.example", "bob approved for bob", 1, APPROVED)
        self.screen.line(self.screen.paint("1", f"3. {own}: bob asks, and approves his own request."))
        self.sandbox.jsm("approve", issue=own, by="bob@acme.example")
        self.wait_for("comments on the bad tickets", lambda: self.comments(moved) and self.comments(own))
        self.stage("after the grants", ["jane@acme.example"])
        self.verdicts.expect("writes to Entra ID, bad tickets included", self.writes(), {"adds": 1})

    def revoke(self, key):
        self.screen.heading(f'4. {key}: carol moves it to "{REVOKED}".')
        self.sandbox.jsm("move", issue=key, to=REVOKED, by="carol@acme.example")
        self.wait_for("comment on the revoked ticket", lambda: len(self.comments(key)) > 1)
        self.stage("after the revoke", [])

    def show_jira(self):
        self.screen.heading("Jira's side")
        rows, last = [], []
        for key, story, wanted, status in self.tickets:
            ticket = self.sandbox.jsm("show", issue=key)
            comments = ticket["comments"]
            self.verdicts.expect(f"comments on {key}", len(comments), wanted)
            self.verdicts.expect(f"status of {key}", ticket["status"], status)
            rows.append((key, story, ticket["status"], len(comments)))
            text = comments[-1]["text"] if comments else ""
            last.append(textwrap.shorten(text.split("\n")[0], WIDTH - 24, placeholder=" ..."))
        self.screen.table(("ticket", "story", "status", "comments"), rows)
        self.screen.line()
        self.screen.table(("ticket", "last comment"), [(row[0], text) for row, text in zip(rows, last)])

    def show_entra(self):
        self.screen.heading(f"Entra ID's side: who is in {GROUP}")
        self.screen.table(("when", "members", "as it must be"), self.stages)
        self.screen.line()
        writes = self.writes()
        verdict = self.verdicts.expect("writes to Entra ID in all", writes, {"adds": 1, "removes": 1})
        told = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in writes.items()) or "none"
        comment = " That is jane, in and out; for the other two tickets nothing was written."
        self.screen.say(f"Every write that Entra ID saw: {told}." + (comment if verdict == "ok" else ""))

    def show_audit(self):
        self.screen.heading("accessd's side: the audit trail")
        rows = world.read_audit(self.daemon.state / "accessd.db")
        self.screen.table(
            ("seq", "time (UTC)", "code", "ticket", "hash"),
            [
                (seq, clock(at), code, json.loads(body).get("ticket", ""), stored.hex()[:16] + "...")
                for seq, at, code, body, stored in rows
            ],
        )
        self.screen.line()
        broken = world.first_broken_row(rows)
        self.verdicts.expect("first audit row that does not fit its hash", broken, None)
        hashes = {row[0]: row[4].hex() for row in rows}
        texts = [comment["text"] for ticket in self.tickets for comment in self.comments(ticket[0])]
        named = [re.search(r"audit #(\d+) head:([0-9a-f]{16})", text) for text in texts]
        good = sum(1 for match in named if match and hashes.get(int(match[1]), "")[:16] == match[2])
        self.verdicts.expect("comments that name a row and its hash", good, len(texts))
        if broken is None and rows and good == len(texts):
            self.screen.say(
                f"All {len(rows)} rows hashed again: the chain is whole. Each of the {len(texts)} comments in "
                "Jira names a row and the hash that it has here."
            )


def clock(milliseconds):
    return time.strftime("%H:%M:%S", time.gmtime(milliseconds / 1000)) + f".{milliseconds % 1000:03d}"


def work_directory(wanted):
    if wanted is None:
        parent = pathlib.Path(tempfile.gettempdir()) / f"accessd-demo-{os.getuid()}"
        parent.mkdir(mode=0o700, exist_ok=True)
        return pathlib.Path(tempfile.mkdtemp(prefix=time.strftime("%Y%m%d-%H%M%S-"), dir=parent))
    wanted = wanted.absolute()
    wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(wanted.iterdir()):
        sys.exit(f"demo: {wanted} is not empty; name a directory that is empty or does not exist")
    return wanted


def introduce(screen, sandbox, daemon):
    screen.line(screen.paint("1", "accessd: approved tickets become access, revoked ones become no access"))
    screen.line()
    screen.say(
        "No vendor is called here: Jira and Entra ID are played by accessd-sandbox, over TLS on this machine. "
        "accessd is the real program, with a configuration like a real site's. The indented lines are its "
        "log (times are UTC); it looks at Jira every 5 seconds."
    )
    screen.line()
    screen.line(f"  Jira      {sandbox.facts['jira_url']}")
    screen.line(f"  Entra ID  {sandbox.facts['entra_url']}")
    screen.line(f"  Rule      Entra ID / User: group {GROUP}; approvers bob and group entra-approvers")
    check = daemon.check()
    screen.line()
    screen.line("  $ accessd check")
    for line in check.stdout.splitlines():
        screen.say(line.replace(f"{daemon.dir}/", ""), 6)
    if check.returncode != 0:
        raise RuntimeError(f"accessd check ended with {check.returncode}")


def farewell(screen, directory):
    screen.heading("Everything is left for you to look into:")
    screen.line(f"  cd {directory}")
    screen.line('  less accessd.log       # the whole log')
    screen.line('  less accessd.toml      # the configuration')
    screen.line('  sqlite3 -readonly state/accessd.db "SELECT seq, code, body FROM audit"   # package sqlite3')


def stop_all(sandbox, daemon):
    """Both end, whatever happened before; another Ctrl-C must not leave one of them running."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for part in (daemon, sandbox):
        if part is None or part.process is None:
            continue
        try:
            part.stop()
        except Exception:  # it does not want to end
            part.process.kill()
            part.process.wait()


def run(screen, bin_dir, directory):
    sandbox = daemon = None
    try:
        sandbox = world.Sandbox(bin_dir, directory / "sandbox")
        daemon = world.Daemon(bin_dir, directory / "accessd", sandbox)
        introduce(screen, sandbox, daemon)
        demo = Demo(screen, sandbox, daemon)
        demo.play()
        demo.show_jira()
        demo.show_entra()
        demo.show_audit()
        return demo.verdicts
    finally:
        stop_all(sandbox, daemon)


def main():
    arguments = argparse.ArgumentParser(description="Plays three tickets through accessd and the sandbox.")
    arguments.add_argument("bin_dir", type=pathlib.Path, help="where accessd and accessd-sandbox are")
    arguments.add_argument("--dir", type=pathlib.Path, help="where to work: empty, or not there yet")
    options = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    screen = Screen(sys.stdout)
    started = time.monotonic()
    try:
        directory = work_directory(options.dir)
        verdicts = run(screen, options.bin_dir.absolute(), directory)
    except KeyboardInterrupt:
        print("\n  stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Nobody reads any more; what Python still holds must not be flushed into the pipe at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (RuntimeError, TimeoutError, OSError) as trouble:
        print(f"\n  WRONG: {trouble}", file=sys.stderr)
        return 1
    farewell(screen, directory / "accessd")
    seconds = time.monotonic() - started
    screen.line()
    if verdicts.failed:
        screen.line(screen.paint("31", f"  {verdicts.failed} checks failed, {verdicts.passed} held."))
        return 1
    screen.line(screen.paint("32", f"  All {verdicts.passed} checks held; {seconds:.0f} seconds."))
    return 0


if __name__ == "__main__":
    sys.exit(main())
