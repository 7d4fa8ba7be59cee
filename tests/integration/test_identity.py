"""Whose account is whose, when the address moves on: the ticket, the group, the map file, the log."""
import os

from case import GRANTED, REMOVED, Case

JANE = "jane@acme.example"


class Identity(Case):
    def write_map(self, text):
        fresh = self.map_file.with_suffix(".new")
        fresh.write_text(text)
        os.replace(fresh, self.map_file)

    def test_an_address_that_was_given_to_somebody_else_waits_for_a_line_of_the_map_file(self):
        self.map_file = self.dir / "accounts.csv"
        self.map_file.write_text("# jira account id,account\n")
        line = f'match = "email"\nmap_file = "{self.map_file}"'
        self.start_both(lambda text: text.replace('match = "email"', line, 1))
        first = self.raise_ticket()
        self.wait_status(first, GRANTED)

        self.sandbox.entra("set_user", user=JANE, mail="jane.left@acme.example", upn="jane.left@acme.example")
        self.sandbox.entra("add_user", mail=JANE, upn=JANE)
        other = self.sandbox.entra("user", user=JANE)["id"]
        second = self.raise_ticket()
        parked = self.wait_log("parked")[0]
        self.assertEqual((parked.fields["ticket"], parked.fields["code"]), (second, "identity.changed"))
        self.wait("a comment", lambda: self.comments(second))
        self.assertIn("jane@acme.example", self.comments(second)[0])
        self.assertIn(f',{other}"', self.comments(second)[0])
        self.assertEqual(self.sandbox.members(), ["jane.left@acme.example"])

        account = self.query("SELECT beneficiary_id FROM identity")[0][0]
        self.write_map(f"{account},{other}\n{account}\n")
        refused = self.wait_log("map_refused")[0]
        self.assertIn("accounts.csv:2:1: error: this line must be", refused.fields["problem"])
        self.wait_polls(1)
        self.write_map(f"{account},{other}\n")
        self.wait_log("map_reloaded")
        third = self.raise_ticket()
        self.wait_status(third, GRANTED)
        self.assertEqual(self.sandbox.members(), ["jane.left@acme.example", JANE])
        self.assertEqual(len(self.entries("map_refused")), 1)

        self.revoke(first)
        self.wait_status(first, REMOVED)
        self.assertEqual(self.sandbox.members(), [JANE])
        self.stop()
        self.audit()

    def test_a_wrong_map_file_at_start_is_a_wrong_configuration(self):
        self.sandbox = self.start_sandbox()
        self.map_file = self.dir / "accounts.csv"
        self.map_file.write_text("712020:a,jane\n712020:b,JANE\n")
        line = f'match = "email"\nmap_file = "{self.map_file}"'
        self.daemon = self.make_daemon(self.sandbox, lambda text: text.replace('match = "email"', line, 1))
        self.daemon.start()
        self.assertEqual(self.daemon.process.wait(timeout=20), 78)
        self.assertIn(f"{self.map_file}:2:1: error: this line has the account of line 1", self.daemon.lines()[0])
