"""What g++ 12 notes about a source (.gcno), cut to what coverage is to be counted of. Used by coverage.py.

gcov itself counts, from the notes that are written here. Three things are changed in them, so that it counts
what a reader of the source sees, and no more:

- Functions of other rooms go: gcov has less to do.
- The body of a coroutine counts. g++ moves it into a function of its own, ".actor", which it marks as artificial, and
  gcov leaves artificial functions out: most of the engine would not be counted at all. The mark goes.
- Cleaning up while an exception flies does not count where the same lines have ordinary code, nor at a brace or a
  `return name;`, which often have no other. gcov knows which edges are thrown along, but not that the blocks behind
  them (destructors of half built lists, release of a frame) hold branches that are not the source's. What a `catch`
  holds has lines of its own and counts.
"""

import struct

# gcc's gcov-io.h and gcov.cc, as of version 12: lengths are in bytes.
MAGIC = b"oncg"
VERSION = b"*22B"
FUNCTION, BLOCKS, ARCS, LINES = 0x01000000, 0x01410000, 0x01430000, 0x01450000
FAKE, FALLTHROUGH = 2, 4
ENTRY = 0


class Reader:
    def __init__(self, data, at):
        self.data, self.at = data, at

    def number(self):
        (value,) = struct.unpack_from("<I", self.data, self.at)
        self.at += 4
        return value

    def text(self):
        size = self.number()
        self.at += size
        return self.data[self.at - size : self.at].rstrip(b"\0").decode()


class Function:
    """One function: its records, the graph of its blocks and the lines of each."""

    def __init__(self, data, at):
        reader = Reader(data, at + 8 + 12)  # tag, length; ident and two checksums
        self.name = reader.text()
        self.mark = reader.at
        reader.number()
        self.source = reader.text()
        self.line = reader.number()
        self.records = []  # (tag, begin, end)
        self.arcs = {}  # block: [(to, flags)]
        self.lines = {}  # block: {(file, line)}

    def add(self, data, tag, begin, end):
        self.records.append((tag, begin, end))
        reader = Reader(data, begin + 8)
        if tag == ARCS:
            arcs = self.arcs.setdefault(reader.number(), [])
            while reader.at < end:
                arcs.append((reader.number(), reader.number()))
        elif tag == LINES:
            lines, file = self.lines.setdefault(reader.number(), set()), ""
            while reader.at < end:
                line = reader.number()
                if line:
                    lines.add((file, line))
                else:
                    file = reader.text()

    def reached(self):
        """Blocks that are reached without an exception."""
        found, todo = {ENTRY}, [ENTRY]
        while todo:
            arcs = self.arcs.get(todo.pop(), [])
            may_throw = any(flags & FAKE for _, flags in arcs)
            for to, flags in arcs:
                thrown = flags & FAKE or (may_throw and not flags & FALLTHROUGH)
                if not thrown and to not in found:
                    found.add(to)
                    todo.append(to)
        return found

    def counted(self, data, says_nothing):
        """The records without the lines of mere cleanup."""
        reached = self.reached()
        ordinary = set().union(*(lines for block, lines in self.lines.items() if block in reached))
        for tag, begin, end in self.records:
            if tag == LINES:
                block = Reader(data, begin + 8).number()
                only_here = self.lines[block] - ordinary
                if block not in reached and all(says_nothing(*place) for place in only_here):
                    continue
            yield data[begin:end]


def functions_of(data):
    """The head of the notes and the functions in them."""
    if data[:4] != MAGIC or data[4:8] != VERSION:
        raise SystemExit("coverage: the notes are not of g++ 12; notes.py must learn the new format first")
    reader = Reader(data, 16)  # magic, version, stamp, checksum
    reader.text()  # directory
    reader.number()  # has unexecuted blocks
    at, found = reader.at, []
    head = data[:at]
    while at < len(data):
        tag, length = struct.unpack_from("<II", data, at)
        end = at + 8 + length
        if tag == FUNCTION:
            found.append(Function(data, at))
        if found:
            found[-1].add(data, tag, at, end)
        at = end
    return head, found


def cut(data, is_ours, says_nothing):
    """The notes to be counted by; None when there is nothing of ours in them. `says_nothing` is asked about the file
    and the number of a line that only an exception reaches."""
    head, functions = functions_of(data)
    data = bytearray(data)
    kept = []
    for function in functions:
        if is_ours(function.source):
            if function.name.endswith(".actor"):
                struct.pack_into("<I", data, function.mark, 0)
            kept.extend(function.counted(data, says_nothing))
    return bytes(head) + b"".join(bytes(record) for record in kept) if kept else None
