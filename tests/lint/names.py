#!/usr/bin/env python3
"""Fails when two files define a type of the same name in the same namespace: the linker would merge them in silence."""
import pathlib
import re
import sys

DEFINITION = re.compile(r"^(?:template <[^;{]*> )?(?:class|struct|enum class|enum) ([\w:]+)[^;()]*\{?$")


def definitions(path):
    """(qualified name, line) of every type that the file defines at namespace level, unnamed namespaces aside."""
    spaces = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        opened = re.match(r"^namespace ([\w:]*) ?\{(.*)$", line)
        if opened and "}" not in opened.group(2):
            spaces.append(opened.group(1))
        elif re.match(r"^\} // namespace", line):
            spaces.pop()
        elif "" not in spaces and not line.endswith(";") and (found := DEFINITION.match(line)):
            yield "::".join([*spaces, found.group(1)]), number


def main(root):
    seen, found = {}, []
    for folder in ("core", "providers", "daemon", "tests"):
        for path in sorted((root / folder).rglob("*.[ch]pp")):
            for name, line in definitions(path):
                where = f"{path.relative_to(root)}:{line}"
                if name in seen:
                    found.append(f"{where}: {name} is defined at {seen[name]}, too")
                seen.setdefault(name, where)
    print("\n".join(found) if found else f"names: {len(seen)} types, each defined once")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))
