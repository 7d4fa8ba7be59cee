"""The world of one point: a sandbox, a daemon and a ticket, and the scenes that the daemon dies in."""
import contextlib
import os
import pathlib
import sqlite3
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
import world  # noqa: E402

APPROVED, REVOKED = "Approved by Manager", "Access Revoked"
GRANTED, REMOVED = "Access Granted", "Access Removed"
SAYS_GRANTED, SAYS_REMOVED = "Access granted to ", " removed ("
SAYS_TAKEN, SAYS_CHANGED = " removed, approved by ", " changed, approved by "
# What a change changes to.
ADMINS = "entra-admins"
ADMIN_RULE = f"""
[[rule]]
application = "Entra ID"
access_type = "Admin"
groups = ["{ADMINS}"]
approvers = {{ users = ["bob@acme.example"] }}
"""
BATCH = {"vendor": "entra", "method": "POST", "path": "*batch"}
MOVE = {"vendor": "jsm", "method": "POST", "path": "*/transitions"}
SLOW = {"kind": "slow", "delay_ms": 8000}

# What the daemon has still to do by its own books.
OPEN_WORK = """
SELECT 1 FROM request WHERE phase IN ('resolving', 'granting', 'ending')
UNION SELECT 1 FROM outbox WHERE delivered = 0
UNION SELECT 1 FROM access WHERE intent IS NOT NULL
"""


class Stage:
    """Everything is new for each point, so that what one leaves cannot help or harm another."""

    def __init__(self, bin_dir, directory):
        self.dir = world.fresh_directory(directory)
        self.sandbox = world.Sandbox(bin_dir, self.dir / "sandbox")
        self.daemon = world.Daemon(
            bin_dir, self.dir / "accessd", self.sandbox, change=lambda text: text + ADMIN_RULE
        )
        self.key = None
        # The audit trail, and where accessd had moved the ticket, when the daemon had died for the first time.
        self.codes_at_death, self.moves_at_death = None, []

    def close(self):
        if self.daemon.process is not None and self.daemon.process.poll() is None:
            self.daemon.kill()
        self.sandbox.process.kill()
        self.sandbox.process.wait()
        self.sandbox.process.stdout.close()

    def raise_ticket(self, approve=True, **wish):
        self.key = self.sandbox.jsm("create_request", **wish)["key"]
        if approve:
            self.sandbox.jsm("approve", issue=self.key, by="bob@acme.example")

    def move(self, status):
        self.sandbox.jsm("move", issue=self.key, to=status, by="carol@acme.example")

    def set_faults(self, *rules):
        self.sandbox.control("faults", "set", rules=list(rules))

    def ticket(self):
        return self.sandbox.jsm("show", issue=self.key)

    def moves(self):
        """The outcome statuses that the ticket came into."""
        return [change["to"] for change in self.ticket()["changes"] if change["to"] in (GRANTED, REMOVED)]

    def query(self, sql):
        """Rows of the daemon's database; it must be there."""
        database = self.daemon.state / "accessd.db"
        with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(sql).fetchall()

    def polls(self):
        return self.sandbox.jsm("stats")["calls"].get("POST /rest/api/3/search/jql", 0)

    def live(self, arrived, *under, seconds=30):
        """A life of the daemon: until it dies, or is ready, has polled, sees nothing left to do and has `arrived`.
        Then it is stopped as systemd would. Gives the exit status."""
        begin = os.path.getsize(self.daemon.log) if self.daemon.log.exists() else 0
        polls = self.polls()
        self.daemon.start(*under)

        def at_rest():
            if self.daemon.process.poll() is not None:
                return True
            with self.daemon.log.open("rb") as log:
                log.seek(begin)
                ready = b" info ready " in log.read()
            return ready and self.polls() > polls and not self.query(OPEN_WORK) and arrived()

        world.wait_for("rest", at_rest, seconds, every=0.005)
        return self.daemon.stop()

    def live_until(self, moment):
        """A life that ends by kill -9 as soon as the moment is there."""
        self.daemon.start()
        world.wait_for("moment", moment, process=self.daemon.process, every=0.002)
        self.daemon.kill()
        self.set_faults()


class End:
    """What must have come of a ticket: its status, its comments, each known by a part of it, and the memberships that
    were added and removed."""

    def __init__(self, status=GRANTED, comments=(SAYS_GRANTED,), adds=1, removes=0):
        self.status, self.comments = status, list(comments)
        self.adds, self.removes = adds, removes
        self.members = ["jane@acme.example"] * (adds - removes)
        self.others = []  # members of the other group
        self.spare_removes = 0  # of two tickets that end over one access, the second finds nothing left
        self.moves = [GRANTED] * adds + [REMOVED] * removes
        # How often each is in the audit trail.
        self.codes = {
            "request.approved": adds,
            "grant.done": adds,
            "revoke.done": removes,
            "ticket.told": len(self.comments),
        }


