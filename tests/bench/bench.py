#!/usr/bin/env python3
"""The benchmark: how fast a backlog of approved tickets becomes memberships, and what it costs; how fast an audit verifies.

backlog: the sandbox runs in a process of its own, adds L ms to every answer, and holds N approved tickets before the
daemon starts. Time runs from the approval, which all tickets share with the daemon's start, to the membership.

decide: the policy alone, one ticket among 1,000 access rules and 100 deny rules.

audit: `accessd audit verify` over N rows with a checkpoint every thousand, which OpenSSL signed; the median of five.
"""
import argparse
import base64
import hashlib
import json
import os
import pathlib
import sqlite3
import statistics
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
    brake = "\n[brake]\ngrants_per_hour = 1000000\nrevokes_per_hour = 1000000\n"
    daemon = world.Daemon(bin_dir, work / "daemon", sandbox, change=lambda text: text + brake)
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


class Signer:
    """Signs notes as docs/audit.md describes them, with OpenSSL."""

    name = "accessd/bench/audit"

    def __init__(self, work):
        self.work = work
        self.openssl("genpkey", "-algorithm", "ed25519", "-outform", "DER", "-out", "key")
        public = self.openssl("pkey", "-inform", "DER", "-in", "key", "-pubout", "-outform", "DER")[-32:]
        self.identity = hashlib.sha256(self.name.encode() + b"\n\x01" + public).digest()[:4]
        encoded = base64.b64encode(b"\x01" + public).decode()
        (work / "audit.pub").write_text(f"{self.name}+{self.identity.hex()}+{encoded}\n")

    def openssl(self, *words):
        return subprocess.run(["openssl", *words], cwd=self.work, capture_output=True, check=True).stdout

    def checkpoint(self, seq, head, stamp):
        text = f"{self.name}\n{seq}\n{base64.b64encode(head).decode()}\ntime {stamp}\n"
        (self.work / "text").write_text(text)
        made = self.openssl("pkeyutl", "-sign", "-keyform", "DER", "-inkey", "key", "-rawin", "-in", "text")
        return f"{text}\n\u2014 {self.name} {base64.b64encode(self.identity + made).decode()}\n"


def write_trail(database, rows, signer):
    """An audit as the daemon of many tickets writes it; every row a second later than the one before."""
    from datetime import datetime, timedelta, timezone

    start = datetime(2026, 1, 1, tzinfo=timezone.utc)
    head = bytes(32)
    with sqlite3.connect(database) as connection:
        connection.execute(
            "CREATE TABLE audit (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, code TEXT NOT NULL, body TEXT NOT NULL,"
            " hash BLOB NOT NULL) STRICT"
        )
        connection.execute("CREATE TABLE checkpoint (seq INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT")
        for seq in range(1, rows + 1):
            moment = start + timedelta(seconds=seq)
            at = int(moment.timestamp()) * 1000
            body = json.dumps(
                {
                    "access_type": "User", "account": f"30000000-0000-4000-8000-{seq:012}", "application": "Entra ID",
                    "account_name": f"user{seq}@acme.example", "beneficiary": f"5b10a2844c20165700{seq:06}",
                    "entitlement": "40000000-0000-4000-8000-000000000001", "entitlement_name": "jira-software-users",
                    "generation": 1, "issue": str(10000 + seq), "status_entry": "10077", "ticket": f"ACC-{seq}",
                },
                sort_keys=True, separators=(",", ":"),
            )
            head = world.row_hash(head, seq, at, "grant.done", body)
            connection.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?)", (seq, at, "grant.done", body, head))
            if seq % 1000 == 0:
                stamp = moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
                connection.execute("INSERT INTO checkpoint VALUES (?, ?)", (seq, signer.checkpoint(seq, head, stamp)))
    connection.close()


def audit(bin_dir, rows, work):
    write_trail(work / "accessd.db", rows, Signer(work))
    command = [bin_dir / "accessd", "audit", "verify", "--db", work / "accessd.db"]
    took = []
    for _ in range(5):
        started = time.monotonic()
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        took.append(time.monotonic() - started)
    if f": ok: {rows} rows" not in said or f"checkpoints: {rows // 1000}, " not in said:
        raise RuntimeError(said)
    return {
        "scenario": "audit",
        "rows": rows,
        "database_mib": round((work / "accessd.db").stat().st_size / 2**20, 1),
        "verify_s": round(statistics.median(took), 3),
        "slowest_s": round(max(took), 3),
    }


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("bin_dir", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--scenario", choices=["backlog", "decide", "audit"], default="backlog")
    parser.add_argument("--tickets", type=int, default=1000)
    parser.add_argument("--latency-ms", type=int, default=0)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--json", type=pathlib.Path, help="write the figures there too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="accessd-bench-") as work:
        if options.scenario == "decide":
            figures = decide(options.bin_dir)
        elif options.scenario == "audit":
            figures = audit(options.bin_dir, options.rows, pathlib.Path(work))
        else:
            figures = backlog(options.bin_dir, options.tickets, options.latency_ms, pathlib.Path(work))
    for name, value in figures.items():
        print(f"{name:22} {value}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
