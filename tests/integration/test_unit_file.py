"""The systemd unit: it loads, and it gives the daemon little to do harm with."""
import pathlib
import re
import shutil
import subprocess
import unittest

from case import Case

UNIT = pathlib.Path(__file__).resolve().parents[2] / "systemd" / "accessd.service"
HIGHEST_EXPOSURE = 1.5


@unittest.skipUnless(shutil.which("systemd-analyze"), "there is no systemd-analyze here")
class UnitFile(Case):
    def analyze(self, *words):
        return subprocess.run(["systemd-analyze", *map(str, words)], capture_output=True, text=True, timeout=60)

    def adjusted(self):
        copy = self.dir / "accessd.service"
        text = UNIT.read_text()
        copy.write_text(text.replace("ExecStart=/usr/sbin/accessd", f"ExecStart={self.bin_dir / 'accessd'}"))
        self.assertNotEqual(copy.read_text(), text)
        return copy

    def test_systemd_finds_nothing_wrong_with_it(self):
        verified = self.analyze("verify", "--recursive-errors=no", self.adjusted())
        self.assertEqual((verified.returncode, verified.stdout + verified.stderr), (0, ""))

    def test_its_exposure_is_small(self):
        if "--offline" not in self.analyze("--help").stdout:
            self.skipTest("this systemd-analyze does not judge unit files")
        judged = self.analyze("security", "--offline=true", "--no-pager", self.adjusted())
        exposure = float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", judged.stdout)[1])
        print(f"         unit: exposure {exposure}", flush=True)
        self.assertLessEqual(exposure, HIGHEST_EXPOSURE)
