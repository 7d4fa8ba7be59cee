"""A sandbox and a daemon on loopback: what the demo, the benchmark and the integration tests are played with."""
import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import ssl
import struct
import subprocess
import time
import urllib.request

TENANT = "10000000-0000-4000-8000-000000000001"
CLIENT = "20000000-0000-4000-8000-000000000001"
CLIENT_SECRET = "sandbox~Entra-client-secret.1"
JIRA_EMAIL = "accessd@acme.example"
JIRA_TOKEN = "jira-api-token"

CONFIG = """\
[daemon]
state_dir = "{state}"
log_format = "text"

[jira]
url = "{jira_url}"
email = "{email}"
token = {{ file = "{secrets}/jira-token" }}
poll_interval = "{poll}"
ca_file = "{ca}"

[portal]
project = "ACC"
[portal.request_types]
grant  = ["Request Application Access"]
remove = ["Request Access Removal"]
change = ["Request Access Change"]
[portal.fields]
application = "Application"
access_type = "Access Type"
old_access_type = "Current Access"
beneficiary = "reporter"
[portal.statuses]
approved = ["Approved by Manager"]
denied   = ["Rejected"]
revoked  = ["Access Revoked"]
declined = ["Declined by User"]
[portal.outcomes]
granted = "Access Granted"
removed = "Access Removed"
failed  = "Needs Attention"

[application."Entra ID"]
provider = "entra"
tenant_id = "{tenant}"
client_id = "{client}"
client_secret = {{ file = "{secrets}/entra-client-secret" }}
api_url  = "{entra_url}"
auth_url = "{entra_url}"
ca_file  = "{ca}"
[application."Entra ID".identity]
match = "email"
allowed_domains = ["acme.example"]

[[rule]]
application = "Entra ID"
access_type = "User"
groups = ["jira-software-users"]
approvers = {{ users = ["bob@acme.example"], groups = ["entra-approvers"] }}
"""


class Sandbox:
    """accessd-sandbox in a process of its own."""

    def __init__(self, bin_dir, work_dir, *options):
        self.dir = pathlib.Path(work_dir)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen(
            [pathlib.Path(bin_dir) / "accessd-sandbox", "--dir", self.dir, *map(str, options)],
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self.process.stdout.readline()
        if "ready" not in line:
            raise RuntimeError(f"the sandbox did not start: {line!r}")
        self.facts = json.loads((self.dir / "sandbox.json").read_text())
        self.ca = self.dir / "ca.pem"
        self.tls = ssl.create_default_context(cafile=str(self.ca))
        # A proxy of the environment does not know this loopback.
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=self.tls)
        )

    def control(self, vendor, verb, **arguments):
        request = urllib.request.Request(
            f"{self.facts['control_url']}/{vendor}/{verb}",
            data=json.dumps(arguments).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        with self.opener.open(request, timeout=60) as answer:
            result = json.load(answer)
        if isinstance(result, dict) and isinstance(result.get("error"), str):
            raise RuntimeError(f"{vendor}/{verb}: {result['error']}")
        return result

    def jsm(self, verb, **arguments):
        return self.control("jsm", verb, **arguments)

    def entra(self, verb, **arguments):
        return self.control("entra", verb, **arguments)

    def members(self, group="jira-software-users"):
        return sorted(self.entra("members", group=group)["members"])

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=20)


class Daemon:
    """accessd with a configuration for the sandbox; its log goes to a file."""

    def __init__(self, bin_dir, work_dir, sandbox, poll="5s", change=lambda text: text):
        self.binary = pathlib.Path(bin_dir) / "accessd"
        self.dir = pathlib.Path(work_dir)
        self.state = self.dir / "state"
        secrets = self.dir / "secrets"
        secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, value in (("jira-token", JIRA_TOKEN), ("entra-client-secret", CLIENT_SECRET)):
            path = secrets / name
            path.write_text(value)
            path.chmod(0o600)
        self.config = self.dir / "accessd.toml"
        self.config.write_text(
            change(
                CONFIG.format(
                    state=self.state,
                    secrets=secrets,
                    jira_url=sandbox.facts["jira_url"],
                    entra_url=sandbox.facts["entra_url"],
                    ca=sandbox.ca,
                    email=JIRA_EMAIL,
                    tenant=TENANT,
                    client=CLIENT,
                    poll=poll,
                )
            )
        )
        self.log = self.dir / "accessd.log"
        self.process = None

    def start(self, *under, **variables):
        """Starts it, `under` another program if one is given: the command line that ours is appended to."""
        with self.log.open("ab") as log:
            environment = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()} | variables
            self.process = subprocess.Popen(
                [*under, self.binary, "run", "--config", self.config], stderr=log, env=environment
            )

    def lines(self):
        return self.log.read_text(errors="replace").splitlines() if self.log.exists() else []

    def check(self):
        return subprocess.run(
            [self.binary, "check", "--config", self.config], capture_output=True, text=True, timeout=20
        )

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Ends it as systemd would and gives its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=40)


def read_audit(database):
    """Rows (seq, at, code, body, hash) in order."""
    with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute("SELECT seq, at, code, body, hash FROM audit ORDER BY seq").fetchall()


def row_hash(before, seq, at, code, body):
    """The hash of an audit row as core/store/audit.hpp describes it."""
    message = b"accessd-audit-v1\0" + before + struct.pack(">qq", seq, at)
    for text in (code.encode(), body.encode()):
        message += struct.pack(">I", len(text)) + text
    return hashlib.sha256(message).digest()


def first_broken_row(rows):
    head = bytes(32)
    for expected, (seq, at, code, body, stored) in enumerate(rows, 1):
        head = row_hash(head, seq, at, code, body)
        if seq != expected or stored != head:
            return expected
    return None


def wait_for(what, condition, seconds=20, process=None, every=0.05):
    """Until the condition, looked at `every` so many seconds, gives something true, which is returned."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"the daemon ended with {process.returncode} while we waited for {what}")
        time.sleep(every)
    raise TimeoutError(f"no {what} within {seconds} s")


def fresh_directory(path):
    path = pathlib.Path(path)
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True, mode=0o700)
    return path
