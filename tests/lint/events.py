#!/usr/bin/env python3
"""Fails when a code by which a request is refused or parked is missing from docs/events.md, or is there and nowhere else."""
import pathlib
import re
import sys

CODE = r"[a-z]+\.[a-z_]*[a-z]"
# A permanent error, and the codes that the engine gives by itself.
PERMANENT = re.compile(r'Fault::permanent,\s*"(' + CODE + ')"')
REASON = re.compile(r'(?:reason|error)_code = "(' + CODE + ')"')
# "entra.account_" with what follows it.
ACCOUNT = re.compile(r'refuse_user\(\s*"(\w+)"')
# The vendor's refusals: system + ".forbidden".
VENDOR = re.compile(r'Fault::permanent,\s*(?:profile_\.system \+ )?"(\.[a-z_]+)"')
# What ends the daemon, or is about its configuration: no request is refused by it.
OTHERS = {"engine.bug", "entra.bad_settings"}


def without_comments(text):
    return re.sub(r"//[^\n]*", "", text)


def sources(root, folder, pattern="*.cpp"):
    return [without_comments(path.read_text()) for path in sorted((root / folder).rglob(pattern))]


def codes_in_sources(root):
    found = set()
    for text in sources(root, "core/policy"):
        found.update(re.findall(f'"({CODE})"', text))
    for text in sources(root, "core/engine"):
        found.update(PERMANENT.findall(text), REASON.findall(text))
    for text in sources(root, "providers"):
        found.update(PERMANENT.findall(text))
    for text in sources(root, "providers/entra"):
        found.update("entra.account_" + word for word in ACCOUNT.findall(text))
    for text in sources(root, "core/http", "rest_client.cpp"):
        found.update("SYSTEM" + suffix for suffix in VENDOR.findall(text))
    return found - OTHERS


def main(root):
    documented = re.findall(r"^\| `([\w.]+)` \|", (root / "docs/events.md").read_text(), re.M)
    known = codes_in_sources(root)
    problems = [f"docs/events.md: {code} is missing" for code in sorted(known - set(documented))]
    problems += [f"docs/events.md: {code} is in no source" for code in sorted(set(documented) - known)]
    problems += [f"docs/events.md: {code} is there twice" for code in sorted(set(documented)) if documented.count(code) > 1]
    print("\n".join(problems) if problems else f"events: {len(known)} codes, each described")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))
