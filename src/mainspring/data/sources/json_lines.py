"""JSON: an object per line (JSON Lines, NDJSON), or an array of objects. Packed or not.

Types are decided over all rows:

1. A whole number is INT, another number FLOAT, both together FLOAT; ``true`` and ``false`` are BOOL.
2. Text is STRING; DATE or TIMESTAMP if every text of a column is one in ISO 8601 (see ``celltypes``).
3. Arrays are LIST and objects STRUCT, with one type for all elements, or for all values under a name.
4. ``null`` and an absent name are a missing value. A column of nothing else is STRING.

Anything else is mixed, and an error. Columns are in the order of the first row's names; further names follow in
alphabetical order.
"""

from __future__ import annotations

import codecs
import gzip
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import engine
from mainspring.data.cells import fitting
from mainspring.data.celltypes import ENGINE_TYPES, ColumnType, convert, fits
from mainspring.data.delimited import is_large
from mainspring.data.dialects import is_gzip
from mainspring.data.sources.json_problems import find_problems
from mainspring.data.stored import kept
from mainspring.data.tables import Table

_WHOLE: Final = {"UBIGINT", "BIGINT", "HUGEINT"}
_MIXED: Final = "JSON"
_TEXTS: Final = (ColumnType.DATE, ColumnType.TIMESTAMP)
_LONGEST: Final = 1 << 24
"""How many bytes an object may have: the engine reads in pieces of twice the size."""


def read_json(locations: Sequence[str], /, *, types: Mapping[str, str] | None = None) -> Table:
    """The objects of JSON files as rows.

    Args:
        types: Types that some columns of text must have, by their names: DATE, TIMESTAMP, STRING.

    Raises:
        NotFoundError: If a file does not exist.
        InputError: If a file is empty, lines are not objects, or values of a name are of several types: all are
            listed with their line numbers.
    """
    paths = [Path(location) for location in locations]
    absent = [str(path) for path in paths if not path.is_file()]
    if absent:
        raise NotFoundError("there is no such file", where=", ".join(absent), fix="check the path")
    try:
        plain = [_without_mark(path) for path in paths]
        rows = _rows([one.path if isinstance(one, engine.Scratch) else one for one in plain])
        structure = _structure(rows)
        if structure is None or not all(isinstance(kind, str | dict | list) for kind in structure.values()):
            raise _wrong(paths)
        _check_names(structure, paths)
        found = _typed(rows, structure, types or {}, where=", ".join(map(str, paths)))
        return Table.of_lying(kept(found, large=is_large(paths)))
    except engine.error() as error:
        raise _wrong(paths, str(error).splitlines()[0]) from None


def _rows(paths: Sequence[Path]) -> str:
    """What stands after FROM: the objects of all files, in a column named json."""
    parts = []
    for path in paths:
        form = "array" if _is_array(path) else "newline_delimited"
        packed = "gzip" if is_gzip(path) else "none"
        options = f"format = '{form}', compression = '{packed}', maximum_object_size = {_LONGEST}"
        parts.append(f"SELECT json FROM read_json_objects({engine.literal(engine.plain_path(path))}, {options})")  # noqa: S608 - the path is quoted
    return f"({' UNION ALL '.join(parts)})"


def _without_mark(path: Path) -> Path | engine.Scratch:
    """The file, or a copy if it begins with a mark of the byte order, which the engine does not take."""
    with gzip.open(path) if is_gzip(path) else path.open("rb") as file:
        if file.read(3) != codecs.BOM_UTF8:
            return path
        copy = engine.Scratch(".json")
        with copy.path.open("wb") as target:
            shutil.copyfileobj(file, target)
        return copy


def _is_array(path: Path) -> bool:
    with gzip.open(path) if is_gzip(path) else path.open("rb") as file:
        return file.read(1 << 12).lstrip().startswith(b"[")


def _structure(rows: str) -> dict[str, Any] | None:
    """The names and engine types of all rows together, ``None`` if not every row is an object."""
    first = engine.fetch(f"SELECT json_structure(json) FROM {rows} LIMIT 1")  # noqa: S608 - our own query
    known = json.loads(first[0][0]) if first else None
    found = known
    # Few rows differ in structure; the engine's own aggregate over all would hold every one of them.
    for (text,) in engine.fetch(f"SELECT DISTINCT json_structure(json) FROM {rows} ORDER BY 1"):  # noqa: S608 - as above
        found = _merged(found, json.loads(text))
    return _ordered(found, known) if isinstance(found, dict) and found else None


def _merged(one: Any, other: Any) -> Any:
    """The structure that holds the values of both."""
    if one == other or other == "NULL":
        return one
    if one == "NULL":
        return other
    if isinstance(one, list) and isinstance(other, list):
        return [_merged(one[0], other[0])]
    if isinstance(one, dict) and isinstance(other, dict):
        return {name: _merged(one.get(name, "NULL"), other.get(name, "NULL")) for name in one | other}
    kinds = {kind for kind in (one, other) if isinstance(kind, str)}
    if len(kinds) == 2 and kinds <= _WHOLE:
        return "HUGEINT"
    return "DOUBLE" if len(kinds) == 2 and kinds <= {*_WHOLE, "DOUBLE"} else _MIXED