class Scene:
    """What is there before the life that will be cut short, and what must have come of it in the end."""

    def __init__(self, name, doc):
        self.name = name
        self.doc = doc

    def prepare(self, stage):
        raise NotImplementedError

    def between_lives(self, stage):
        """What happens while the daemon is dead."""

    def end(self, stage):
        return End()

    def arrived(self, stage):
        if stage.key is None:
            return True
        ticket, end = stage.ticket(), self.end(stage)
        return ticket["status"] == end.status and len(ticket["comments"]) >= len(end.comments)

    def grant_in_peace(self, stage):
        stage.raise_ticket()
        status = stage.live(lambda: stage.ticket()["status"] == GRANTED)
        if status != 0:
            raise RuntimeError(f"a life without a kill ended with {status}; see {stage.daemon.log}")


class Start(Scene):
    """The ticket comes while the daemon is dead."""

    def prepare(self, stage):
        pass

    def between_lives(self, stage):
        stage.raise_ticket()


class Grant(Scene):
    def prepare(self, stage):
        stage.raise_ticket()


class Poll(Scene):
    """Everything has been granted and told: only reading is left."""

    def prepare(self, stage):
        self.grant_in_peace(stage)


class Comment(Scene):
    """A ticket that nobody approved is in the approved status: the only thing to do is to say so."""

    def prepare(self, stage):
        stage.raise_ticket(approve=False)
        stage.move(APPROVED)

    def end(self, stage):
        return End(APPROVED, ["No access was given: "], adds=0)


class Revoke(Scene):
    def prepare(self, stage):
        self.grant_in_peace(stage)
        stage.move(REVOKED)

    def end(self, stage):
        return End(REMOVED, [SAYS_GRANTED, SAYS_REMOVED], removes=1)


class Remove(Scene):
    """A second ticket takes away what the first has brought."""

    def prepare(self, stage):
        self.grant_in_peace(stage)
        stage.raise_ticket(request_type="26")

    def end(self, stage):
        end = End(REMOVED, [SAYS_TAKEN], removes=1)
        end.moves, end.spare_removes = [REMOVED], 1
        end.codes = {"request.approved": 2, "grant.done": 1, "request.superseded": 1, "ticket.told": 3}
        return end


class Change(Scene):
    """A second ticket brings more, and then takes away what the first has brought."""

    def prepare(self, stage):
        self.grant_in_peace(stage)
        stage.raise_ticket(request_type="27", access_type="Admin", current_access="User")

    def end(self, stage):
        end = End(GRANTED, [SAYS_CHANGED], adds=2, removes=1)
        end.members, end.others = [], ["jane@acme.example"]
        end.moves, end.spare_removes = [GRANTED], 1
        end.codes = {"request.approved": 2, "grant.done": 2, "request.superseded": 1, "ticket.told": 3}
        return end


class Undo(Grant):
    """The ticket is revoked while the daemon is dead: whatever the grant had come to must go."""

    def between_lives(self, stage):
        stage.move(REVOKED)

    def end(self, stage):
        if stage.codes_at_death is None:
            return End()
        # A call that may have been made is taken back, and that is said; before it nothing was given or told.
        intent = "grant.intent" in stage.codes_at_death
        # The message of the grant is told when it waits and is sooner sent than the revoke read; else it is dropped.
        texts = [comment["text"] for comment in stage.ticket()["comments"]]
        told = any(SAYS_GRANTED in text for text in texts) and "grant.done" in stage.codes_at_death
        adds = stage.sandbox.entra("stats")["adds"]
        end = End(REMOVED if intent else REVOKED, [SAYS_GRANTED] * told + [SAYS_REMOVED] * intent, adds, adds)
        end.moves = stage.moves_at_death + [REMOVED] * intent
        end.codes = {"revoke.done": int(intent)}
        return end


class Regrant(Scene):
    """An earlier life died when the membership had just appeared: its intent is open."""

    def prepare(self, stage):
        stage.raise_ticket()
        stage.set_faults({**BATCH, **SLOW})
        stage.live_until(stage.sandbox.members)


class Retell(Scene):
    """An earlier life died when its comment had just appeared: the message is not ticked off."""

    def prepare(self, stage):
        stage.raise_ticket()
        stage.set_faults({**MOVE, **SLOW})
        stage.live_until(lambda: stage.ticket()["status"] == GRANTED)


SCENES = {
    scene.name: scene
    for scene in (
        Start("start", "first start"),
        Poll("poll", "nothing to do"),
        Grant("grant", "first start, grant, comment and transition"),
        Comment("comment", "a ticket without proof"),
        Revoke("revoke", "revoke, comment and transition"),
        Remove("remove", "a removal of what another ticket brought"),
        Change("change", "a change from what another ticket brought"),
        Undo("undo", "grant, and a revoke while it is dead"),
        Regrant("regrant", "recovery of an open intent"),
        Retell("retell", "recovery of an open message"),
    )
}
