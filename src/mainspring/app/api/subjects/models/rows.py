"""Rows as people type them: the columns that a model reads, and cells as their types want them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from mainspring.app.api.subjects.models.answers import Asked, Cell
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.models.package import Package
    from mainspring.models.signature import Field

_NUMBERS: Final = frozenset({"FP64", "FP32", "FP16", "BF16"})
_TRUTH: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def columns_asked(package: Package, example: Mapping[str, Cell]) -> Sequence[Asked]:
    """The columns that a model reads, as a form asks for them."""
    ranges: Mapping[str, Sequence[float]] = package.details.get("ranges") or {}
    found = []
    for one in package.signature.inputs:
        low, high = ranges.get(one.name, (None, None))
        found.append(
            Asked(
                name=one.name,
                kind=_kind(one),
                value=example.get(one.name),
                low=low,
                high=high,
                choices=one.domain or (),
                missing=one.nullable,
            )
        )
    return found


def read_row(package: Package, row: Mapping[str, Any]) -> dict[str, Cell]:
    """A row with every cell as its column wants it; a column that is not there is missing.

    Raises:
        InputError: With every cell that cannot be read, and every column that does not exist.
    """
    known = {one.name: one for one in package.signature.inputs}
    wrong = [f"there is no column {name!r}" for name in row if name not in known]
    cells: dict[str, Cell] = {}
    for name, one in known.items():
        try:
            cells[name] = _cell(row.get(name), _kind(one))
        except ValueError:
            wrong.append(f"{name!r} is {row[name]!r}, which is {_WORDS[_kind(one)]}")
        else:
            if cells[name] is None and not one.nullable:
                wrong.append(f"{name!r} may not be missing")
    if wrong:
        more = f"; and {len(wrong) - 8} more" if len(wrong) > 8 else ""
        raise InputError("; ".join(wrong[:8]) + more, expected="a value of its type in every column")
    return cells


def strange_values(package: Package, cells: Mapping[str, Cell]) -> Sequence[str]:
    """Values that the model was never shown anything like."""
    ranges: Mapping[str, Sequence[float]] = package.details.get("ranges") or {}
    notes = []
    for one in package.signature.inputs:
        cell = cells[one.name]
        if isinstance(cell, (int, float)) and not isinstance(cell, bool) and one.name in ranges:
            low, high = ranges[one.name]
            if not low <= cell <= high:
                notes.append(f"{one.name} is {cell:g}, and in training it was {low:g} to {high:g}")
        elif isinstance(cell, str) and one.domain and cell not in one.domain:
            notes.append(f"{one.name} is {cell!r}: training had it too rarely to learn from, or never")
    return notes


_WORDS: Final = {
    "number": "no number",
    "whole": "no whole number",
    "truth": "neither true nor false",
    "choice": "no text",
    "text": "no text",
}


def _kind(one: Field) -> str:
    if one.datatype in _NUMBERS:
        return "number"
    if one.datatype == "BOOL":
        return "truth"
    if one.datatype == "BYTES":
        return "choice" if one.domain else "text"
    return "whole"


def _cell(value: Any, kind: str) -> Cell:
    """A cell; a text is read as what it stands for.

    Raises:
        ValueError: If it is not of that kind.
    """
    if value is None or (kind != "text" and value == ""):
        return None
    if kind in ("text", "choice"):
        if not isinstance(value, (str, int, float, bool)):
            raise ValueError(value)
        return value if isinstance(value, str) else str(value)
    if kind == "truth":
        if str(value).lower() not in _TRUTH:
            raise ValueError(value)
        return _TRUTH[str(value).lower()]
    if isinstance(value, (list, dict)):
        raise ValueError(value)
    number = float(value)
    if not math.isfinite(number) or (kind == "whole" and number != round(number)):
        raise ValueError(value)
    return int(number) if kind == "whole" else number
