"""Rows that show what is wrong, with private values masked and answers explained."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import reduce
from typing import TYPE_CHECKING, Any

from mainspring.core.errors import MainspringError
from mainspring.monitoring.alerts.alert import Alert, Example
from mainspring.serving.payloads.redaction import MASK
from mainspring.serving.payloads.tables import REQUEST

if TYPE_CHECKING:
    from mainspring.data import Schema, Table

_LONGEST = 200


def private_columns(schema: Schema | None, patterns: Collection[str] = ()) -> Callable[[str], bool]:
    """Says of a column whether its values are masked.

    They are if a pattern fits, or the schema tags it; see :data:`mainspring.evaluation.reference.PRIVATE`.
    """
    # Imported here: a reference brings along all that data is profiled with, which a list of alerts does without.
    from mainspring.evaluation.reference import private

    tagged = private(schema)

    def masked(name: str) -> bool:
        bare = name.removeprefix("feedback.").removeprefix("output.")
        return name in tagged or bare in tagged or any(fnmatchcase(name, one) for one in patterns)

    return masked


def examples_of(
    table: Table,
    rows: Sequence[int],
    *,
    most: int,
    hidden: Callable[[str], bool] = lambda _: False,
    explain: Callable[[Table], Sequence[Mapping[str, float]]] | None = None,
) -> tuple[Example, ...]:
    """Some rows of a window.

    Args:
        table: Of the window.
        rows: Places in it, the clearest first; those that are not there are passed over.
        most: At most so many.
        hidden: Whether a column's values are masked. Contributions are amounts of the answer, and are shown.
        explain: What each feature added to the answers of rows; without explanations if it fails.
    """
    places = [one for one in dict.fromkeys(rows) if 0 <= one < table.num_rows][:most]
    if not places:
        return ()
    part = reduce(type(table).concat, (table.rows(one, one + 1) for one in places))
    found = [_example(row, place, hidden) for place, row in zip(places, part.iter_rows(), strict=True)]
    if explain is None:
        return tuple(found)
    try:
        told = list(explain(part))
    except (MainspringError, OSError):  # an alert without explanations is better than none
        return tuple(found)
    return tuple(replace(one, contributions=_largest_first(each)) for one, each in zip(found, told, strict=False))


def without_rows(alert: Alert, requests: Collection[str]) -> Alert:
    """An alert without the values of example rows of some requests."""
    if not any(one.request in requests for one in alert.examples):
        return alert
    shown = (
        replace(one, values={}, contributions={}) if one.request in requests else one for one in alert.examples
    )
    return replace(alert, examples=tuple(shown))


def _example(row: Mapping[str, Any], place: int, hidden: Callable[[str], bool]) -> Example:
    values = {
        name: MASK if hidden(name) and value is not None else _plain(value)
        for name, value in row.items()
        if not name.startswith(REQUEST)
    }
    moment = row.get(f"{REQUEST}time")
    return Example(
        row=place,
        request=str(row.get(f"{REQUEST}id") or ""),
        time=float(moment) if isinstance(moment, int | float) else None,
        values=values,
    )


def _largest_first(given: Mapping[str, float]) -> dict[str, float]:
    return {name: float(given[name]) for name in sorted(given, key=lambda one: -abs(given[one]))}


def _plain(value: Any) -> Any:
    """A value as JSON has it; what is long or nested is cut to its beginning."""
    if hasattr(value, "item"):
        value = value.item()
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    text = str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
