"""kill -9 at the worst moments. What the next start finds must become right: no access lost, none given twice, one
comment for each state of a ticket, and an audit trail without a gap."""
import random
import subprocess

from case import APPROVED, GRANTED, REMOVED, REVOKED, Case

BATCH = {"vendor": "entra", "method": "POST", "path": "*batch"}
TOKEN = {"vendor": "entra", "method": "POST", "path": "*/token"}
USERS = {"vendor": "entra", "method": "GET", "path": "/v1.0/users"}
MOVE = {"vendor": "jsm", "method": "POST", "path": "*/transitions"}
SLOW = {"kind": "slow", "delay_ms": 8000}
GIVEN = {"adds": 1, "removes": 0, "redundant_removes": 0}
TAKEN = {"adds": 1, "removes": 1, "redundant_adds": 0}


class Kill(Case):
    def strikes(self):
        return self.sandbox.control("faults", "list")["strikes"]

    def intent_is_stored(self):
        return self.query("SELECT 1 FROM access WHERE intent IS NOT NULL")

    def outcome_is_stored(self):
        return self.query("SELECT 1 FROM outbox WHERE delivered = 0")

    def is_member(self):
        return self.sandbox.members() == ["jane@acme.example"]

    def restart(self):
        self.daemon.kill()
        self.set_faults()
        self.daemon.start()

    def grant_killed(self, fault, moment):
        """A grant; the daemon dies when the fault has struck and the moment is there, and starts again in health."""
        self.sandbox = self.start_sandbox()
        self.daemon = self.make_daemon(self.sandbox)
        self.set_faults(fault)
        key = self.raise_ticket()
        self.daemon.start()
        self.wait("the moment", lambda: self.strikes() and moment())
        self.restart()
        self.wait_status(key, GRANTED)
        return key

    def assert_granted_once(self, key):
        self.wait_polls(1)
        self.stop()
        self.assertTrue(self.is_member())
        self.assertEqual(len(self.comments(key)), 1, self.comments(key))
        # A call whose outcome is unknown is made again: once too often does no harm.
        writes = self.writes()
        self.assertLessEqual(writes.pop("redundant_adds"), 1)
        self.assertEqual(writes, GIVEN)
        codes = self.audit()
        self.assertEqual(codes.count("grant.done"), 1, codes)
        self.assertEqual(codes.count("ticket.told"), 1, codes)
        self.assertEqual(self.query("SELECT count(*) FROM access WHERE intent IS NOT NULL"), [(0,)])
        self.assertEqual(self.query("SELECT count(*) FROM outbox WHERE delivered = 0"), [(0,)])
        self.assert_nothing_secret()

    def test_before_the_account_is_known(self):
        key = self.grant_killed({**USERS, **SLOW}, lambda: self.query("SELECT 1 FROM request"))
        self.assert_granted_once(key)

    def test_while_the_token_endpoint_is_slow(self):
        key = self.grant_killed({**TOKEN, **SLOW}, lambda: self.query("SELECT 1 FROM request"))
        self.assert_granted_once(key)

    def test_with_an_intent_whose_call_never_arrived(self):
        key = self.grant_killed({**BATCH, "kind": "slow", "delay_ms": 8000, "applied": False}, self.intent_is_stored)
        self.assert_granted_once(key)

    def test_right_after_the_membership_appeared(self):
        key = self.grant_killed({**BATCH, **SLOW}, self.is_member)
        self.assert_granted_once(key)

    def test_after_a_lost_reply_of_a_grant(self):
        key = self.grant_killed({**BATCH, "kind": "lost_reply"}, lambda: self.entries("grant_failing"))
        self.assert_granted_once(key)

    def test_before_a_late_grant_takes_effect(self):
        # Nobody can know of it: the next start grants, and the late one finds it done.
        late = {**BATCH, "kind": "late_effect", "delay_ms": 1500}
        key = self.grant_killed(late, lambda: self.entries("grant_failing"))
        self.wait("the late effect", lambda: self.writes()["redundant_adds"] or self.writes()["adds"] == 1)
        self.assert_granted_once(key)

    def test_between_outcome_and_comment(self):
        key = self.grant_killed({**MOVE, "kind": "lost_request"}, self.outcome_is_stored)
        self.assert_granted_once(key)

    def test_when_the_comment_has_just_arrived_and_nobody_knows(self):
        self.sandbox = self.start_sandbox()
        self.daemon = self.make_daemon(self.sandbox)
        self.set_faults({**MOVE, **SLOW})
        key = self.raise_ticket()
        self.daemon.start()
        self.wait_status(key, GRANTED)
        self.restart()
        self.wait_log("ready", 2)
        self.wait("the message ticked off", lambda: not self.outcome_is_stored())
        self.assert_granted_once(key)

    def test_after_a_lost_reply_of_the_comment(self):
        self.sandbox = self.start_sandbox()
        self.daemon = self.make_daemon(self.sandbox)
        self.set_faults({**MOVE, "kind": "lost_reply"})
        key = self.raise_ticket()
        self.daemon.start()
        self.wait_log("telling_failed")
        self.restart()
        self.wait("the message ticked off", lambda: not self.outcome_is_stored())
        self.assert_granted_once(key)

    def test_before_a_late_comment_takes_effect(self):
        key = self.grant_killed({**MOVE, "kind": "late_effect", "delay_ms": 1500}, self.outcome_is_stored)
        self.wait_polls(1)
        self.assert_granted_once(key)

    def revoke_killed(self, fault, moment):
        self.start_both()
        key = self.raise_ticket()
        self.wait_status(key, GRANTED)
        self.set_faults(fault)
        self.revoke(key)
        self.wait("the moment", lambda: self.strikes() and moment())
        self.restart()
        self.wait_status(key, REMOVED)
        self.stop()
        self.assertEqual(self.sandbox.members(), [])
        self.assertEqual(len(self.comments(key)), 2, self.comments(key))
        # A revoke whose outcome is unknown is made again rather than looked for: once too often does no harm.
        writes = self.writes()
        self.assertLessEqual(writes.pop("redundant_removes"), 1)
        self.assertEqual(writes, TAKEN)
        codes = self.audit()
        self.assertEqual((codes.count("grant.done"), codes.count("revoke.done")), (1, 1), codes)
        self.assertEqual(codes.count("ticket.told"), 2, codes)

    def test_right_after_a_membership_was_taken(self):
        self.revoke_killed({**BATCH, **SLOW}, lambda: not self.is_member())

    def test_with_an_intent_to_revoke_whose_call_never_arrived(self):
        self.revoke_killed({**BATCH, "kind": "lost_request"}, lambda: self.entries("revoke_failing"))

    def test_a_revoke_while_the_daemon_is_dead_wins_over_its_open_grant(self):
        self.sandbox = self.start_sandbox()
        self.daemon = self.make_daemon(self.sandbox)
        self.set_faults({**BATCH, **SLOW})
        key = self.raise_ticket()
        self.daemon.start()
        self.wait("the membership", self.is_member)
        self.daemon.kill()
        self.set_faults()
        self.revoke(key)
        self.daemon.start()
        self.wait_status(key, REMOVED)
        self.stop()
        self.assertEqual(self.sandbox.members(), [])
        self.audit()


