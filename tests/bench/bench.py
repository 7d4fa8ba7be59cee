#!/usr/bin/env python3
"""The benchmark: how fast a backlog of approved tickets becomes memberships, and what it costs.

backlog: the sandbox runs in a process of its own, adds L ms to every answer, and holds N approved tickets before the
daemon starts. Time runs from the approval, which all tickets share with the daemon's start, to the membership.

decide: the policy alone, one ticket among 1,000 access rules and 100 deny rules.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
import world  # noqa: E402

# What one credential may have under way (the daemon's limits): Jira's, and Entra's.
CONCURRENCY = {"jsm": 8, "entra": 8}


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_rss_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def percentile(values, share):
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def backlog(bin_dir, tickets, latency_ms, work):
    sandbox = world.Sandbox(bin_dir, work / "sandbox", "--latency-ms", latency_ms)
    daemon = world.Daemon(bin_dir, work / "daemon", sandbox)
    try:
        sandbox.entra("bulk_users", count=tickets)
        sandbox.jsm("bulk_approved", count=tickets, application="Entra ID", access_type="User", approver="bob@acme.example")
        before = sandbox.entra("members", group="jira-software-users")["count"]
        sandbox.control("sandbox", "reset_stats")
        started = time.time()
        daemon.start()
        told = lambda: sandbox.jsm("statuses")["statuses"].get("Access Granted", 0)  # noqa: E731
        world.wait_for(f"{tickets} granted tickets", lambda: told() >= tickets, 600, daemon.process)
        ended = time.time()
        members = sandbox.entra("members", group="jira-software-users")["count"] - before
        stats = sandbox.control("sandbox", "stats")
        cpu, rss = cpu_seconds(daemon.process.pid), peak_rss_mib(daemon.process.pid)
        status = daemon.stop()
    finally:
        sandbox.stop()
    if members != tickets or status != 0:
        raise RuntimeError(f"{members} members of {tickets}, exit status {status}; see {daemon.log}")
    took = sorted((moment - started) * 1000 for moment in grants(daemon.lines()))
    calls = {name: stats["vendors"].get(name, 0) / tickets for name in CONCURRENCY}
    calls_per_ticket = sum(calls.values())
    latency = latency_ms / 1000
    bound = min(CONCURRENCY[name] / (calls[name] * latency) for name in calls) if latency else None
    rate = tickets / (ended - started)
    return {
        "scenario": "backlog",
        "tickets": tickets,
        "latency_ms": latency_ms,
        "tickets_per_s": round(rate, 1),
        "bound_tickets_per_s": bound and round(bound, 1),
        "ratio": bound and round(rate / bound, 3),
        "calls_per_ticket": round(calls_per_ticket, 3),
        "cpu_s_per_1000": round(cpu * 1000 / tickets, 3),
        "peak_rss_mib": round(rss, 1),
        "p50_ms": round(percentile(took, 0.50), 1),
        "p99_ms": round(percentile(took, 0.99), 1),
    }


def decide(bin_dir):
    answer = subprocess.run([bin_dir / "accessd-bench-decide"], stdout=subprocess.PIPE, check=True)
    return {"scenario": "decide", **json.loads(answer.stdout)}


def grants(lines):
    """When each membership was seen, from the daemon's own log (UTC, milliseconds)."""
    from datetime import datetime

    for line in lines:
        if " granted " in line:
            stamp = line.split(" ", 1)[0].replace("Z", "+00:00")
            yield datetime.fromisoformat(stamp).timestamp()


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("bin_dir", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--scenario", choices=["backlog", "decide"], default="backlog")
    parser.add_argument("--tickets", type=int, default=1000)
    parser.add_argument("--latency-ms", type=int, default=0)
    parser.add_argument("--json", type=pathlib.Path, help="write the figures there too")
    options = parser.parse_args()
    if options.scenario == "decide":
        figures = decide(options.bin_dir)
    else:
        with tempfile.TemporaryDirectory(prefix="accessd-bench-") as work:
            figures = backlog(options.bin_dir, options.tickets, options.latency_ms, pathlib.Path(work))
    for name, value in figures.items():
        print(f"{name:22} {value}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