def _ordered(found: Any, first: Any) -> Any:
    """The names of the first row as they are, and further ones by alphabet."""
    if isinstance(found, list):
        return [_ordered(found[0], first[0] if isinstance(first, list) else None)]
    if isinstance(found, dict):
        known = first if isinstance(first, dict) else {}
        names = [*known, *sorted(set(found) - set(known))]
        return {name: _ordered(found[name], known.get(name)) for name in names}
    return found


def _typed(rows: str, structure: Mapping[str, Any], types: Mapping[str, str], *, where: str) -> str:
    names = list(structure)
    unknown = [name for name in types if name not in structure]
    if unknown:
        raise InputError(f"types are given for columns that do not exist: {', '.join(unknown)}", where=where)
    shape = engine.literal(json.dumps(_filled(structure), ensure_ascii=False))
    cells = f"(SELECT from_json(json, {shape}) AS cells FROM {rows})"  # noqa: S608 - the text is quoted
    picks = [f"struct_extract(cells, {engine.literal(name)})" for name in names]
    raw = ", ".join(f"{pick} AS {engine.quote(name)}" for pick, name in zip(picks, names, strict=True))
    texts = [name for name, kind in structure.items() if kind == "VARCHAR"]
    decided = _texts(f"(SELECT {raw} FROM {cells})", texts, types, where=where)  # noqa: S608 - names are quoted
    typed = [
        f"{convert(pick, decided[name]) if name in decided else f'CAST({pick} AS {_kind(structure[name])})'} "
        f"AS {engine.quote(name)}"
        for pick, name in zip(picks, names, strict=True)
    ]
    return f"SELECT {', '.join(typed)} FROM {cells}"  # noqa: S608 - as above


def _texts(rows: str, names: Sequence[str], types: Mapping[str, str], *, where: str) -> dict[str, ColumnType]:
    """The types of columns of text."""
    allowed = {ColumnType.STRING, *_TEXTS}
    wrong = [f"{name!r} as {type_}" for name, type_ in types.items() if name not in names or type_ not in allowed]
    if wrong:
        raise InputError(
            "columns cannot be read as they were asked for: " + ", ".join(wrong),
            where=where,
            expected="columns of text, and STRING, DATE or TIMESTAMP",
        )
    asked = [(name, type_) for name in names for type_ in _TEXTS]
    # As for text cells: the first rows can only rule types out.
    found = fitting(rows, asked, limit=" LIMIT 1000")
    found |= fitting(rows, [one for one in asked if found[one] is not False])
    decided = dict.fromkeys(names, ColumnType.STRING) | {
        name: type_ for name, type_ in asked if found[name, type_]
    }
    for name, given in types.items():
        if found.get((name, ColumnType(given))) is False:
            cell = engine.quote(name)
            bad = engine.fetch(f"SELECT {cell} FROM {rows} WHERE NOT {fits(cell, ColumnType(given))} LIMIT 5")  # noqa: S608 - the name is quoted
            raise InputError(
                f"column {name!r} is not {given}: " + ", ".join(repr(value) for (value,) in bad), where=where
            )
        decided[name] = ColumnType(given)
    return decided


def _filled(kind: Any) -> Any:
    """The structure with a type for what is always missing."""
    if isinstance(kind, dict):
        return {name: _filled(inner) for name, inner in kind.items()}
    if isinstance(kind, list):
        return [_filled(kind[0])]
    return "VARCHAR" if kind == "NULL" else kind


def _kind(structure: Any) -> str:
    """The engine type that a table holds. What does not fit in it is an error of the cast."""
    if isinstance(structure, list):
        return _kind(structure[0]) + "[]"
    if isinstance(structure, dict):
        return (
            "STRUCT(" + ", ".join(f"{engine.quote(name)} {_kind(kind)}" for name, kind in structure.items()) + ")"
        )
    if structure in _WHOLE:
        return ENGINE_TYPES[ColumnType.INT]
    return str(_filled(structure))


def _check_names(structure: Mapping[str, Any], paths: Sequence[Path]) -> None:
    def repeated(kind: Any, path: str) -> list[str]:
        if isinstance(kind, list):
            return repeated(kind[0], path)
        if not isinstance(kind, dict):
            return []
        lower = [name.lower() for name in kind]
        found = [path + name for name in kind if lower.count(name.lower()) > 1]
        return found + [inner for name in kind for inner in repeated(kind[name], f"{path}{name}.")]

    names = repeated(structure, "")
    if names or _mixed(structure):
        raise _wrong(paths, "names differ in upper and lower case alone: " + ", ".join(names) if names else "")


def _mixed(kind: Any) -> bool:
    if isinstance(kind, dict):
        return any(_mixed(inner) for inner in kind.values())
    return _mixed(kind[0]) if isinstance(kind, list) else kind == _MIXED


def _wrong(paths: Sequence[Path], reason: str = "") -> InputError:
    """The error that says everything that is wrong with the files, found line by line."""
    for path in paths:
        problems = find_problems(path)
        if problems:
            return InputError(
                "; ".join(problems),
                where=str(path),
                expected="an object in every line, one type under a name",
            )
    return InputError(reason or "the file cannot be read", where=", ".join(map(str, paths)), expected="JSON lines")
