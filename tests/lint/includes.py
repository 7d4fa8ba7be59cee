#!/usr/bin/env python3
"""Fails when an include points against the arrows of the house, or a header drags in what only sources may see."""
import pathlib
import re
import sys

# Folder -> folders that it may include from. A folder may always include itself.
ARROWS = {
    "core/model": set(),
    "core/support": {"core/model"},
    "core/policy": {"core/model", "core/support"},
    "core/http": {"core/model", "core/support"},
    "core/jsm": {"core/model", "core/support", "core/http"},
    "core/store": {"core/model", "core/support"},
    "core/engine": {"core/model", "core/support", "core/policy", "core/jsm", "core/store"},
    "providers": {"core/model", "core/support", "core/http", "core/engine"},
    "daemon": {"core", "providers"},
    "tests": {"core", "providers", "daemon"},
}
# Only sources may include these; headers stay cheap.
SOURCE_ONLY = ("boost/beast", "boost/asio/ssl", "boost/asio/io_context", "boost/asio/ip", "sqlite3.h", "spdlog/", "openssl/", "toml++/")
# Beast and TLS live in one translation unit of the product.
BEAST_HOME = "core/http/beast_transport.cpp"
BEAST_ALLOWED = {BEAST_HOME, "core/http/boost_asio.cpp", "core/http/boost_beast.cpp"}
# The one place that knows every provider.
CATALOG = "providers/catalog.cpp"
PURE = ("core/model", "core/policy")


def room(path):
    for folder in sorted(ARROWS, key=len, reverse=True):
        if path == folder or path.startswith(folder + "/"):
            return folder
    return None


def allowed(own, other):
    if own == other or own == "tests":
        return True
    return any(other == to or other.startswith(to + "/") for to in ARROWS[own])


def findings(root, path):
    name = path.relative_to(root).as_posix()
    own = room(name)
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
        if not match:
            continue
        quoted, target = match.group(1) == '"', match.group(2)
        where = f"{name}:{number}"
        if quoted:
            other = room(target)
            if not (root / target).exists():
                yield f'{where}: "{target}" is not a path from the top of the project'
            elif other is None or not allowed(own, other):
                yield f"{where}: {own} must not include {target}"
            elif own == "providers" and name != CATALOG:
                mine, theirs = name.split("/")[1], target.split("/")[1]
                if target.startswith("providers/") and "/" in target[10:] and theirs not in (mine, "atlassian"):
                    yield f"{where}: a provider must not include another: {target}"
            continue
        if name.endswith(".hpp") and own != "tests" and target.startswith(SOURCE_ONLY):
            yield f"{where}: <{target}> belongs into a source, not into a header"
        if own in PURE and target.startswith("boost/asio"):
            yield f"{where}: {own} is pure and does not know Asio"
        if own != "tests" and target.startswith(("boost/beast", "boost/asio/ssl")) and name not in BEAST_ALLOWED:
            yield f"{where}: <{target}> is allowed in {BEAST_HOME} only"


def main(root):
    sources = [p for f in ("core", "providers", "daemon", "tests") for p in sorted((root / f).rglob("*.[ch]pp"))]
    found = [finding for path in sources for finding in findings(root, path)]
    print("\n".join(found) if found else f"includes: {len(sources)} files clean")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))
