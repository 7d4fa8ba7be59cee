"""The audit of a real daemon, verified by accessd and by the program of docs/audit.md, and tampered with."""
import pathlib
import re
import shutil
import sqlite3
import stat
import subprocess
import sys

from case import GRANTED, REMOVED, Case

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "audit.md"


class Audit(Case):
    def accessd(self, *arguments):
        return subprocess.run(
            [self.bin_dir / "accessd", "audit", *map(str, arguments)], capture_output=True, text=True, timeout=20
        )

    def verify(self, *arguments):
        verified = self.accessd("verify", *arguments)
        self.assertEqual(verified.stderr, "")
        return verified.returncode, verified.stdout

    def stranger(self, export, key):
        program = self.dir / "verify.py"
        program.write_text(re.search(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)[1])
        return subprocess.run([sys.executable, program, export, key], capture_output=True, text=True, timeout=60)

    def copy(self, name, *sql):
        """A copy of the stopped daemon's database, changed by somebody who can write to it."""
        copy = self.dir / name
        shutil.copy(self.daemon.state / "accessd.db", copy)
        connection = sqlite3.connect(copy)
        for statement in sql:
            connection.execute(statement)
        connection.commit()
        connection.close()
        return copy

    def head_in_ticket(self, key):
        """Of the latest comment."""
        seq, head = re.findall(r"audit #(\d+) head:([0-9a-f]{16}) ", "\n".join(self.comments(key)))[-1]
        return f"{seq}:{head}"

    def one_ticket(self):
        self.start_both()
        key = self.raise_ticket()
        self.wait_status(key, GRANTED)
        return key

    def test_a_running_daemon_verifies_with_the_head_that_its_ticket_tells(self):
        key = self.one_ticket()
        status, said = self.verify("--config", self.daemon.config, "--head", self.head_in_ticket(key))
        self.assertEqual(status, 0, said)
        self.assertRegex(said, r"(?s): ok: \d+ rows\nhead: \d+:[0-9a-f]{64}\ncheckpoints: none\n\Z")
        status, said = self.verify("--config", self.daemon.config, "--head", "2:0123456789abcdef")
        self.assertEqual(status, 1, said)
        self.stop()

    def test_a_stopped_one_is_signed_and_every_kind_of_tampering_is_found_in_a_copy(self):
        key = self.one_ticket()
        self.revoke(key)
        self.wait_status(key, REMOVED)
        head = self.head_in_ticket(key)
        self.stop()
        public = self.daemon.state / "audit.pub"
        self.assertEqual(stat.S_IMODE(public.stat().st_mode), 0o644)
        self.assertEqual(stat.S_IMODE((self.daemon.state / "audit.key").stat().st_mode), 0o600)
        self.assertEqual(self.entries("ready")[0].fields["audit_key"], public.read_text().strip())
        self.assert_nothing_secret()
        before = sorted(self.daemon.state.iterdir())
        status, said = self.verify("--config", self.daemon.config, "--head", head)
        self.assertEqual(status, 0, said)
        self.assertRegex(said, r"checkpoints: 1, the last at row \d+ of \S+Z, 0 rows before the end, signed by accessd/")
        self.assertEqual(sorted(self.daemon.state.iterdir()), before)
        for name, statement, sentence in (
            ("changed", "UPDATE audit SET body = replace(body, 'jane', 'mary') WHERE seq = 2", "audit row 2 or the one"),
            ("dropped", "DELETE FROM audit WHERE seq = 3", "audit row 3 is missing"),
            ("cut", "DELETE FROM audit WHERE seq > 4", r"audit rows 5 to \d+ are missing at the end"),
            ("inserted", "INSERT INTO audit SELECT seq + 100, at, code, body, hash FROM audit WHERE seq = 2", "audit row"),
        ):
            copy = self.copy(name, statement)
            status, said = self.verify("--db", copy, "--pubkey", public)
            self.assertEqual(status, 1, said)
            self.assertRegex(said, rf"\A{re.escape(str(copy))}: tampered with: {sentence}")
        copy = self.copy("both cut", "DELETE FROM audit WHERE seq > 4", "DELETE FROM checkpoint")
        self.assertEqual(self.verify("--db", copy)[0], 0)
        self.assertEqual(self.verify("--db", copy, "--head", head)[0], 1)

    def test_an_export_is_good_for_accessd_and_for_the_program_of_the_documentation(self):
        self.one_ticket()
        self.stop()
        public = self.daemon.state / "audit.pub"
        for since in ("1", "3"):
            export = self.dir / f"since {since}.jsonl"
            exported = self.accessd("export", "--config", self.daemon.config, "--since", since, "--output", export)
            self.assertEqual((exported.returncode, exported.stdout, exported.stderr), (0, "", ""))
            status, said = self.verify("--jsonl", export, "--pubkey", public)
            self.assertEqual(status, 0, said)
            seq, head = re.search(r"head: (\d+):([0-9a-f]{64})", said).groups()
            judged = self.stranger(export, public)
            self.assertEqual(judged.stdout, f"good: row {seq} has the hash {head}, 1 checkpoints\n", judged.stderr)
        changed = self.dir / "changed.jsonl"
        changed.write_text(export.read_text().replace("grant.done", "grant.gone"))
        self.assertNotEqual(self.stranger(changed, public).returncode, 0)
        self.assertEqual(self.verify("--jsonl", changed, "--pubkey", public)[0], 1)
        other = self.dir / "other.pub"
        other.write_text("accessd/test/audit+1e7d0af2+AQ0uS0GRFNQ7LKJs5a9XzxuAZ3jo7aS2MKAbUYBX5Bqb\n")
        self.assertNotEqual(self.stranger(export, other).returncode, 0)
        csv = self.accessd("export", "--config", self.daemon.config, "--format", "csv")
        self.assertTrue(csv.stdout.startswith("seq,at,code,body,hash\n1,"), csv.stdout[:60])

    def test_a_wrong_command_line_exits_64(self):
        for words in ([], ["verify", "--head", "5"], ["verify", "--db", "a", "--jsonl", "b"], ["export", "--format", "xml"]):
            refused = self.accessd(*words)
            self.assertEqual((refused.returncode, refused.stdout), (64, ""), words)
