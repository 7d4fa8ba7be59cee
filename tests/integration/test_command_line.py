"""What an admin sees before the daemon works: usage, `check`, and a configuration that Jira contradicts."""
import re
import subprocess

from case import SECRETS, Case


class CommandLine(Case):
    def accessd(self, *arguments):
        return subprocess.run(
            [self.bin_dir / "accessd", *map(str, arguments)], capture_output=True, text=True, timeout=20
        )

    def configured(self, change=lambda text: text):
        self.sandbox = self.start_sandbox()
        self.daemon = self.make_daemon(self.sandbox, change)
        return self.daemon

    def place_of(self, text):
        lines = self.daemon.config.read_text().splitlines()
        return 1 + next(number for number, line in enumerate(lines) if text in line)

    def run_to_its_end(self):
        self.daemon.start()
        return self.daemon.process.wait(20)

    def test_help_and_version_go_to_stdout_with_status_0(self):
        shown = self.accessd("--help")
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        self.assertRegex(shown.stdout, r"(?s)run.*check")
        self.assertRegex(self.accessd("--version").stdout, r"\Aaccessd \d+\.\d+\.\d+\n\Z")

    def test_an_unknown_command_or_option_or_none_exits_64(self):
        for words in (["frobnicate"], ["run", "--frobnicate"], ["check", "more"], []):
            refused = self.accessd(*words)
            self.assertEqual((refused.returncode, refused.stdout), (64, ""), words)
            self.assertTrue(refused.stderr, words)

    def test_check_of_a_good_configuration_exits_0_and_calls_nobody(self):
        checked = self.configured().check()
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))
        self.assertEqual(checked.stdout, f"{self.daemon.config}: ok: 1 application, 1 rule\n")
        self.assertEqual(self.sandbox.control("sandbox", "stats")["calls"], 0)
        self.assertFalse(self.daemon.state.exists())

    def test_check_tells_every_problem_with_its_place_and_exits_78(self):
        daemon = self.configured(
            lambda text: text.replace("poll_interval", "pol_interval").replace('match = "email"', 'match = "mail"')
        )
        checked = daemon.check()
        self.assertEqual(checked.returncode, 78)
        first, second, end = checked.stdout.splitlines()
        name = re.escape(str(daemon.config))
        self.assertRegex(
            first, rf'\A{name}:{self.place_of("pol_interval")}:1: error: .*did you mean "poll_interval"'
        )
        self.assertRegex(second, rf'\A{name}:{self.place_of(chr(34) + "mail" + chr(34))}:\d+: error: ')
        self.assertEqual(end, f"{daemon.config}: 2 problems")

    def test_a_secret_that_stands_in_the_configuration_is_an_error_and_is_not_repeated(self):
        daemon = self.configured(
            lambda text: re.sub(r"(?m)^client_secret = .*$", 'client_secret = "hunter2-value"', text)
        )
        checked = daemon.check()
        self.assertEqual(checked.returncode, 78)
        self.assertRegex(checked.stdout, rf":{self.place_of('client_secret')}:\d+: error: .*client_secret")
        self.assertEqual(self.run_to_its_end(), 78)
        self.assertNotIn("hunter2", checked.stdout + checked.stderr + "".join(daemon.lines()))

    def test_a_secret_that_everyone_may_read_or_that_is_missing_or_a_fifo_is_refused(self):
        daemon = self.configured()
        secret = daemon.dir / "secrets" / "jira-token"
        secret.chmod(0o644)
        checked = daemon.check()
        self.assertEqual(checked.returncode, 78)
        self.assertRegex(checked.stdout, r"error: .*jira-token.*chmod")
        secret.unlink()
        self.assertEqual(daemon.check().returncode, 78)
        subprocess.run(["mkfifo", "-m", "600", secret], check=True)
        self.assertEqual(daemon.check().returncode, 78)
        self.assertFalse([value for value in SECRETS if value.decode() in checked.stdout])

    def test_run_with_a_broken_configuration_exits_78_before_it_touches_anything(self):
        daemon = self.configured(lambda text: text + "\nthis is not TOML\n")
        self.assertEqual(self.run_to_its_end(), 78)
        problem = self.entries("bad_config")[0]
        self.assertIn(f"{daemon.config}:{self.place_of('not TOML')}:", problem.fields["problem"])
        self.assertFalse(daemon.state.exists())
        self.assertEqual(self.sandbox.control("sandbox", "stats")["calls"], 0)

    def test_run_with_names_that_jira_does_not_know_exits_78_and_lists_what_there_is(self):
        changes = {
            'application = "Application"': 'application = "Aplication"',
            '"Approved by Manager"': '"Approved by Manger"',
            '"Request Access Removal"': '"Request Acess Removal"',
        }

        def change(text):
            for right, wrong in changes.items():
                text = text.replace(right, wrong, 1)
            return text

        self.configured(change)
        self.assertEqual(self.run_to_its_end(), 78)
        told = self.entries("cannot_run")
        self.assertEqual(len(told), 3)
        texts = "\n".join(entry.line for entry in told)
        for name in ("Application", "Approved by Manager", "Request Access Removal"):
            self.assertRegex(texts, rf'did you mean .*{name}.*Jira has .*{name}')
        for key in ("portal.fields.application", "portal.statuses.approved", "portal.request_types.remove"):
            self.assertIn(key, texts)
        self.assertEqual(self.entra_calls(), 0)

    def test_a_state_directory_that_others_may_look_into_is_refused(self):
        daemon = self.configured()
        daemon.state.mkdir(mode=0o755)
        self.assertEqual(self.run_to_its_end(), 1)
        self.assertIn(f"chmod 0700 {daemon.state}", self.entries("cannot_run")[0].fields["error"])

    def test_check_tries_the_rules_on_expected_requests_without_secrets(self):
        daemon = self.configured()
        for secret in (daemon.dir / "secrets").iterdir():
            secret.unlink()
        policy = self.dir / "policy.toml"
        wish = '[[expect]]\nrequester = "jane@acme.example"\napplication = "Entra ID"\naccess_type = "User"\n'
        for result, status in (('result = "refused"\ncode = "proof.no_approval"\n', 0), ('result = "granted"\n', 1), ("", 2)):
            policy.write_text(wish + result)
            checked = self.accessd("check", "--expect", policy, "--config", daemon.config)
            self.assertEqual((checked.returncode, checked.stderr), (status, ""), checked.stdout)
            self.assertTrue(checked.stdout.startswith(f"{policy}:"), checked.stdout)
        self.assertEqual(self.sandbox.control("sandbox", "stats")["calls"], 0)
