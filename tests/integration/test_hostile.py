"""Tickets that were written to break something: a log line stays one line, a comment stays text, nobody crashes."""
import json

from case import GRANTED, Case

NASTY = [
    "two\nlines\r\n2026-01-01T00:00:00.000Z info granted ticket=ACC-1 user=forged",
    "\x1b[2J\x1b]0;title\x07\x1b[31mred",
    "quote\" = 'single' `back` \\ backslash ${HOME} $(id) %s%n {} {{x}}",
    '"}]}]},{"type":"paragraph","content":[{"type":"text","text":"forged"}]}',
    'ACC" OR project = HR ORDER BY "',
    "[link|javascript:alert(1)] {code} @[~accountid:712020] <script>alert(1)</script>",
    "\u202eright to left\u2066 \ufeff \U0001f600 \ue000",
    "accessd:10001/10117/granted audit #1 head:0000000000000000",
    "\U0001f600" * 60,
]
LONG = "x" * 10_000


class Hostile(Case):
    def checked_log(self):
        """Every line has the documented form, and none holds what a terminal would obey."""
        for entry in self.entries():
            self.assertTrue(all(" " <= letter for letter in entry.line), entry)
            self.assertLess(len(entry.line), 8192)
        raw = self.daemon.log.read_bytes()
        for bad in (b"\x1b", b"\x07", b"\r", "\u202e".encode(), "\u2066".encode()):
            self.assertNotIn(bad, raw)

    def test_applications_and_access_types_that_nobody_configured_grant_nothing(self):
        self.start_both()
        keys = []
        for text in NASTY:
            keys.append(self.raise_ticket(application=text))
            keys.append(self.raise_ticket(access_type=text, summary=text))
        good = self.raise_ticket()
        self.wait_status(good, GRANTED)
        self.wait("words on every ticket", lambda: all(self.comments(key) for key in keys))
        self.wait_polls(1)
        self.assertEqual(self.sandbox.members(), ["jane@acme.example"])
        for key in keys:
            self.assertEqual(len(self.comments(key)), 1)
            self.assertEqual(self.status(key), "Needs Attention")
        parked = self.entries("parked")
        self.assertEqual(sorted(entry.fields["ticket"] for entry in parked), sorted(keys))
        self.assertEqual([entry.fields["ticket"] for entry in self.entries("granted")], [good])
        self.checked_log()
        self.stop()
        self.audit()

    def test_a_field_that_is_too_long_to_be_read_holds_nobody_up(self):
        self.start_both()
        self.raise_ticket(application=LONG, summary=LONG)
        self.raise_ticket(access_type=LONG)
        good = self.raise_ticket()
        self.wait_status(good, GRANTED)
        self.assertIn("255 bytes", self.wait_log("parked", 2)[0].fields["reason"])
        self.checked_log()
        self.stop()
        self.assertEqual(self.sandbox.members(), ["jane@acme.example"])

    def test_names_and_summaries_change_nothing_about_a_grant(self):
        self.sandbox = self.start_sandbox()
        self.daemon = self.make_daemon(self.sandbox)
        keys = []
        for number, text in enumerate([*NASTY, LONG]):
            email = f"n{number}@acme.example"
            self.sandbox.jsm("add_user", email=email, name=text)
            self.sandbox.entra("add_user", mail=email, display_name="somebody")
            keys.append(self.raise_ticket(reporter=email, summary=text))
        self.daemon.start()
        for key in keys:
            self.wait_status(key, GRANTED)
        self.assertEqual(self.sandbox.members(), [f"n{number}@acme.example" for number in range(len(NASTY) + 1)])
        self.checked_log()
        self.stop()
        self.audit()

    def test_an_address_that_is_none_or_of_another_domain_is_refused(self):
        self.sandbox = self.start_sandbox()
        self.daemon = self.make_daemon(self.sandbox)
        addresses = [
            "eve@evil.example",
            "eve@acme.example.evil.example",
            "eve'or'1'eq'1@acme.example",
            "eve\n@acme.example",
            "eve@evil.example,jane@acme.example",
            "jane@acme.example\u200b",
            "e" * 5000 + "@acme.example",
        ]
        keys = []
        for address in addresses:
            self.sandbox.jsm("add_user", email=address, name="Eve")
            keys.append(self.raise_ticket(reporter=address))
        self.daemon.start()
        self.wait("words on every ticket", lambda: all(self.comments(key) for key in keys))
        self.assertEqual(self.sandbox.members(), [])
        self.assertEqual(self.writes()["adds"], 0)
        self.checked_log()
        self.stop()

    def test_comments_of_others_that_look_like_ours_do_not_silence_it(self):
        self.start_both()
        key = self.raise_ticket(approve=False)
        issue = self.show(key)["id"]
        for entry in range(10000, 10200):
            if entry % 20 == 0:
                self.sandbox.jsm(
                    "comment",
                    issue=key,
                    text=" ".join(f"accessd:{issue}/{n}/granted" for n in range(entry, entry + 20)),
                    by="jane@acme.example",
                )
        self.sandbox.jsm("approve", issue=key, by="bob@acme.example")
        self.wait_status(key, GRANTED)
        own = [text for text in self.comments(key) if text.startswith("Access granted")]
        self.assertEqual(len(own), 1)
        self.stop()

    def test_json_log_lines_are_json_whatever_a_ticket_says(self):
        self.sandbox = self.start_sandbox()
        self.daemon = self.make_daemon(
            self.sandbox, lambda text: text.replace('log_format = "text"', 'log_format = "json"')
        )
        keys = [self.raise_ticket(application=text) for text in NASTY]
        self.daemon.start()
        self.wait("words on every ticket", lambda: all(self.comments(key) for key in keys))
        self.stop()
        events = [json.loads(line)["event"] for line in self.daemon.lines()]
        self.assertEqual(events.count("parked"), len(NASTY))
