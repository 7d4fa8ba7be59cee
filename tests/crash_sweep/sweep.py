#!/usr/bin/env python3
"""Kills the real accessd at every system call of its life, starts it again, and compares with the sandbox's truth.

A point is THREAD:CALL, the call of that thread at whose entry everything dies (see kill_at.cpp). A few lives without
a kill tell how many there are. Threads of the daemon: 0 is the event loop, 1 the store's, 2 resolves names.
"""
import argparse
import collections
import concurrent.futures
import pathlib
import platform
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from judge import Doubles, Wrong, count_doubles, judge_dead, judge_end  # noqa: E402
from stage import SCENES, Stage  # noqa: E402

KILLED = 137
# How often a life is recorded: the number of calls differs by a few.
RECORDINGS = 3
# Of threads 0 and 1, about from where the state directory is opened to the end of the work.
LATER_CALLS = {0: (260, 900), 1: (1, 200)}


class Outcome:
    """What became of one point: whether it was reached, the call that was not made, and what is wrong if anything."""

    def __init__(self, scene, point):
        self.scene, self.point = scene, point
        self.killed, self.call, self.wrong = False, "", None
        self.doubles = Doubles()
        self.recovery_seconds = 0.0
        self.directory = None

    def __str__(self):
        return f"{self.scene.name} {self.point[0]}:{self.point[1]} ({self.call})"


class Sweep:
    def __init__(self, bin_dir, work_dir, seed, kills):
        self.bin_dir = bin_dir
        self.seed = seed
        self.kills = kills
        self.work_dir = work_dir
        self.kill_at = bin_dir / "kill_at"
        self.names = call_names()
        self.numbers = iter(range(1 << 30))
        self.lock = threading.Lock()

    def stage(self):
        with self.lock:
            number = next(self.numbers)
        return Stage(self.bin_dir, self.work_dir / f"{number:05}")

    def record(self, scene):
        """The points of the life that comes when the scene is set."""
        counts = collections.Counter()
        for _ in range(RECORDINGS):
            stage = self.stage()
            try:
                scene.prepare(stage)
                report = stage.dir / "report"
                status = stage.live(lambda: scene.arrived(stage), self.kill_at, report, "none")
                if status != 0:
                    raise RuntimeError(f"{scene.name}: a life without a kill ended with {status}")
                for line in report.read_text().splitlines():
                    thread, call, _ = map(int, line.split())
                    counts[thread] = max(counts[thread], call)
            finally:
                stage.close()
            shutil.rmtree(stage.dir)
        return [(thread, call) for thread in sorted(counts) for call in range(1, counts[thread] + 1)]

    def play(self, scene, point):
        """A life that ends at the point, a look at what is left, and a life that must make everything right."""
        outcome = Outcome(scene, point)
        stage = self.stage()
        report = stage.dir / "report"
        try:
            scene.prepare(stage)
            outcome.killed = self.cut_short(stage, scene, report, point)
            stage.codes_at_death = judge_dead(stage)
            stage.moves_at_death = stage.moves() if stage.key else []
            scene.between_lives(stage)
            for another in self.more_points(scene, point):
                self.cut_short(stage, scene, stage.dir / "another", another)
                judge_dead(stage)
            began = time.monotonic()
            status = stage.live(lambda: scene.arrived(stage))
            outcome.recovery_seconds = time.monotonic() - began
            if status != 0:
                raise Wrong(f"the life after the kill ended with {status}")
            judge_end(stage, scene.end(stage), self.kills)
        except (Wrong, TimeoutError, RuntimeError, OSError, sqlite3.Error) as problem:
            outcome.wrong = str(problem)
            outcome.directory = stage.dir
        finally:
            outcome.doubles = count_doubles(stage, scene.end(stage))
            stage.close()
        outcome.call = self.call_at(point, report)
        if outcome.wrong is None:
            shutil.rmtree(stage.dir)
        return outcome

    def cut_short(self, stage, scene, report, point):
        """A life that is killed at the point. False when it does not come that far, and so ends well."""
        status = stage.live(lambda: scene.arrived(stage), self.kill_at, report, "%d:%d" % point)
        if status not in (0, KILLED):
            raise Wrong(f"it ended with {status} before it was killed")
        return status == KILLED

    def more_points(self, scene, point):
        """Where the lives after the first are killed: the same for the same seed. Not all will be reached."""
        dice = random.Random(f"{self.seed} {scene.name} {point}")
        for _ in range(self.kills - 1):
            thread = dice.choice(sorted(LATER_CALLS))
            yield thread, dice.randint(*LATER_CALLS[thread])

    def call_at(self, point, report):
        """The name of the call that was not made."""
        for line in report.read_text().splitlines() if report.exists() else []:
            thread, call, number = map(int, line.split())
            if (thread, call) == point:
                return self.names.get(number, f"call {number}")
        return "not reached"


def prove(kill_at, work_dir):
    """The instrument against a known answer: a program that says one word dies at each call, before or after it."""
    report = work_dir / "report"

    def play(point):
        return subprocess.run([kill_at, report, point, "/bin/echo", "word"], stdout=subprocess.PIPE, timeout=20)

    clean = play("none")
    calls = len(report.read_text().splitlines())
    lives = [play(f"0:{call}") for call in range(1, calls + 1)]
    said = [life.stdout for life in lives]
    killed = {life.returncode for life in lives} == {KILLED}
    changes = sum(before != after for before, after in zip(said, said[1:]))
    good = killed and (said[0], said[-1], changes) == (b"", b"word\n", 1)
    if not good or (clean.returncode, clean.stdout) != (0, b"word\n"):
        raise RuntimeError("kill_at does not do what it says; may programs be traced here?")


