"""Dates and times in text: taken apart at their separators, and counted as seconds since 1970."""

from __future__ import annotations

from typing import Final

import numpy as np
from onnx import TensorProto

from mainspring.data.transforms.ops import Moment
from mainspring.models.adapters.onnx_ops.dates import Number, floor
from mainspring.models.adapters.onnx_ops.values import Numbers, Value, Values
from mainspring.models.adapters.onnx_ops.words import each

TIME: Final = r"[0-9]{2}(?::[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)?"
PATTERN: Final = rf" *[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:(?:T| ){TIME}(?:Z|[+-][0-9]{{2}}(?::[0-9]{{2}})?)?)? *"
"""What is read: dates and times of ISO 8601 with separators, as tables hold them. All else becomes NaN."""


@each
def emit_moment(values: Values, op: Moment) -> Value:
    """Seconds since 1970, in UTC."""
    graph = values.graph
    words = values.words(op.inputs[0])
    legible = graph.add("RegexFullMatch", words, pattern=PATTERN)
    text = graph.add("Where", legible, words, values.texts(["1970-01-01"]))
    text = graph.add("Reshape", text, values.integers([-1]))
    first, second = _parts(values, text, "", 2)
    date, joined = _parts(values, first, "T", 2)
    time = _or(values, second, joined)
    year, month, day = (_number(values, part) for part in _parts(values, date, "-", 3))
    clock, _ = _parts(values, time, "Z", 2)
    clock, east = _parts(values, clock, "+", 2)
    clock, west = _parts(values, clock, "-", 2)
    hours, minutes, rest = (_number(values, part) for part in _parts(values, clock, ":", 3))
    whole = floor(rest)
    seconds = _days(year, month, day) * 86_400.0 + hours * 3600.0 + minutes * 60.0 + whole
    seconds = seconds - _offset(values, east) + _offset(values, west)
    millionths = Number(graph, graph.add("Round", ((rest - whole) * 1e6).tensor)) / 1e6
    found = graph.add("Reshape", (seconds + millionths).tensor, values.integers([-1, 1]))
    return Numbers(graph.add("Where", legible, found, graph.doubles([[np.nan]])), (0,), 1)


def _parts(values: Values, texts: str, separator: str, most: int) -> list[str]:
    """The parts of every text ``[n]``, each ``[n]``; empty where there are fewer.

    One more text with as many parts as there may be gives the operator's result its width.
    """
    graph = values.graph
    widest = (separator or " ").join("x" * most)
    longer = graph.add("Concat", texts, values.texts([widest]), axis=0)
    split = graph.add_several("StringSplit", 2, longer, delimiter=separator)[0]
    kept = graph.add("Slice", split, values.integers([0]), values.integers([-1]), values.integers([0]))
    return [graph.add("Gather", kept, values.integers(place), axis=1) for place in range(most)]


def _or(values: Values, one: str, other: str) -> str:
    """The first text, or the second where it is empty."""
    return values.graph.add("Where", values.graph.add("Equal", one, values.texts([""])), other, one)


def _number(values: Values, digits: str) -> Number:
    """Digits as a number; 0 where there are none."""
    return Number(
        values.graph, values.graph.add("Cast", _or(values, digits, values.texts(["0"])), to=TensorProto.DOUBLE)
    )


def _offset(values: Values, text: str) -> Number:
    """Hours and minutes in seconds."""
    hours, minutes = (_number(values, part) for part in _parts(values, text, ":", 2))
    return hours * 3600.0 + minutes * 60.0


def _days(year: Number, month: Number, day: Number) -> Number:
    """Days since 1970 of a date, by Hinnant's ``days_from_civil``."""
    # 1 in January and February, which count for the year before.
    early = floor((month * -1.0 + 14.0) / 12.0)
    from_march = month + early * 12.0 - 3.0
    counted = year - early
    era = floor(counted / 400.0)
    year_of_era = counted - era * 400.0
    day_of_year = floor((from_march * 153.0 + 2.0) / 5.0) + day - 1.0
    day_of_era = year_of_era * 365.0 + floor(year_of_era / 4.0) - floor(year_of_era / 100.0) + day_of_year
    return era * 146_097.0 + day_of_era - 719_468.0
