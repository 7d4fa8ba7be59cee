"""Compares what the daemon left, and what it says, with the sandbox's truth."""
import base64
import contextlib
import shutil
import sqlite3

from stage import ADMINS, world

FILES = {"lock", "ballast", "accessd.db", "accessd.db-wal", "accessd.db-shm", "audit.key", "audit.pub"}
BASIC = base64.b64encode(f"{world.JIRA_EMAIL}:{world.JIRA_TOKEN}".encode())
SECRETS = (world.JIRA_TOKEN.encode(), world.CLIENT_SECRET.encode(), BASIC)
NOTHING = {"codes": [], "open_intents": 0, "tells": 0, "undelivered": 0}


class Wrong(Exception):
    """What is not as it must be, in a sentence."""


class Doubles:
    """What was done once more than needed. A call may be: nobody can know what came of it but who asks the vendor
    again. A comment must not be."""

    def __init__(self, calls=0, comments=0):
        self.calls, self.comments = calls, comments

    def __iadd__(self, other):
        self.calls += other.calls
        self.comments += other.comments
        return self


def require(good, what):
    if not good:
        raise Wrong(what)


def read_books(database):
    """What the daemon has durably written. The database must be whole and its audit trail without a gap."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        rows = lambda sql: connection.execute(sql).fetchall()  # noqa: E731
        verdict = rows("PRAGMA integrity_check")
        require(verdict == [("ok",)], f"integrity_check: {verdict}")
        if not rows("SELECT 1 FROM sqlite_schema WHERE name = 'audit'"):
            return NOTHING
        audit = rows("SELECT seq, at, code, body, hash FROM audit ORDER BY seq")
        broken = world.first_broken_row(audit)
        require(broken is None, f"the audit chain is broken at row {broken}")
        return {
            "codes": [row[2] for row in audit],
            "open_intents": rows("SELECT count(*) FROM access WHERE intent IS NOT NULL")[0][0],
            "tells": rows("SELECT count(*) FROM outbox")[0][0],
            "undelivered": rows("SELECT count(*) FROM outbox WHERE delivered = 0")[0][0],
        }


def books_of_the_dead(stage):
    """Read from a copy, which takes the log in: the next life must find everything as it was left."""
    copy = stage.dir / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    if not (stage.daemon.state / "accessd.db").exists():
        return NOTHING
    for name in ("accessd.db", "accessd.db-wal", "accessd.db-journal"):
        file = stage.daemon.state / name
        if file.exists():
            shutil.copyfile(file, copy / name)
    return read_books(copy / "accessd.db")


def require_intents(stage, codes):
    """No call that changes something without an intent that was durable before."""
    stats = stage.sandbox.entra("stats")
    for operation, calls in (
        ("grant", stats["adds"] + stats["redundant_adds"]),
        ("revoke", stats["removes"] + stats["redundant_removes"]),
    ):
        intents = codes.count(f"{operation}.intent")
        require(calls <= intents, f"{calls} calls to {operation}, but {intents} durable intents")


def judge_dead(stage):
    """Between a kill and the next start. Gives the codes of the audit trail."""
    books = books_of_the_dead(stage)
    codes = books["codes"]
    require_intents(stage, codes)
    if stage.sandbox.members():
        known = books["open_intents"] or "grant.done" in codes
        require(known, "a membership that the books know nothing of")
    if stage.key is not None:
        said, durable = max(len(stage.ticket()["comments"]), len(stage.moves())), books["tells"]
        require(said <= durable, f"the ticket was told {said} times, but {durable} messages are durable")
    return codes


def judge_end(stage, end, kills):
    """After the life that nobody disturbed."""
    ticket = stage.ticket()
    members, texts = stage.sandbox.members(), [comment["text"] for comment in ticket["comments"]]
    require(members == end.members, f"members: {members}")
    others = stage.sandbox.members(ADMINS)
    require(others == end.others, f"members of {ADMINS}: {others}")
    require(ticket["status"] == end.status, f"the ticket is in {ticket['status']}")
    require(len(texts) == len(end.comments), f"comments: {texts}")
    for text, part in zip(texts, end.comments):
        require(part in text, f"comments: {texts}")
    require(stage.moves() == end.moves, f"transitions: {stage.moves()}")
    stats = stage.sandbox.entra("stats")
    effects = (stats["adds"], stats["removes"])
    require(effects == (end.adds, end.removes), f"memberships added and removed: {effects}")
    # After an open intent the call is just made again, which does no harm. A scene may begin with an open grant.
    require(stats["redundant_adds"] <= kills + 1, f"{stats['redundant_adds']} grants of what was there")
    spare = kills + end.spare_removes
    require(stats["redundant_removes"] <= spare, f"{stats['redundant_removes']} revokes of what was not there")
    judge_books(stage, end)
    judge_traces(stage)


def count_doubles(stage, end):
    stats = stage.sandbox.entra("stats")
    calls = stats["redundant_adds"] + max(0, stats["redundant_removes"] - end.spare_removes)
    comments = len(stage.ticket()["comments"]) - len(end.comments) if stage.key else 0
    return Doubles(calls, max(0, comments))


def judge_books(stage, end):
    books = read_books(stage.daemon.state / "accessd.db")
    codes = books["codes"]
    require(books["open_intents"] == 0, "an intent is open")
    require(books["undelivered"] == 0, "a message is not ticked off")
    require_intents(stage, codes)
    for code, count in end.codes.items():
        require(codes.count(code) == count, f"{code} is not {count} times in the audit trail: {codes}")
    for operation in ("grant", "revoke"):
        order = [code for code in codes if code.startswith(operation + ".")]
        require(not order or order[0].endswith(".intent"), f"an outcome before its intent: {codes}")
    # What may have been granted and was not recorded has been taken away.
    settled = "grant.intent" not in codes or "grant.done" in codes or "revoke.done" in codes
    require(settled, f"an intent without an outcome: {codes}")
    require("revoke.intent" not in codes or "revoke.done" in codes, f"an intent without an outcome: {codes}")


def judge_traces(stage):
    """What lies about: files, secrets and complaints."""
    left = {path.name for path in stage.daemon.state.iterdir()} - FILES
    require(not left, f"left in the state directory: {sorted(left)}")
    log = stage.daemon.log.read_bytes()
    texts = [log] + [path.read_bytes() for path in stage.daemon.state.iterdir() if path.name != "ballast"]
    require(not any(secret in text for secret in SECRETS for text in texts), "a secret leaked")
    complaints = [line for line in log.splitlines() if b"Z error " in line or b"Z critical " in line]
    require(not complaints, f"the log complains: {complaints[:1]}")
