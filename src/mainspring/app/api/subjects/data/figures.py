"""A column in figures: what its statistics say, small enough for a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainspring.data.viewing.wording import moment

if TYPE_CHECKING:
    from mainspring.data.statistics import FeatureStatistics, Numbers, Words

_LONGEST: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bin or a word, and its share of the rows with a value.

    Attributes:
        name: The word, or the range of the bin.
        one: The share here.
        other: The share in what is laid over; 0 without it.
        low: The lower edge of a bin of numbers; ``None`` for words and times.
        high: The upper edge.
    """

    name: str
    one: float
    other: float = 0.0
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFigures:
    """A column of a version.

    Attributes:
        name: The column; a field of a structure has a path.
        type: The type of its values.
        kind: ``numbers``, ``words``, ``times`` or ``other``.
        rows: Rows.
        missing: The share of rows without a value.
        distinct: How many different values there are.
        zeros: The share of values that are zero; ``None`` if they are no numbers.
        least: The least value, as text; empty if not known, as are ``most``, ``mean`` and ``spread``.
        most: The largest.
        mean: The mean.
        spread: The standard deviation.
        top: The most frequent word.
        bars: Its distribution: up to a dozen bins or words.
        private: Whether its values are not shown.
        named: Whether the schema names it; ``None`` without a schema.
        anomalies: How many anomalies the latest validation found in it.
        errors: How many of them stop a run.
        distance: How far it is from what is laid over, in units of the limit; ``None`` without it.
        measure: The name of that distance.
        value: Its value.
        drifted: Whether it is past its limit and more than chance.
    """

    name: str
    type: str
    kind: str
    rows: int
    missing: float
    distinct: int
    zeros: float | None = None
    least: str = ""
    most: str = ""
    mean: float | None = None
    spread: float | None = None
    top: str = ""
    bars: Sequence[Bar] = ()
    private: bool = False
    named: bool | None = None
    anomalies: int = 0
    errors: int = 0
    distance: float | None = None
    measure: str = ""
    value: float | None = None
    drifted: bool = False


def kind_of(one: FeatureStatistics) -> str:
    """Which kind of distribution a column has."""
    if one.times is not None:
        return "times"
    if one.numbers is not None:
        return "numbers"
    return "words" if one.words is not None else "other"


def ends_of(one: FeatureStatistics) -> tuple[str, str]:
    """The least and the largest value, as text."""
    if one.times is not None:
        return moment(one.times.min), moment(one.times.max)
    if one.words is not None and one.numbers is None:
        return cut(one.words.min or ""), cut(one.words.max or "")
    numbers = one.numbers
    if numbers is None or numbers.min is None or numbers.max is None:
        return "", ""
    return _short(numbers.min), _short(numbers.max)


def moments_of(numbers: Numbers | None) -> tuple[float | None, float | None]:
    """Mean and standard deviation, where there are any."""
    if numbers is None or numbers.mean is None or not math.isfinite(numbers.mean):
        return None, None
    return numbers.mean, numbers.std_dev if math.isfinite(numbers.std_dev) else None


def top_of(words: Words | None) -> str:
    """The most frequent word."""
    found = words.frequencies.top(1) if words is not None else ()
    return cut(found[0][0]) if found else ""


def cut(text: str, most: int = _LONGEST) -> str:
    """A text on one line, and not too long."""
    line = " ".join(text.split()) or (repr(text) if text else "")
    return line if len(line) <= most else line[: most - 1] + "…"


def _short(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:,.4g}"
