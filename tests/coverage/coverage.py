#!/usr/bin/env python3
"""Coverage of the rooms that decide, act and remember, by unit tests and simulation; exits 1 below the bars.

    coverage.py BUILD_DIR [--seeds N] [--no-run] [--keep FILE.json]

BUILD_DIR is configured with CMAKE_CXX_FLAGS="-O0 -g1 --coverage -fprofile-update=single" and g++ 12. Needs gcovr 5.

What counts as a branch: an edge that the source's own conditions take or do not take. Not counted are

- edges that an exception takes, as gcovr's --exclude-throw-branches: at -O0 every call that may throw has one, and
  exceptions do not cross modules here. notes.py tells how the cleanup behind them is left out;
- what g++ adds to a coroutine - frame, resumption by number, destruction of a suspended frame. In the notes of an
  example with three co_awaits all of it lies on the line of the coroutine's name and on that of its last brace. A
  statement that is nothing but a `co_await` has one more edge, for what is ready at once, which Asio's awaitables never
  are (await_ready() is a constant); tests/lint/co_await.py keeps decisions out of such statements;
- lines that hold but braces, as gcovr's --exclude-unreachable-branches.

A function that several objects hold (inline, or a template's) counts once: as often as it ran in any of them.
"""

import argparse
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import notes

ROOMS = ("policy", "engine", "store")
LEAST_LINES = 97.0
LEAST_BRANCHES = 90.0
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TRACE_VERSION = "0.3"  # of gcovr 5.2
BRACES = re.compile(r"^[\s{}();,]*(//.*)?$")
RETURN_NAME = re.compile(r"^\s*return \w+;$")


def is_ours(source):
    path = os.path.relpath(source, TOP).split(os.sep)
    return len(path) > 2 and path[0] == "core" and path[1] in ROOMS


@functools.cache
def text_of(source):
    with open(os.path.join(TOP, source), encoding="utf-8") as file:
        return file.read().splitlines()


def text_at(source, line):
    text = text_of(source)
    if line > len(text):
        raise SystemExit(f"coverage: {source} has changed since it was built; build again")
    return text[line - 1]


def says_nothing(source, line):
    text = text_at(source, line)
    return bool(BRACES.match(text) or RETURN_NAME.match(text))


def files_of(build, ending):
    for folder, _, names in os.walk(build):
        for name in names:
            if name.endswith(ending):
                yield os.path.join(folder, name)


def run(command):
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{done.stdout[-4000:]}\ncoverage: failed: {' '.join(command)}")
    print(done.stdout.splitlines()[-1] if done.stdout else "", flush=True)


def run_programs(build, seeds):
    for file in list(files_of(build, ".gcda")):
        os.remove(file)
    programs = os.path.join(build, "bin")
    run([os.path.join(programs, "accessd_tests")])
    if seeds:
        threads = str(os.cpu_count() or 1)
        run([os.path.join(programs, "accessd-simulate"), "--seeds", str(seeds), "--from", "1", "--threads", threads])


def count(counts, place):
    """What gcov says about one object, by our notes; None when nothing of ours is in it."""
    with open(counts[: -len(".gcda")] + ".gcno", "rb") as file:
        cut = notes.cut(file.read(), is_ours, says_nothing)
    if cut is None:
        return None
    folder = tempfile.mkdtemp(dir=place)
    with open(os.path.join(folder, "object.gcno"), "wb") as file:
        file.write(cut)
    shutil.copy(counts, os.path.join(folder, "object.gcda"))
    command = ["gcov", "--branch-probabilities", "--json-format", "--stdout", "object.gcda"]
    done = subprocess.run(command, check=True, capture_output=True, cwd=folder)
    return json.loads(done.stdout)


class Source:
    """The lines of one file, summed up over all objects."""

    def __init__(self, name):
        self.name = name
        self.lines = defaultdict(int)
        self.branches = defaultdict(dict)  # line: {function: [how often]}

    def add(self, report):
        begins = {f["name"]: (f["start_line"], f["start_column"]) for f in report["functions"]}
        coroutines = {f["start_line"] for f in report["functions"] if f["name"].endswith(".actor")}
        for line in report["lines"]:
            number = line["line_number"]
            self.lines[number] += line["count"]
            text = text_at(self.name, number)
            if number in coroutines or text.lstrip().startswith("co_await ") or BRACES.match(text):
                continue
            taken = [branch["count"] for branch in line["branches"] if not branch["throw"]]
            # Instances of one template begin at the same place; their branches are the same.
            key = (begins.get(line.get("function_name")), len(taken))
            known = self.branches[number].setdefault(key, [0] * len(taken))
            self.branches[number][key] = [sum(pair) for pair in zip(known, taken)]

    def trace(self):
        lines = []
        for number in sorted(self.lines):
            edges = [taken for counts in self.branches[number].values() for taken in counts]
            lines.append({
                "line_number": number, "count": self.lines[number], "gcovr/noncode": False, "gcovr/excluded": False,
                "branches": [{"count": taken, "fallthrough": False, "throw": False} for taken in edges],
            })
        return {"file": self.name, "lines": lines, "functions": []}


def measure(build, place):
    """A trace for gcovr."""
    sources = {}
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        reports = pool.map(lambda counts: count(counts, place), sorted(files_of(build, ".gcda")))
        for report in filter(None, reports):
            for file in filter(lambda one: is_ours(one["file"]), report["files"]):
                name = os.path.relpath(file["file"], TOP)
                sources.setdefault(name, Source(name)).add(file)
    trace = os.path.join(place, "trace.json")
    with open(trace, "w", encoding="utf-8") as file:
        json.dump({"gcovr/format_version": TRACE_VERSION, "files": [one.trace() for one in sources.values()]}, file)
    return trace


def gcovr(*arguments):
    command = ["gcovr", "--root", TOP, *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"coverage: {' '.join(command)}: {done.stderr}")
    return done.stdout


def share(table):
    """(how many, percent) of a table's last line."""
    total = re.search(r"^TOTAL\s+(\d+)\s+(\d+)", table, re.MULTILINE)
    of, done = int(total[1]), int(total[2])
    return of, 100.0 * done / of


def main():
    parser = argparse.ArgumentParser(description="Coverage of " + ", ".join("core/" + room for room in ROOMS))
    parser.add_argument("build_dir")
    parser.add_argument("--seeds", type=int, default=300, help="simulated lives; 0: unit tests alone")
    parser.add_argument("--no-run", action="store_true", help="only report what is counted already")
    parser.add_argument("--keep", metavar="FILE.json", help="keep the trace for gcovr --add-tracefile")
    options = parser.parse_args()
    build = os.path.abspath(options.build_dir)
    began = time.monotonic()
    if not options.no_run:
        run_programs(build, options.seeds)
    summary, good = [], True
    with tempfile.TemporaryDirectory() as place:
        trace = measure(build, place)
        if options.keep:
            shutil.copy(trace, options.keep)
        for room in ROOMS:
            only = ["--add-tracefile", trace, "--filter", f"core/{room}/"]
            tables = [gcovr(*only, "--txt"), gcovr(*only, "--txt", "--branches")]
            print("\n".join(tables))
            (lines, line_share), (branches, branch_share) = map(share, tables)
            good = good and line_share >= LEAST_LINES and branch_share >= LEAST_BRANCHES
            summary.append(f"{room} {line_share:.1f} % of {lines} lines, {branch_share:.1f} % of {branches} branches")
    seconds = int(time.monotonic() - began)
    print(f"coverage: {'; '.join(summary)}; bars {LEAST_LINES:.0f} % and {LEAST_BRANCHES:.0f} %, {seconds} s")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
