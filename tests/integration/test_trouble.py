"""Vendors that refuse, lie, break off or are somebody else: nothing is granted wrongly, the log names the host once and
says what to do, and when the trouble is over everything comes right by itself."""
import re

from case import APPROVED, GRANTED, REMOVED, Case, world

SEARCH = {"vendor": "jsm", "path": "*/search/jql"}
READ = {"vendor": "jsm", "path": "*/issue/bulkfetch"}
MOVE = {"vendor": "jsm", "method": "POST", "path": "*/transitions"}
BATCH = {"vendor": "entra", "method": "POST", "path": "*batch"}
TOKEN = {"vendor": "entra", "method": "POST", "path": "*/token"}


class Credentials(Case):
    def test_a_wrong_jira_token_is_said_once_while_it_keeps_trying_without_touching_entra(self):
        self.sandbox = self.start_sandbox()
        self.daemon = self.make_daemon(self.sandbox)
        (self.daemon.dir / "secrets" / "jira-token").write_text("expired-token")
        self.raise_ticket()
        self.daemon.start()
        trouble = self.wait_log("connect_failing")[0]
        self.assertEqual((trouble.level, trouble.fields["code"]), ("error", "jira.unauthorized"))
        self.assertIn("check it and its expiry", trouble.fields["error"])
        self.assertRegex(trouble.fields["next"], r"\A\d{4}-\d\d-\d\dT")
        self.stop()
        events = [entry.event for entry in self.entries()]
        self.assertEqual(events, ["starting", "connect_failing", "stopping", "stopped"])
        self.assertEqual(self.entra_calls(), 0)
        self.assertNotIn("expired-token", self.daemon.log.read_text())

    def test_a_wrong_client_secret_pauses_the_application_with_one_line_that_says_what_to_do(self):
        self.sandbox = self.start_sandbox()
        self.daemon = self.make_daemon(self.sandbox)
        self.sandbox.entra("rotate_secret", secret="another-secret")
        self.sandbox.jsm("add_user", email="erin@acme.example")
        keys = [self.raise_ticket(reporter=f"{name}@acme.example") for name in ("jane", "dave", "erin")]
        self.daemon.start()
        trouble = self.wait_log("application_failing")[0]
        self.assertEqual((trouble.level, trouble.fields["code"]), ("error", "entra.token_refused"))
        self.assertIn("client_secret is wrong", trouble.fields["error"])
        self.wait_polls(1)
        self.assertEqual(len(self.entries("application_failing")), 1)
        self.assertEqual(self.sandbox.members(), [])
        # One request finds out for all.
        self.assertLessEqual(self.sandbox.control("sandbox", "stats")["vendors"]["entra"], len(keys))
        self.assertEqual([self.comments(key) for key in keys], [[], [], []])
        self.stop()
        self.assert_nothing_secret()

        self.sandbox.entra("rotate_secret", secret=world.CLIENT_SECRET)
        fresh = self.raise_ticket(reporter="bob@acme.example", by="carol@acme.example")
        self.daemon.start()
        self.wait_status(fresh, GRANTED)
        self.stop()

    def test_a_secret_that_expires_while_it_runs_stops_grants_and_is_said_once(self):
        self.start_both()
        first = self.raise_ticket()
        self.wait_status(first, GRANTED)
        self.sandbox.entra("set", secret_expired=True)
        self.sandbox.entra("expire_tokens")
        second = self.raise_ticket(reporter="dave@acme.example")
        trouble = self.wait_log("application_failing")[0]
        self.assertIn("client_secret has expired", trouble.fields["error"])
        self.wait_polls(1)
        self.assertEqual(self.comments(second), [])
        self.assertEqual(self.sandbox.members(), ["jane@acme.example"])
        self.assertEqual(len(self.entries("application_failing")), 1)
        self.stop()

    def test_a_token_that_expires_early_is_replaced_without_a_word(self):
        self.start_both()
        self.wait_status(self.raise_ticket(), GRANTED)
        self.sandbox.entra("expire_tokens")
        self.wait_status(self.raise_ticket(reporter="dave@acme.example"), GRANTED)
        self.stop()
        self.assertEqual([entry for entry in self.entries() if entry.level != "info"], [])


    def test_a_paused_application_delays_no_message_to_a_ticket(self):
        self.sandbox = self.start_sandbox()
        self.daemon = self.make_daemon(self.sandbox)
        self.sandbox.entra("rotate_secret", secret="another-secret")
        self.raise_ticket()
        self.daemon.start()
        self.wait_log("application_failing")
        unproven = self.raise_ticket(approve=False)
        self.sandbox.jsm("move", issue=unproven, to=APPROVED, by="jane@acme.example")
        self.wait("a comment", lambda: self.comments(unproven))


