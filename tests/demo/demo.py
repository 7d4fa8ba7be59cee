#!/usr/bin/env python3
"""The demo: access that is granted, changed, removed, revoked and runs out, two tickets that get none, and what
Jira, Entra ID and the audit trail say about it afterwards.

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
USERS, ADMINS, READERS = "jira-software-users", "entra-admins", "confluence-users"
APPROVED, REVOKED = "Approved by Manager", "Access Revoked"
RULES = """
[[rule]]
application = "Entra ID"
access_type = "Admin"
groups = ["entra-admins"]
approvers = { users = ["bob@acme.example"] }

[[rule]]
application = "Entra ID"
access_type = "Read-only"
groups = ["confluence-users"]
approvers = { users = ["bob@acme.example"] }
max_duration = "1m"
"""


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

    def stage(self, name, **wanted):
        """Who must be in which group now; whoever is not named must not be there."""
        cells = [name]
        verdict = "ok"
        for group, key in ((USERS, "users"), (ADMINS, "admins"), (READERS, "readers")):
            members = [member.split("@")[0] for member in self.sandbox.members(group)]
            if self.verdicts.expect(f"members of {group} {name}", members, wanted.get(key, [])) != "ok":
                verdict = "WRONG"
            cells.append(", ".join(members) or "nobody")
        self.stages.append((*cells, verdict))

    def writes(self):
        stats = self.sandbox.entra("stats")
        names = ("adds", "removes", "redundant_adds", "redundant_removes", "catastrophes")
        return {name: stats[name] for name in names if stats[name]}

    def raise_ticket(self, reporter, story, comments, status, **wish):
        """`comments` and `status` are what the ticket must have at the end."""
        key = self.sandbox.jsm("create_request", reporter=reporter, **wish)["key"]
        self.tickets.append((key, story, comments, status))
        return key

    def approve(self, key):
        self.sandbox.jsm("approve", issue=key, by="bob@acme.example")

    def wait_for_comments(self, count, *keys):
        self.wait_for(
            f"comment {count} on {', '.join(keys)}", lambda: all(len(self.comments(key)) >= count for key in keys)
        )

    def play(self):
        self.stage("before")
        self.screen.heading("accessd starts.")
        self.daemon.start()
        self.wait_for("first look at Jira", lambda: any(" ready " in line for line in self.daemon.lines()))
        jane, dave = self.good_tickets()
        granted = time.monotonic()
        self.bad_tickets()
        change = self.change(jane)
        self.remove(change)
        self.revoke()
        self.run_out(dave, granted)
        self.screen.heading("One more look at Jira: nothing is new, so nothing is done and nothing is said.")
        before = self.polls()
        self.wait_for("another look at Jira", lambda: self.polls() > before)
        self.screen.heading("accessd stops, as systemd would stop it.")
        self.verdicts.expect("exit status of accessd", self.daemon.stop(), 0)
        self.follow()
        self.stage("at the end")

    def good_tickets(self):
        """-> the keys of a ticket without and one with an end"""
        jane = self.raise_ticket("jane@acme.example", "approved by bob, then changed", 2, "Access Removed")
        self.screen.heading(f"1. {jane}: jane asks for access, and bob, whom the rule names, approves.")
        self.approve(jane)
        dave = self.raise_ticket(
            "dave@acme.example", "approved by bob, for a minute", 2, "Access Removed", access_type="Read-only"
        )
        self.screen.line(self.screen.paint("1", f"2. {dave}: dave asks to read. The rule allows it for a minute."))
        self.approve(dave)
        self.wait_for_comments(1, jane, dave)
        self.stage("after two grants", users=["jane"], readers=["dave"])
        return jane, dave

    def bad_tickets(self):
        moved = self.raise_ticket("dave@acme.example", "moved by dave, not approved", 1, APPROVED)
        self.screen.heading(f'3. {moved}: dave asks, and moves it to "{APPROVED}" himself. Nobody approved.')
        self.sandbox.jsm("move", issue=moved, to=APPROVED, by="dave@acme.example")
        own = self.raise_ticket("bob@acme.example", "bob approved for bob", 1, APPROVED)
        self.screen.line(self.screen.paint("1", f"4. {own}: bob asks, and approves his own request."))
        self.approve(own)
        self.wait_for_comments(1, moved, own)
        self.stage("after two bad tickets", users=["jane"], readers=["dave"])
        self.verdicts.expect("writes to Entra ID, bad tickets included", self.writes(), {"adds": 2})

    def change(self, replaced):
        """-> its key"""
        key = self.raise_ticket(
            "jane@acme.example", "a change, approved by bob; then removed", 2, "Access Removed",
            request_type="27", access_type="Admin", current_access="User",
        )
        self.screen.heading(f"5. {key}: jane's access is to change from user to admin. The new one comes first.")
        self.approve(key)
        self.wait_for_comments(1, key)
        self.wait_for_comments(2, replaced)
        self.stage("after the change", admins=["jane"], readers=["dave"])
        return key

    def remove(self, change):
        key = self.raise_ticket(
            "jane@acme.example", "a removal, approved by bob", 1, "Access Removed",
            request_type="26", access_type="Admin",
        )
        self.screen.heading(f"6. {key}: a request to remove jane's admin access, approved by bob.")
        self.approve(key)
        self.wait_for_comments(1, key)
        self.wait_for_comments(2, change)
        self.stage("after the removal", readers=["dave"])

    def revoke(self):
        key = self.raise_ticket("carol@acme.example", "approved by bob, then revoked", 2, "Access Removed")
        self.screen.heading(f'7. {key}: carol gets access, and moves the ticket to "{REVOKED}" afterwards.')
        self.approve(key)
        self.wait_for_comments(1, key)
        self.sandbox.jsm("move", issue=key, to=REVOKED, by="carol@acme.example")
        self.wait_for_comments(2, key)
        self.stage("after the revoke", readers=["dave"])

    def run_out(self, key, granted):
        left = max(0, 60 - (time.monotonic() - granted))
        self.screen.heading(f"8. {key}: dave's minute runs out in {left:.0f} seconds. Nobody does anything.")
        self.wait_for(f"end of the lease of {key}", lambda: len(self.comments(key)) > 1, 75)
        self.stage("after a minute")

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
        self.screen.heading("Entra ID's side: who is in which group")
        self.screen.table(("when", USERS, ADMINS, READERS, "as it must be"), self.stages)
        self.screen.line()
        writes = self.writes()
        wanted = {"adds": 4, "removes": 4, "redundant_removes": 2}
        verdict = self.verdicts.expect("writes to Entra ID in all", writes, wanted)
        told = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in writes.items()) or "none"
        comment = (
            " Each grant has its end, and for the two bad tickets nothing was written. Two removes found nothing "
            "left: a ticket that loses its access to another one makes sure, too."
        )
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
    screen.line(f"  Rules     Entra ID / User: group {USERS}; approvers bob and group entra-approvers")
    screen.line(f"            Entra ID / Admin: group {ADMINS}; approver bob")
    screen.line(f"            Entra ID / Read-only: group {READERS}; approver bob; for a minute")
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
        daemon = world.Daemon(bin_dir, directory / "accessd", sandbox, change=lambda text: text + RULES)
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
    arguments = argparse.ArgumentParser(description="Plays seven tickets through accessd and the sandbox.")
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
