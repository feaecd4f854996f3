"""Moments: points in time, or on any other scale that grows with it, and stretches between them.

A moment is a number: microseconds since 1970 UTC for dates, timestamps and texts that are such; the number itself
for columns of numbers.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.celltypes import ColumnType
from mainspring.data.columns import Column

Moment = int | float

_BOUND: Final = re.compile(r"\s*(<=|>=|<|>)\s*([^<>=,]+?)\s*(?:,|\band\b|(?=[<>])|$)")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_LENGTH: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([smhdw])\s*")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TIMES: Final = (ColumnType.DATE, ColumnType.TIMESTAMP, ColumnType.STRING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The moments from ``start`` up to and without ``stop``; open where there is none."""

    name: str
    start: Moment | None = None
    stop: Moment | None = None

    def condition(self, moment: str) -> str:
        """SQL: whether a moment lies in it."""
        ends = [(self.start, ">="), (self.stop, "<")]
        found = [f"{moment} {sign} {_literal(end)}" for end, sign in ends if end is not None]
        return " AND ".join(found) or "true"


def _literal(moment: Moment) -> str:
    return str(moment) if isinstance(moment, int) else f"'{moment!r}'::DOUBLE"


def check_column(column: Column) -> None:
    """Refuse a column that has no order in time.

    Raises:
        InputError: If it is neither numbers, dates, timestamps nor text.
    """
    if not (column.type.is_numeric or column.type in _TIMES):
        raise InputError(
            f"column {column.name!r} is {column.type}", expected="dates, timestamps, ISO 8601 texts, or numbers"
        )


def as_moment(column: Column) -> str:
    """SQL: the moment of a value; NULL if it has none."""
    name = engine.quote(column.name)
    if column.type is ColumnType.INT:
        return name
    if column.type is ColumnType.FLOAT:
        return f"CASE WHEN NOT isnan({name}) THEN {name} END"
    # Only with a zone does the engine heed the zone that a text names; the zone of the session is UTC.
    kind = "TIMESTAMPTZ" if column.type is ColumnType.STRING else "TIMESTAMP"
    return f"epoch_us(TRY_CAST({name} AS {kind}))"


def shown(moment: Moment, column: Column) -> str:
    """A moment in words."""
    if column.type.is_numeric:
        return str(moment)
    return (_EPOCH + timedelta(microseconds=int(moment))).replace(tzinfo=None).isoformat()


def read_stretch(name: str, text: str, column: Column) -> Stretch:
    """A stretch from its bounds, such as ``>=2020-01-01 <2020-07-01``. A day without a time is the whole day.

    Raises:
        InputError: If it cannot be read.
    """
    found, rest = Stretch(name=name), text
    while rest.strip():
        bound = _BOUND.match(rest)
        if bound is None:
            raise InputError(
                f"split {name!r}: {text!r} has no bounds", expected="such as '<2020-01-01' or '>=10, <20'"
            )
        found = _with_bound(found, bound[1], bound[2], column)
        rest = rest[bound.end() :]
    if found.start is None and found.stop is None:
        raise InputError(f"split {name!r} has no bounds", expected="such as '<2020-01-01' or '>=10, <20'")
    if found.start is not None and found.stop is not None and found.start >= found.stop:
        raise InputError(f"split {name!r}: nothing lies in {text!r}")
    return found


def _with_bound(stretch: Stretch, sign: str, text: str, column: Column) -> Stretch:
    first = _read(stretch.name, text, column)
    behind = _behind(first, text, column)
    match sign:
        case "<":
            return replace(stretch, stop=first)
        case "<=":
            return replace(stretch, stop=behind)
        case ">":
            return replace(stretch, start=behind)
        case _:
            return replace(stretch, start=first)


def _read(name: str, text: str, column: Column) -> Moment:
    try:
        if column.type is ColumnType.INT:
            return int(text)
        if column.type is ColumnType.FLOAT:
            return float(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        kind = "a number" if column.type.is_numeric else "a date or time in ISO 8601"
        raise InputError(f"split {name!r}: {text!r} is not {kind}", where=f"column {column.name!r}") from None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (zoned - _EPOCH) // timedelta(microseconds=1)


def _behind(moment: Moment, text: str, column: Column) -> Moment:
    if not column.type.is_numeric and _DAY.fullmatch(text):
        return int(moment) + 86_400_000_000
    return after(moment)


def after(moment: Moment) -> Moment:
    """The next moment."""
    return moment + 1 if isinstance(moment, int) else math.nextafter(moment, math.inf)


def read_length(text: str | float, column: Column) -> Moment:
    """How long a gap is: ``"12h"``, ``"1d"`` (s, m, h, d, w) in time; a number on a scale of numbers.

    Raises:
        InputError: If it cannot be read, or is negative.
    """
    if column.type.is_numeric:
        try:
            found = int(text) if column.type is ColumnType.INT else float(text)
        except ValueError:
            found = -1
        if found >= 0:
            return found
        raise InputError(f"a gap of {text!r}", expected=f"a number, as column {column.name!r} holds")
    length = _LENGTH.fullmatch(str(text))
    if length is None:
        raise InputError(f"a gap of {text!r}", expected="a number and one of s, m, h, d, w: '12h', '1d'")
    return round(float(length[1]) * _SECONDS[length[2]] * 1_000_000)


def check_apart(stretches: Sequence[Stretch], texts: Mapping[str, object]) -> tuple[Stretch, ...]:
    """The stretches in the order of time.

    Raises:
        InputError: If two of them overlap.
    """
    ordered = sorted(stretches, key=lambda one: -math.inf if one.start is None else one.start)
    for one, next_ in itertools.pairwise(ordered):
        if one.stop is None or next_.start is None or one.stop > next_.start:
            raise InputError(
                f"splits {one.name!r} ({texts[one.name]}) and {next_.name!r} ({texts[next_.name]}) overlap",
                expected="stretches of time that do not",
            )
    return tuple(ordered)


def with_gap(stretches: Sequence[Stretch], gap: Moment) -> tuple[Stretch, ...]:
    """Stretches, in the order of time, of which each ends at least ``gap`` before the next begins."""
    found = list(stretches)
    for number, (one, next_) in enumerate(itertools.pairwise(stretches)):
        if next_.start is not None and one.stop is not None and gap:
            found[number] = replace(one, stop=min(one.stop, after(next_.start - gap)))
    return tuple(found)
