"""Everything that is wrong with a JSON file, found line by line where the engine refused it."""

from __future__ import annotations

import codecs
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from mainspring.data.dialects import is_gzip

_CAP: Final = 10
_LEAST, _MOST = -(2**63), 2**63 - 1


def find_problems(path: Path) -> list[str]:
    """What keeps a file from being a table, with line numbers (for an array of objects, with their places).

    First what is not an object; only without that, names whose values are of several types.
    """
    kinds: dict[str, dict[str, int]] = {}
    problems: list[str] = []
    count = rows = 0
    for where, value in _values(path):
        rows += 1
        problem = value if isinstance(value, str) else None
        if problem is None:
            _note(value[0], "", where, kinds)
            continue
        count += 1
        if count <= _CAP:
            problems.append(f"{where[0]} {where[1]}: {problem}")
    if not rows:
        return ["the file is empty"]
    if count > _CAP:
        problems.append(f"and {count - _CAP} more")
    return problems or _mixed(kinds) or ([] if kinds else ["no object has a value under a name"])


def _values(path: Path) -> Iterator[tuple[tuple[str, int], Any]]:
    """For each line or element its place, and either what is wrong, or a list of the one object."""
    with gzip.open(path) if is_gzip(path) else path.open("rb") as file:
        start = file.read(1 << 12).lstrip()
        file.seek(0)
        if start.startswith(b"["):
            try:
                values = json.load(file)
            except ValueError as error:
                yield ("line", getattr(error, "lineno", 1)), f"not JSON ({getattr(error, 'msg', error)})"
                return
            for place, value in enumerate(values, start=1):
                yield ("element", place), [value] if isinstance(value, dict) else f"not an object: {_short(value)}"
            return
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield ("line", number), _parsed(line)


def _parsed(line: bytes) -> Any:
    try:
        value = json.loads(line.removeprefix(codecs.BOM_UTF8))
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        return f"not UTF-8 (the byte 0x{line[error.start]:02x})"
    except UnicodeEncodeError:
        return "half of a pair of surrogates in a text"
    except ValueError as error:
        return f"not JSON ({getattr(error, 'msg', error)})"
    if isinstance(value, dict) and "" in value:
        return f"a value without a name: {_short(value[''])}"
    return [value] if isinstance(value, dict) else f"not an object: {_short(value)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else text[:40] + "…"


def _note(value: Any, path: str, where: tuple[str, int], kinds: dict[str, dict[str, int]]) -> None:
    """Note the first line of every kind of value under a path of names."""
    if value is None:
        return
    if path:
        kinds.setdefault(path, {}).setdefault(_kind(value), where[1])
    if isinstance(value, dict):
        for name, inner in value.items():
            _note(inner, f"{path}.{name}" if path else name, where, kinds)
    elif isinstance(value, list):
        for inner in value:
            _note(inner, f"{path}[]", where, kinds)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "BOOL"
    if isinstance(value, int):
        return "INT" if _LEAST <= value <= _MOST else "a whole number too long for 64 bits"
    if isinstance(value, dict) and not value:
        return "an object without names"
    return {float: "FLOAT", str: "STRING", list: "LIST"}.get(type(value), "STRUCT")


def _mixed(kinds: dict[str, dict[str, int]]) -> list[str]:
    problems = []
    for path, found in kinds.items():
        if (len(found) > 1 and set(found) != {"INT", "FLOAT"}) or any(kind.startswith("a") for kind in found):
            listed = " and ".join(f"{kind} (first in line {line})" for kind, line in found.items())
            problems.append(f"{path!r} is {listed}")
    rest = [f"and {len(problems) - _CAP} more"] if len(problems) > _CAP else []
    return problems[:_CAP] + rest