class Trust(Case):
    def without_ca(self, text, section):
        head, tail = text.split(section, 1)
        return head + section + re.sub(r'ca_file *= .*\n', "", tail, count=1)

    def assert_refused(self, trouble):
        self.assertEqual(trouble.fields["code"], "http.tls")
        self.assertRegex(trouble.fields["error"], r"\Alocalhost: .*ca_file")

    def test_jira_with_a_certificate_of_an_unknown_authority_is_not_spoken_to(self):
        self.sandbox = self.start_sandbox()
        self.daemon = self.make_daemon(self.sandbox, lambda text: self.without_ca(text, "[jira]"))
        self.raise_ticket()
        self.daemon.start()
        self.assert_refused(self.wait_log("connect_failing")[0])
        self.stop()
        self.assertEqual(self.sandbox.control("sandbox", "stats")["calls"], 0)

    def test_entra_with_a_certificate_of_an_unknown_authority_is_not_spoken_to(self):
        self.start_both(lambda text: self.without_ca(text, '[application."Entra ID"]'))
        self.raise_ticket()
        self.assert_refused(self.wait_log("application_failing")[0])
        self.stop()
        self.assertEqual(self.entra_calls(), 0)

    def test_a_ca_file_that_is_none_is_an_error_of_the_configuration(self):
        self.sandbox = self.start_sandbox()
        self.daemon = self.make_daemon(self.sandbox)
        broken = self.dir / "broken.pem"
        broken.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n")
        self.daemon.config.write_text(self.daemon.config.read_text().replace(str(self.sandbox.ca), str(broken)))
        checked = self.daemon.check()
        self.assertEqual(checked.returncode, 78)
        self.assertIn(str(broken), checked.stdout)
        self.daemon.start()
        self.assertEqual(self.daemon.process.wait(20), 78)
        self.assertIn(str(broken), self.daemon.log.read_text())


class Answers(Case):
    """Each fault strikes for a while at each place; then the world is well again."""

    def ride_out(self, place, kind, event, code, times=1, **more):
        """The fault strikes `times` times; meanwhile nothing is granted that should not be, and afterwards a grant and
        a revoke have gone through, told once each. Gives the first log entry of the event."""
        self.sandbox = self.start_sandbox()
        self.daemon = self.make_daemon(self.sandbox)
        self.set_faults({**place, "kind": kind, "times": times, **more})
        key = self.raise_ticket()
        self.daemon.start()
        trouble = self.wait_log(event)[0]
        self.wait_status(key, GRANTED, 30)
        self.assertEqual(trouble.fields["code"], code, trouble)
        self.assertEqual(self.sandbox.members(), ["jane@acme.example"])
        self.revoke(key)
        self.wait_status(key, REMOVED, 30)
        self.wait_log("ended")
        self.stop()
        self.assertEqual(self.sandbox.members(), [])
        self.assertEqual(len(self.comments(key)), 2, self.comments(key))
        self.assertEqual(self.writes()["adds"], 1)
        self.audit()
        return trouble

    def test_html_from_the_search(self):
        trouble = self.ride_out(SEARCH, "html_200", "polling_failing", "jira.not_json", times=2)
        self.assertIn("https://localhost", trouble.fields["error"])
        self.assertIn("login page", trouble.fields["error"])
        self.assertEqual(len(self.entries("polling_failing")), 1, "it is said once")
        self.assertEqual(len(self.entries("polling_recovered")), 1)

    def test_html_from_the_reading_of_issues(self):
        self.ride_out(READ, "html_200", "polling_failing", "jira.not_json")

    def test_html_from_entra(self):
        trouble = self.ride_out(BATCH, "html_200", "application_failing", "entra.not_json")
        self.assertIn("localhost", trouble.fields["error"])
        self.assertEqual(len(self.entries("application_recovered")), 1)

    def test_json_that_is_cut_off_from_the_search(self):
        self.ride_out(SEARCH, "malformed", "polling_failing", "jira.not_json")

    def test_json_that_is_cut_off_from_entra(self):
        self.ride_out(BATCH, "malformed", "application_failing", "entra.not_json")

    def test_a_connection_that_ends_in_the_middle_of_the_tickets(self):
        trouble = self.ride_out(READ, "truncated", "polling_failing", "http.closed")
        self.assertIn("localhost", trouble.fields["error"])

    def test_a_connection_that_ends_in_the_middle_of_entras_answer(self):
        self.ride_out(BATCH, "truncated", "application_failing", "http.closed")

    def test_nine_megabytes_from_the_search(self):
        trouble = self.ride_out(SEARCH, "oversized", "polling_failing", "http.too_large")
        self.assertIn("localhost", trouble.fields["error"])

    def test_nine_megabytes_from_entra(self):
        self.ride_out(BATCH, "oversized", "application_failing", "http.too_large")

    def test_a_redirect_of_the_search_is_not_followed(self):
        trouble = self.ride_out(SEARCH, "redirect", "polling_failing", "jira.redirected")
        self.assertIn("not followed", trouble.fields["error"])

    def test_a_storm_of_429_from_jira(self):
        self.ride_out(
            {"vendor": "jsm"}, "throttle_seconds", "connect_failing", "jira.throttled", times=3, retry_after_s=1
        )
        self.assertEqual(len(self.entries("connect_failing")), 1)

    def test_searches_that_are_throttled(self):
        self.ride_out(SEARCH, "throttle_beta", "polling_failing", "jira.throttled", retry_after_s=1)

    def test_a_storm_of_429_from_entra(self):
        self.ride_out(
            {"vendor": "entra"}, "throttle_seconds", "application_failing", "entra.throttled", times=3, retry_after_s=1
        )

    def test_server_errors_of_the_token_endpoint(self):
        self.ride_out(TOKEN, "error_503", "application_failing", "entra.server_error", times=2)

    def test_a_message_that_jira_does_not_take_at_first(self):
        self.ride_out(MOVE, "error_500", "telling_failed", "jira.server_error")

    def test_a_redirect_of_entra_grants_nothing_and_the_ticket_says_so(self):
        self.start_both()
        self.set_faults({**BATCH, "kind": "redirect"})
        key = self.raise_ticket()
        self.wait("a comment", lambda: self.comments(key))
        self.assertEqual(self.status(key), "Needs Attention")
        self.assertEqual(self.sandbox.members(), [])
        self.assertIn("entra.redirected", self.comments(key)[0])
        self.stop()
