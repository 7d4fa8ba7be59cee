#!/usr/bin/env python3
"""Fails when a statement with co_await holds a brace, a ternary or a lambda: g++ 12 destroys such temporaries twice."""
import pathlib
import re
import sys


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def without_text(source):
    """The source with comments and the insides of literals blanked, offsets unchanged."""
    source = re.sub(r"//[^\n]*|/\*.*?\*/", blank, source, flags=re.S)
    source = re.sub(r'R"(\w*)\(.*?\)\1"', blank, source, flags=re.S)
    return re.sub(
        r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', lambda m: '"' + " " * (len(m.group(0)) - 2) + '"', source
    )


def opening_brace(source, at):
    """The offset of the brace that the one at `at` closes."""
    depth = 0
    while at >= 0:
        depth += (source[at] == "}") - (source[at] == "{")
        if depth == 0:
            return at
        at -= 1
    return 0


def starts_block(before):
    """Does a brace after this text open a block (and not an initialiser)?"""
    if re.search(r"(\b(do|else|try)|\)\s*(const|override|final|noexcept|mutable|->[^;{]*)*)\s*$", before):
        return True
    return not re.search(r"[\w>=,(]\s*$|\breturn\s*$", before)


def full_expression(source, at):
    """The bounds of the full expression around offset `at`."""
    start, depth = at, 0
    while start > 0:
        char = source[start - 1]
        if char in ")]":
            depth += 1
        elif char in "([":
            if depth == 0 and re.search(r"\b(if|while|for|switch)\s*(constexpr\s*)?$", source[: start - 1]):
                break
            depth -= depth > 0
        elif char == "}":
            if depth == 0 and not re.search(r"[=(,<\w]\s*$", source[: opening_brace(source, start - 1)]):
                break
        elif char == ";" and depth == 0:
            break
        elif char == "{" and depth == 0 and starts_block(source[: start - 1]):
            break
        start -= 1
    end, depth = at, 0
    while end < len(source):
        char = source[end]
        if char in "([{":
            depth += 1
        elif char in ")]}":
            if depth == 0 and char == "}":
                break
            depth -= 1
            if depth < 0 and re.search(r"\b(if|while|for|switch)\s*\($", source[:start]):
                break
        elif char == ";" and depth <= 0:
            break
        end += 1
    return source[start:end]


REASONS = (("a brace", r"\{"), ("a ternary", r"\?"), ("a lambda", r"(?:^|[(,=\s])\[[^\]\[]*\]\s*[({]"))


def findings(path):
    source = without_text(path.read_text())
    seen = set()
    for match in re.finditer(r"\bco_await\b", source):
        line = source.count("\n", 0, match.start()) + 1
        if line in seen:
            continue
        expression = full_expression(source, match.start())
        why = [name for name, pattern in REASONS if re.search(pattern, expression)]
        if why:
            seen.add(line)
            yield f"{path}:{line}: a statement with co_await holds {', '.join(why)}: {' '.join(expression.split())[:100]}"


def main(root):
    sources = [
        path
        for folder in ("core", "providers", "daemon", "tests")
        for pattern in ("*.cpp", "*.hpp")
        for path in sorted((root / folder).rglob(pattern))
    ]
    found = [finding for path in sources for finding in findings(path)]
    print("\n".join(found) if found else f"co_await: {len(sources)} files clean")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
