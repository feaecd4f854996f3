"""Cells of the table of a comparison: a value as people read it, and how it stands to the baseline."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mainspring.app.api.subjects.comparing.comparing import Comparison
from mainspring.app.api.subjects.comparing.tabling import Row, is_number
from mainspring.app.timing import duration
from mainspring.app.web.figures import MINUS, measured, number, signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A value of a run.

    Attributes:
        text: As people read it.
        whole: All of it, where the text is cut.
        change: How far it is from the baseline, with its sign; empty where that says nothing.
        tone: ``better``, ``worse``, or ``other`` where it only differs; empty where it is the same.
        best: Whether no run has a better one.
        moment: For a time, in seconds since the epoch.
    """

    text: str
    whole: str = ""
    change: str = ""
    tone: str = ""
    best: bool = False
    moment: float | None = None


def cells_of(row: Row, base: int) -> Sequence[Cell]:
    """The cells of a row.

    Args:
        row: It.
        base: The place of the baseline among the runs.
    """
    return [_cell(row, place, base) for place in range(len(row.values))]


def _cell(row: Row, place: int, base: int) -> Cell:
    value, against = row.values[place], row.values[base]
    text, whole = as_text("measured" if row.group == "metrics" and row.form == "number" else row.form, value)
    moment = value if row.form == "time" else None
    if place == base or value == against:
        return Cell(text=text, whole=whole, best=place in row.best, moment=moment)
    if not (is_number(value) and is_number(against)) or row.form not in ("number", "seconds"):
        return Cell(text=text, whole=whole, tone="" if row.form == "time" else "other", moment=moment)
    gap = value - against
    good = {"higher": gap > 0, "lower": gap < 0}.get(row.better)
    tone = "other" if good is None else "better" if good else "worse"
    change = _longer(gap) if row.form == "seconds" else signed(gap)
    return Cell(text=text, whole=whole, change=change, tone=tone, best=place in row.best)


def _longer(gap: float) -> str:
    return f"{'+' if gap > 0 else MINUS}{duration(abs(gap))}"


def as_text(form: str, value: Any) -> tuple[str, str]:
    """A value as people read it, and all of it where that is cut.

    Args:
        form: That of the row; ``measured`` for a number that stands in a column of such.
        value: It.

    Example:
        >>> as_text("number", 0.123456), as_text("text", True), as_text("digest", "a.csv sha256:0123456789abcdef")
        (('0.1235', '0.123456'), ('true', ''), ('a.csv 01234567', 'a.csv sha256:0123456789abcdef'))
    """
    if value is None:
        return "—", ""
    if form == "seconds" and is_number(value):
        return duration(value), ""
    if form == "digest":
        return re.sub(r"\b\w+:(\w{8})\w+|(\b[0-9a-f]{8})[0-9a-f]{32}", r"\1\2", str(value)), str(value)
    if isinstance(value, bool):
        return str(value).lower(), ""
    if isinstance(value, (int, float)):
        text = measured(value) if form == "measured" else number(value)
        return text, "" if text == str(value) else str(value)
    text = str(value)
    return (text, "") if len(text) <= 60 else (text[:57] + "…", text)


def ordered(found: Comparison, sort: str) -> Comparison:
    """The runs sorted by a row, the baseline first; as they are if there is no such row.

    Args:
        found: The comparison.
        sort: The key of the row, with ``-`` before it for the greatest first.
    """
    values = next((row.values for row in found.rows if row.key == sort.removeprefix("-")), None)
    places = list(range(len(found.runs)))
    if values is not None:
        have = sorted((one for one in places if values[one] is not None), key=lambda one: _rank(values[one]))
        places = [*(have[::-1] if sort.startswith("-") else have), *(one for one in places if values[one] is None)]
    first = found.base_place
    places = [first, *(one for one in places if one != first)]
    turned = {old: new for new, old in enumerate(places)}
    rows = [
        replace(row, values=[row.values[one] for one in places], best=sorted(turned[one] for one in row.best))
        for row in found.rows
    ]
    return replace(found, runs=[found.runs[one] for one in places], rows=rows)


def _rank(value: Any) -> tuple[int, float, str]:
    return (0, float(value), "") if isinstance(value, (int, float)) else (1, 0.0, str(value))
