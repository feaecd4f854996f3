"""What a pickle would import and call when it is loaded, found without loading it."""

from __future__ import annotations

import bz2
import gzip
import lzma
import pickletools
import re
import zlib
from collections.abc import Callable

_PACKED: tuple[tuple[bytes, Callable[[bytes], bytes]], ...] = (
    (b"\x1f\x8b", gzip.decompress),
    (b"BZh", bz2.decompress),
    (b"\xfd7zXZ", lzma.decompress),
    (b"x", zlib.decompress),
)

_STRINGS = {"SHORT_BINUNICODE", "BINUNICODE", "UNICODE", "BINUNICODE8", "SHORT_BINSTRING", "BINSTRING"}

_PAIR = re.compile(
    rb"\x8c[\x01-\xff](?P<module>[A-Za-z_][\w.]*)\x94?\x8c[\x01-\xff](?P<name>[A-Za-z_][\w.]*)\x94?\x93"
)
"""A module and a name one behind the other, and the opcode that imports them (protocol 4)."""

_LINES = re.compile(rb"c(?P<module>[A-Za-z_][\w.]*)\n(?P<name>[A-Za-z_][\w.]*)\n")
"""The same in older protocols."""


def imports_of(data: bytes) -> tuple[str, ...]:
    """The names (``"module.name"``) that a pickle or joblib file would import, sorted.

    joblib writes the bytes of arrays between the opcodes, where no reader can follow without running them: behind
    the first array the names are looked for by their form, so that there may be more.
    """
    plain = _unpacked(data)
    found: set[str] = set()
    strings: list[str] = []
    memo: dict[int, str] = {}
    try:
        for opcode, argument, _ in pickletools.genops(plain):
            if opcode.name in _STRINGS:
                strings.append(str(argument))
            elif opcode.name == "MEMOIZE":
                memo[len(memo)] = strings[-1] if strings else ""
            elif opcode.name in {"BINGET", "LONG_BINGET"}:
                strings.append(memo.get(int(argument or 0), ""))
            elif opcode.name in {"GLOBAL", "INST"}:
                found.add(str(argument).replace(" ", "."))
            elif opcode.name == "STACK_GLOBAL" and len(strings) > 1:
                found.add(f"{strings[-2]}.{strings[-1]}")
    except (ValueError, IndexError, UnicodeDecodeError):
        pass
    for pattern in (_PAIR, _LINES):
        found |= {f"{match['module'].decode()}.{match['name'].decode()}" for match in pattern.finditer(plain)}
    return tuple(sorted(name for name in found if not name.startswith(".")))


def _unpacked(data: bytes) -> bytes:
    for start, unpack in _PACKED:
        if data.startswith(start):
            try:
                return unpack(data)
            except (OSError, ValueError, EOFError, zlib.error, lzma.LZMAError):
                return data
    return data
