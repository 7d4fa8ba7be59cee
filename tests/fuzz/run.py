#!/usr/bin/env python3
"""Runs the fuzz targets: first what is committed (regressions), then so many seconds of looking for more.

    tests/fuzz/run.py BIN_DIR [TARGET|all] [SECONDS] [--jobs N] [--keep]

BIN_DIR is the build's folder of programs; the targets are in its folder `fuzz`. What is found goes to a scratch folder;
with --keep the committed corpus is chosen anew with it.
An input that breaks a property is left in the scratch folder, with the command that shows it again.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
LONGEST = {"audit_verify": 16384, "config": 8192, "jira_calls": 16384, "jira_json": 8192}
COMMITTED_FILES = 60
COMMITTED_BYTES = 60_000
CHOSEN = re.compile("[0-9a-f]{16}")


class Outcome:
    def __init__(self, name):
        self.name = name
        self.runs = 0
        self.coverage = 0
        self.new_units = 0
        self.failure = None

    def line(self):
        if self.failure:
            return f"{self.name}: FAILED\n{self.failure}"
        return f"{self.name}: {self.runs} runs, coverage {self.coverage}, {self.new_units} new units"


def environment(scratch):
    settings = dict(os.environ)
    settings["TMPDIR"] = str(scratch)
    settings["ASAN_OPTIONS"] = "detect_stack_use_after_return=0:allocator_may_return_null=1"
    settings["UBSAN_OPTIONS"] = "print_stacktrace=1"
    return settings


def options_of(name):
    options = ["-timeout=5", "-rss_limit_mb=1024", f"-max_len={LONGEST.get(name, 4096)}", "-print_final_stats=1"]
    dictionary = HERE / f"{name}.dict"
    if dictionary.exists():
        options.append(f"-dict={dictionary}")
    return options


def committed(name):
    folder = HERE / "corpus" / name
    return sorted(folder.iterdir()) if folder.exists() else []


class Target:
    def __init__(self, program, scratch):
        self.program = program
        self.name = program.name
        self.scratch = scratch / self.name
        self.found = self.scratch / "found"
        self.found.mkdir(parents=True)
        self.outcome = Outcome(self.name)

    def start(self, arguments, limit):
        """One run of the program; False and an outcome that says so when it fails."""
        command = [str(self.program), *options_of(self.name), f"-artifact_prefix={self.scratch}/", *arguments]
        try:
            done = subprocess.run(
                command, env=environment(self.scratch), cwd=self.scratch, timeout=limit, text=True, errors="replace",
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            code, output = done.returncode, done.stdout
        except subprocess.TimeoutExpired as late:
            code, output = 1, f"did not end after {late.timeout} s"
        for runs in re.findall(r"stat::number_of_executed_units: +(\d+)", output):
            self.outcome.runs += int(runs)
        for coverage in re.findall(r"cov: (\d+)", output):
            self.outcome.coverage = max(self.outcome.coverage, int(coverage))
        for units in re.findall(r"stat::new_units_added: +(\d+)", output):
            self.outcome.new_units += int(units)
        if code != 0:
            self.fail(output)
        return code == 0

    def fail(self, output):
        crash = re.search(r"Test unit written to (\S+)", output)
        running = re.findall(r"^Running: (\S+)", output, re.MULTILINE)
        path = crash.group(1) if crash else running[-1] if running else "(no input)"
        shown = [line for line in output.splitlines() if "property broken" in line or "ERROR:" in line
                 or "runtime error" in line or "libFuzzer: timeout" in line]
        self.outcome.failure = "\n".join([
            "  " + (shown[0] if shown else "\n  ".join(output.splitlines()[-5:])),
            f"  input:  {path}",
            f"  replay: {shlex.quote(str(self.program))} {shlex.quote(path)}"])

    def run(self, seconds):
        files = [str(path) for path in committed(self.name)]
        if files and not self.start(files, 120):
            return self.outcome
        if seconds > 0:
            folders = [str(self.found)] + ([str(HERE / "corpus" / self.name)] if files else [])
            self.start([f"-max_total_time={seconds}", *folders], seconds + 60)
        return self.outcome

    def keep(self):
        """Chooses the corpus anew: seeds and regressions stay, then come what was found and what was there before,
        those that reach most first, as long as there is room."""
        folder = HERE / "corpus" / self.name
        folder.mkdir(parents=True, exist_ok=True)
        named = [path for path in committed(self.name) if not CHOSEN.fullmatch(path.name)]
        merged = self.scratch / "merged"
        merged.mkdir()
        for path in named:
            shutil.copy(path, merged)
        self.start(["-set_cover_merge=1", str(merged), str(self.found), str(folder)], 600)
        # libFuzzer writes them in the order of its choice.
        chosen = sorted(merged.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        for path in committed(self.name):
            if path not in named:
                path.unlink()
        files, size = len(named), sum(path.stat().st_size for path in named)
        for path in chosen:
            content = path.read_bytes()
            if (folder / path.name).exists() or files == COMMITTED_FILES or size + len(content) > COMMITTED_BYTES:
                continue
            (folder / path.name[:16]).write_bytes(content)
            files, size = files + 1, size + len(content)


def targets_of(folder, wanted, scratch):
    programs = sorted(path for path in folder.iterdir() if path.is_file() and os.access(path, os.X_OK))
    chosen = [path for path in programs if wanted in ("all", path.name)]
    if not chosen:
        sys.exit(f"no target {wanted} in {folder}; there are: " + ", ".join(path.name for path in programs))
    return [Target(path, scratch) for path in chosen]


def text_of(runs):
    return f"{runs / 1e6:.1f} M" if runs >= 1e6 else str(runs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin_dir", type=pathlib.Path)
    parser.add_argument("target", nargs="?", default="all")
    parser.add_argument("seconds", nargs="?", type=int, default=10, help="of each target; 0: the committed inputs only")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", action="store_true", help="choose the committed corpus anew")
    arguments = parser.parse_args()

    started = time.monotonic()
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="accessd-fuzz-"))
    targets = targets_of((arguments.bin_dir / "fuzz").resolve(), arguments.target, scratch)
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for outcome in pool.map(lambda target: target.run(arguments.seconds), targets):
            print(outcome.line(), flush=True)
        if arguments.keep:
            list(pool.map(lambda target: target.outcome.failure or target.keep(), targets))
    failures = sum(1 for target in targets if target.outcome.failure)
    if not failures:
        shutil.rmtree(scratch, ignore_errors=True)
    runs = sum(target.outcome.runs for target in targets)
    seconds = round(time.monotonic() - started)
    print(f"fuzz: {len(targets)} targets, {text_of(runs)} runs, {failures} failures, {seconds} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