def call_names():
    """Of this machine's system calls, when a header tells them."""
    header = pathlib.Path(f"/usr/include/{platform.machine()}-linux-gnu/asm/unistd_64.h")
    found = re.findall(r"#define __NR_(\w+) (\d+)", header.read_text()) if header.exists() else []
    return {int(number): name for name, number in found}


class Tally:
    """What came out, of all scenes or of one."""

    def __init__(self):
        self.points = self.not_reached = self.wrong = 0
        self.doubles = Doubles()
        self.slowest = 0.0

    def add(self, outcome):
        self.points += outcome.killed
        self.not_reached += not outcome.killed
        self.wrong += outcome.wrong is not None
        self.doubles += outcome.doubles
        self.slowest = max(self.slowest, outcome.recovery_seconds)

    def __str__(self):
        doubles = f"{self.doubles.calls} double calls, {self.doubles.comments} double comments"
        return f"{self.points} points, {self.wrong} wrong end states, {doubles}"


def tell_wrong(outcome, sweep):
    print(f"WRONG {outcome}: {outcome.wrong}")
    again = f"--scenario {outcome.scene.name} --point {outcome.point[0]}:{outcome.point[1]}"
    more = f" --kills {sweep.kills} --seed {sweep.seed}" if sweep.kills > 1 else ""
    print(f"  again: python3 {pathlib.Path(sys.argv[0])} {sweep.bin_dir} {again}{more}")
    print(f"  left:  {outcome.directory}", flush=True)


def run(sweep, work, jobs, until):
    """Plays the points in order, until the time is up, and tells what came out."""
    total, each = Tally(), collections.defaultdict(Tally)
    left = collections.Counter(scene.name for scene, _ in work)
    began = {}
    doubles = []

    def play(item):
        began.setdefault(item[0].name, time.monotonic())
        return None if until is not None and time.monotonic() > until else sweep.play(*item)

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for (scene, _), outcome in zip(work, pool.map(play, work)):
            left[scene.name] -= 1
            if outcome is not None:
                total.add(outcome)
                each[scene.name].add(outcome)
                if outcome.wrong is not None:
                    tell_wrong(outcome, sweep)
                if outcome.doubles.calls:
                    doubles.append(str(outcome))
            if left[scene.name] == 0:
                seconds = time.monotonic() - began[scene.name]
                print(f"{scene.name}: {each[scene.name]}, {seconds:.0f} s", flush=True)
    if doubles:
        print("double calls after: " + ", ".join(doubles))
    print(f"slowest life after a kill, from its start to its clean end: {total.slowest:.2f} s")
    if total.not_reached:
        print(f"{total.not_reached} points were not reached: that life made fewer calls")
    return total


def choose(points, options):
    dice = random.Random(options.seed)
    if options.stride > 1:
        offset = dice.randrange(options.stride)
        points = points[offset :: options.stride]
    if options.budget:
        # Thread 1 is the store's: it has few calls, and they are the moments that matter.
        points.sort(key=lambda item: dice.random() / (3 if item[1][0] == 1 else 1))
    return points


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin_dir", type=pathlib.Path, help="where accessd, accessd-sandbox and kill_at are")
    parser.add_argument("--scenario", default="all", choices=["all", *SCENES])
    parser.add_argument("--stride", type=int, default=1, help="only every so many points, from a random one on")
    parser.add_argument("--budget", type=float, help="points at random, as many as fit into so many seconds")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--kills", type=int, default=1, help="so many lives are cut short, the later ones at random")
    parser.add_argument("--point", help="only this one, as THREAD:CALL")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if options.point and options.scenario == "all":
        parser.error("--point needs --scenario")
    return options


def main():
    options = parse()
    began = time.monotonic()
    bin_dir = options.bin_dir.absolute()
    scenes = list(SCENES.values()) if options.scenario == "all" else [SCENES[options.scenario]]
    work_dir = pathlib.Path(tempfile.mkdtemp(prefix="accessd-crash-sweep-"))
    sweep = Sweep(bin_dir, work_dir, options.seed, options.kills)
    prove(sweep.kill_at, work_dir)
    if options.point:
        thread, call = map(int, options.point.split(":"))
        work = [(scenes[0], (thread, call))]
    else:
        print(f"seed {options.seed}")
        work = []
        for scene in scenes:
            points = sweep.record(scene)
            threads = collections.Counter(thread for thread, _ in points)
            calls = ", ".join(f"{count} of thread {thread}" for thread, count in sorted(threads.items()))
            print(f"{scene.name} ({scene.doc}): {len(points)} calls: {calls}", flush=True)
            work += [(scene, point) for point in points]
        work = choose(work, options)
    total = run(sweep, work, options.jobs, began + options.budget if options.budget else None)
    if total.wrong == 0:
        shutil.rmtree(work_dir, ignore_errors=True)
    print(f"crash sweep: {total}, {time.monotonic() - began:.0f} s")
    return 1 if total.wrong or not total.points else 0


if __name__ == "__main__":
    sys.exit(main())