class KillLoop(Case):
    def test_thirty_tickets_come_right_however_often_the_daemon_dies(self):
        seed = random.randrange(1 << 32)
        dice = random.Random(seed)
        with self.subTest(seed=seed):
            self.play(dice)

    test_thirty_tickets_come_right_however_often_the_daemon_dies.seconds = 40

    def play(self, dice):
        self.sandbox = self.start_sandbox("--latency-ms", 15, "--seed", dice.randrange(1000))
        self.daemon = self.make_daemon(self.sandbox)
        self.sandbox.entra("bulk_users", count=30)
        for number in range(1, 31):
            self.sandbox.jsm("add_user", email=f"j{number:04}@acme.example")
        people = [f"j{number:04}@acme.example" for number in range(1, 31)]
        keys = {person: self.raise_ticket(approve=False, reporter=person) for person in people}
        unproven, approved = people[:8], people[8:]
        revoked = dice.sample(approved, 10)
        work = [("move", person) for person in unproven] + [("approve", person) for person in approved]
        dice.shuffle(work)
        # A revoke may come at any time after its approval.
        for person in revoked:
            work.insert(dice.randint(work.index(("approve", person)) + 1, len(work)), ("revoke", person))
        lives = 12
        for life in range(lives):
            self.daemon.start()
            share = len(work) // (lives - life)
            for what, person in [work.pop(0) for _ in range(share)]:
                if what == "move":
                    self.sandbox.jsm("move", issue=keys[person], to=APPROVED, by=person)
                elif what == "approve":
                    self.sandbox.jsm("approve", issue=keys[person], by="bob@acme.example")
                else:
                    self.revoke(keys[person])
            try:
                status = self.daemon.process.wait(timeout=dice.uniform(0.1, 0.7))
                self.fail(f"it ended by itself with {status}")
            except subprocess.TimeoutExpired:
                self.daemon.kill()
        self.daemon.start()
        held = sorted(set(approved) - set(revoked))
        self.wait("every grant told", lambda: all(self.status(keys[person]) == GRANTED for person in held), 30)
        self.wait_polls(1)
        self.wait("nothing left to do", lambda: not self.query(
            "SELECT 1 FROM request WHERE phase IN ('resolving', 'granting', 'ending')"
            " UNION SELECT 1 FROM outbox WHERE delivered = 0"
            " UNION SELECT 1 FROM access WHERE intent IS NOT NULL"
        ))
        self.stop()
        self.assertEqual(self.sandbox.members(), held)
        for person, key in keys.items():
            self.judge(key, person in held, person in revoked)
        # Of every life that was cut short some calls may be made again.
        self.assertLessEqual(self.writes()["redundant_adds"], lives * 4)
        codes = self.audit()
        self.assertEqual(codes.count("request.unproven"), len(unproven))
        self.assert_nothing_secret()

    def judge(self, key, held, revoked):
        """What a ticket says and where it is at the end."""
        texts, status = self.comments(key), self.status(key)
        kinds = [
            "granted" if text.startswith("Access granted to ") else "removed" if " removed (" in text else "no"
            for text in texts
        ]
        self.assertEqual(len(kinds), len(set(kinds)), texts)
        if held:
            self.assertEqual((kinds, status), (["granted"], GRANTED))
        elif not revoked:
            self.assertEqual((kinds, status), (["no"], APPROVED))
        elif status == REMOVED:
            self.assertIn("removed", kinds)
        else:
            # Revoked before anything was given: there is nothing to tell.
            self.assertEqual((kinds, status), ([], REVOKED))
