#!/usr/bin/env python3
"""Runs the integration tests, several at a time: most of their time they wait for a poll.

usage: run.py [BIN_DIR] [-k WORD] [--jobs N]. BIN_DIR (or $ACCESSD_BIN) is where accessd and accessd-sandbox are.
"""
import argparse
import concurrent.futures
import os
import pathlib
import shutil
import sys
import time
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))


def all_tests(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from all_tests(test)
        else:
            yield test


def run_one(test):
    started = time.monotonic()
    result = unittest.TestResult()
    test.run(result)
    trouble = [text for _, text in result.failures + result.errors]
    directory = getattr(test, "dir", None)
    if directory is not None and result.wasSuccessful():
        shutil.rmtree(directory, ignore_errors=True)
    elif directory is not None:
        trouble.append(f"what it left is in {directory}\n")
        for log in sorted(directory.rglob("accessd.log")):
            trouble.append("".join(log.read_text(errors="replace").splitlines(True)[-25:]))
    skipped = "".join(reason for _, reason in result.skipped)
    return test, trouble, skipped, time.monotonic() - started


def main():
    parser = argparse.ArgumentParser(description="Integration tests of accessd.")
    default = os.environ.get("ACCESSD_BIN", str(HERE.parents[1] / "build/default/bin"))
    parser.add_argument("bin_dir", nargs="?", type=pathlib.Path, default=pathlib.Path(default))
    parser.add_argument("-k", default="", help="only tests whose names contain this")
    parser.add_argument("--jobs", type=int, default=20)
    options = parser.parse_args()
    os.environ["ACCESSD_BIN"] = str(options.bin_dir.absolute())
    suite = unittest.defaultTestLoader.discover(str(HERE), pattern="test_*.py")
    tests = [test for test in all_tests(suite) if options.k in test.id()]
    # The longest come first, so that none of them is waited for alone.
    tests.sort(key=lambda test: -getattr(getattr(test, test._testMethodName, None), "seconds", 0))
    started = time.monotonic()
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for done in concurrent.futures.as_completed([pool.submit(run_one, test) for test in tests]):
            test, trouble, skipped, seconds = done.result()
            failed += bool(trouble)
            verdict = "FAILED" if trouble else f"skipped: {skipped}" if skipped else "ok"
            print(f"{seconds:5.1f} s  {test.id()}: {verdict}", flush=True)
            print("".join(trouble), end="", flush=True)
    print(f"{len(tests)} tests, {failed} failed, {time.monotonic() - started:.0f} s")
    return 1 if failed or not tests else 0


if __name__ == "__main__":
    sys.exit(main())
