"""kill -9 at the worst moments. What the next start finds must become right: no access lost, none given twice, one
comment for each state of a ticket, and an audit trail without a gap."""
from case import GRANTED, REMOVED, Case

BATCH = {"vendor": "entra", "method": "POST", "path": "*batch"}
MOVE = {"vendor": "jsm", "method": "POST", "path": "*/transitions"}
SLOW = {"kind": "slow", "delay_ms": 8000}
GIVEN = {"adds": 1, "removes": 0, "redundant_adds": 0, "redundant_removes": 0}
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

    def assert_granted_once(self, key, writes=None):
        self.wait_polls(1)
        self.stop()
        self.assertTrue(self.is_member())
        self.assertEqual(len(self.comments(key)), 1, self.comments(key))
        self.assertEqual(self.writes(), writes or GIVEN)
        codes = self.audit()
        self.assertEqual(codes.count("grant.done"), 1, codes)
        self.assertEqual(codes.count("ticket.told"), 1, codes)
        self.assertEqual(self.query("SELECT count(*) FROM access WHERE intent IS NOT NULL"), [(0,)])
        self.assertEqual(self.query("SELECT count(*) FROM outbox WHERE delivered = 0"), [(0,)])
        self.assert_nothing_secret()

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
        # Nobody can know of it: the next start looks, sees nothing and grants; the late one finds it done.
        late = {**BATCH, "kind": "late_effect", "delay_ms": 1500}
        key = self.grant_killed(late, lambda: self.entries("grant_failing"))
        self.wait("the late effect", lambda: self.writes()["redundant_adds"] or self.writes()["adds"] == 1)
        self.wait_polls(1)
        writes = self.writes()
        self.assertEqual(writes["adds"], 1)
        self.assertLessEqual(writes["redundant_adds"], 1)
        self.assert_granted_once(key, writes)

    def test_between_outcome_and_comment(self):
        key = self.grant_killed({**MOVE, "kind": "lost_request"}, self.outcome_is_stored)
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
