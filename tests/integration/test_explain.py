"""What the commands that only read the database say beside a running daemon."""
import json
import subprocess

from case import GRANTED, Case


class Explain(Case):
    def accessd(self, *arguments):
        return subprocess.run(
            [self.bin_dir / "accessd", *map(str, arguments)], capture_output=True, text=True, timeout=20
        )

    def test_show_tells_the_story_of_a_ticket_while_the_daemon_runs_and_needs_no_secrets(self):
        self.start_both()
        key = self.raise_ticket()
        self.wait_status(key, GRANTED)
        self.wait("told", lambda: "ticket.told" in self.audit())
        shown = self.accessd("show", key, "--config", self.daemon.config)
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        self.assertTrue(shown.stdout.startswith(f"{key}: granted\n"), shown.stdout)
        self.assertRegex(shown.stdout, r"(?m)^  pass  the rule names who approved: bob@acme\.example$")
        self.assertRegex(shown.stdout, r"(?m)^  held +Entra ID: jira-software-users")
        self.assertRegex(shown.stdout, r"(?m) grant\.done  Entra ID: jira-software-users for .*\n? .*took")
        self.assertLessEqual(max(map(len, shown.stdout.splitlines())), 100)
        one = json.loads(self.accessd("show", key, "--json", "--db", self.daemon.state / "accessd.db").stdout)
        self.assertEqual((one["ticket"], one["phase"]), (key, "active"))
        self.assert_nothing_secret(shown.stdout)
        for words, status in (
            (["show", "ACC-999", "--config", self.daemon.config], 1),
            (["show", key, "--db", self.dir / "none.db"], 2),
            (["show"], 64),
        ):
            refused = self.accessd(*words)
            self.assertEqual((refused.returncode, refused.stdout), (status, ""), words)
            self.assertTrue(refused.stderr, words)

    def test_why_tells_who_holds_what_by_its_exit_status_too(self):
        self.start_both()
        key = self.raise_ticket()
        self.wait_status(key, GRANTED)

        def why(*words):
            return self.accessd("why", "jane@acme.example", *words, "--config", self.daemon.config)

        held = why("jira-software-users", "--application", "Entra ID")
        self.assertEqual((held.returncode, held.stderr), (0, ""))
        self.assertIn(f"  {key} ", held.stdout)
        self.revoke(key)
        self.wait_log("revoked")
        over = why("jira-software-users")
        self.assertEqual(over.returncode, 1)
        self.assertRegex(over.stdout, r"ended .*: revoked,\s+by\s+carol@acme\.example")
        self.assertEqual(why("other").returncode, 1)
        self.assertEqual(self.accessd("why", "a", "b", "--db", self.dir / "none.db").returncode, 2)
        self.assertEqual(why().returncode, 64)

    def test_plan_tells_what_a_changed_configuration_means_for_what_is_granted(self):
        self.start_both()
        key = self.raise_ticket()
        self.wait_status(key, GRANTED)
        database = self.daemon.state / "accessd.db"
        same = self.accessd("plan", "--config", self.daemon.config, "--db", database)
        self.assertEqual((same.returncode, same.stderr), (0, ""), same.stdout)
        new = self.dir / "new.toml"
        new.write_text(self.daemon.config.read_text().replace('access_type = "User"', 'access_type = "Other"'))
        planned = self.accessd("plan", "--config", new, "--db", database)
        self.assertEqual((planned.returncode, planned.stderr), (1, ""))
        self.assertIn("User in Entra ID: there is no [[rule]] for it any more\n", planned.stdout)
        self.assertIn(f"  {key} ", planned.stdout)
