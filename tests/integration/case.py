"""What the integration tests share: the real accessd and the real accessd-sandbox, in a directory of its own each."""
import contextlib
import os
import pathlib
import re
import sqlite3
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
import world  # noqa: E402

APPROVED, REVOKED = "Approved by Manager", "Access Revoked"
GRANTED, REMOVED = "Access Granted", "Access Removed"
SECRETS = (world.JIRA_TOKEN.encode(), world.CLIENT_SECRET.encode())

# 2026-11-24T21:51:57.434Z info starting version=0.1.0 user="a b"
VALUE = r'(?:"(?:[^"\\]|\\.)*"|[^\s"=]+)'
LINE = re.compile(
    rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z (debug|info|warning|error|critical) ([a-z_]+)((?: [a-z_]+={VALUE})*)"
)
FIELD = re.compile(rf" ([a-z_]+)=({VALUE})")


class Entry:
    """One line of the daemon's log."""

    def __init__(self, line):
        match = LINE.fullmatch(line)
        if match is None:
            raise AssertionError(f"not a line of the documented form: {line!r}")
        self.line = line
        self.level, self.event = match[1], match[2]
        self.fields = {name: value.strip('"') for name, value in FIELD.findall(match[3])}

    def __repr__(self):
        return self.line


class Case(unittest.TestCase):
    """Ends what a test started, whatever became of it; what it wrote is kept only when it failed."""

    bin_dir = pathlib.Path(os.environ.get("ACCESSD_BIN", "build/default/bin")).absolute()
    maxDiff = None

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="accessd-integration-"))
        self.sandboxes, self.daemons = [], []

    def tearDown(self):
        for daemon in self.daemons:
            if daemon.process is not None and daemon.process.poll() is None:
                daemon.kill()
        for sandbox in self.sandboxes:
            sandbox.process.kill()
            sandbox.process.wait()
            sandbox.process.stdout.close()
        # run.py removes the directories of the tests that went well.

    # -- the two sides ------------------------------------------------------------------------------------

    def start_sandbox(self, *options):
        sandbox = world.Sandbox(self.bin_dir, self.dir / f"sandbox{len(self.sandboxes)}", *options)
        self.sandboxes.append(sandbox)
        return sandbox

    def make_daemon(self, sandbox, change=lambda text: text, name="accessd"):
        daemon = world.Daemon(self.bin_dir, self.dir / name, sandbox, change=change)
        self.daemons.append(daemon)
        return daemon

    def start_both(self, change=lambda text: text):
        """A ready daemon before an empty portal."""
        self.sandbox = self.start_sandbox()
        self.daemon = self.make_daemon(self.sandbox, change)
        self.daemon.start()
        self.wait_log("ready")

    def raise_ticket(self, approve=True, by="bob@acme.example", **arguments):
        key = self.sandbox.jsm("create_request", **arguments)["key"]
        if approve:
            self.sandbox.jsm("approve", issue=key, by=by)
        return key

    def revoke(self, key):
        self.sandbox.jsm("move", issue=key, to=REVOKED, by="carol@acme.example")

    def set_faults(self, *rules):
        self.sandbox.control("faults", "set", rules=list(rules))

    # -- what can be seen ---------------------------------------------------------------------------------

    def entries(self, event=None, daemon=None):
        lines = (daemon or self.daemon).lines()
        # The last line may be half written; nobody promises more while the daemon runs.
        text = (daemon or self.daemon).log.read_text(errors="replace") if lines else ""
        if text and not text.endswith("\n"):
            lines.pop()
        found = [Entry(line) for line in lines]
        return [entry for entry in found if event is None or entry.event == event]

    def wait(self, what, condition, seconds=20, daemon=None):
        process = (daemon or self.daemon).process
        return world.wait_for(what, condition, seconds, process)

    def wait_log(self, event, count=1, seconds=20, daemon=None):
        self.wait(
            f"{count} x {event!r} in the log",
            lambda: len(self.entries(event, daemon)) >= count,
            seconds,
            daemon,
        )
        return self.entries(event, daemon)

    def show(self, key):
        return self.sandbox.jsm("show", issue=key)

    def status(self, key):
        return self.show(key)["status"]

    def comments(self, key):
        return [comment["text"] for comment in self.show(key)["comments"]]

    def wait_status(self, key, status, seconds=20):
        self.wait(f"{key} in {status}", lambda: self.status(key) == status, seconds)

    def polls(self):
        return self.sandbox.jsm("stats")["calls"].get("POST /rest/api/3/search/jql", 0)

    def wait_polls(self, count, seconds=20):
        """`count` more searches, the last of which has been answered."""
        until = self.polls() + count
        self.wait(f"{count} more polls", lambda: self.polls() >= until, seconds)

    def entra_calls(self):
        return self.sandbox.control("sandbox", "stats")["vendors"].get("entra", 0)

    def writes(self):
        stats = self.sandbox.entra("stats")
        return {name: stats[name] for name in ("adds", "removes", "redundant_adds", "redundant_removes")}

    def query(self, sql):
        """Rows of the daemon's database, which nothing is written to; none before it is there."""
        database = self.daemon.state / "accessd.db"
        try:
            with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
                return connection.execute(sql).fetchall()
        except sqlite3.OperationalError:
            return []

    def audit(self):
        """The codes in order; that no row is missing and the chain holds has been checked."""
        rows = world.read_audit(self.daemon.state / "accessd.db")
        self.assertIsNone(world.first_broken_row(rows), "the audit chain is broken")
        return [row[2] for row in rows]

    def assert_nothing_secret(self, *more):
        files = [path for path in self.daemon.state.rglob("*") if path.is_file()] + [self.daemon.log]
        texts = [path.read_bytes() for path in files] + [text.encode() for text in more]
        for secret in SECRETS:
            self.assertFalse([text for text in texts if secret in text], "a secret leaked")

    def stop(self, daemon=None):
        status = (daemon or self.daemon).stop()
        self.assertEqual(status, 0, (daemon or self.daemon).lines()[-3:])
