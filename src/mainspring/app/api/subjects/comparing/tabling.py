"""Runs beside each other: what differs, by how much from one of them, and which is best."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from mainspring.app.api.subjects.comparing.directions import Direction, direction
from mainspring.app.api.subjects.comparing.reading import ComparedRun

Group = Literal["run", "parameters", "metrics", "data", "code", "environment"]

GROUPS: Final[Mapping[str, str]] = {
    "run": "Run",
    "parameters": "Parameters",
    "metrics": "Metrics",
    "data": "Data versions",
    "code": "Code and model",
    "environment": "Environment",
}
"""The groups of rows in their order, with what people call them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing, in all runs.

    Attributes:
        key: The group and the name, such as ``metrics.auc``: for addresses.
        group: ``run``, ``parameters``, ``metrics``, ``data``, ``code`` or ``environment``.
        name: What it is.
        form: What values are: ``number``, ``text``, ``digest``, ``time`` or ``seconds``.
        better: Which way it improves; ``neither`` for what is no measure of quality.
        differs: Whether runs differ in it.
        values: The value of each run, in the order of the runs; ``None`` where a run has none.
        best: The places of the runs with the best value; none if all are alike, or nobody knows what is better.
    """

    key: str
    group: Group
    name: str
    form: Literal["number", "text", "digest", "time", "seconds"]
    better: Direction
    differs: bool
    values: Sequence[Any]
    best: Sequence[int] = ()


def rows_of(runs: Sequence[ComparedRun]) -> Sequence[Row]:
    """Everything that is known of runs, row by row."""
    rows, arounds = [one.row for one in runs], [one.around for one in runs]
    made = [
        _row("run", "pipeline", "text", [one.pipeline for one in rows]),
        _row("run", "state", "text", [one.state.lower() for one in rows]),
        _row("run", "started", "time", [one.started for one in rows]),
        _row("run", "duration", "seconds", [one.seconds for one in rows]),
        *_rows("parameters", [one.parameters for one in rows]),
        *_rows("metrics", [one.metrics for one in rows]),
        *_rows("data", [one.data for one in arounds], "digest"),
        _row("code", "project's code", "digest", [one.code or None for one in arounds]),
        _row("code", "commit", "digest", [one.commit or None for one in rows]),
        _row("code", "trained", "text", [one.estimator or None for one in arounds]),
        _row("code", "model version", "text", [f"{one.model} {one.version}".strip() or None for one in rows]),
        *_rows("environment", [one.environment for one in arounds], "text"),
    ]
    return [one for one in made if any(value is not None for value in one.values)]


def _rows(
    group: Group, every: Sequence[Mapping[str, Any]], form: Literal["digest", "text"] | None = None
) -> list[Row]:
    names = dict.fromkeys(name for one in every for name in one)
    return [_row(group, name, form, [one.get(name) for one in every]) for name in names]


def _row(
    group: Group, name: str, form: Literal["number", "text", "digest", "time", "seconds"] | None, values: list[Any]
) -> Row:
    known = [value for value in values if value is not None]
    numeric = bool(known) and all(is_number(value) for value in known)
    found: Direction = direction(name) if group == "metrics" else "neither"
    differs = any(value != values[0] for value in values[1:])
    return Row(
        key=f"{group}.{name}",
        group=group,
        name=name,
        form=form or ("number" if numeric else "text"),
        better=found,
        differs=differs,
        values=values,
        best=_best(values, found) if differs and numeric else (),
    )


def _best(values: Sequence[Any], better: Direction) -> Sequence[int]:
    known = [value for value in values if is_number(value)]
    if better == "neither" or len(known) < 2:
        return ()
    first = max(known) if better == "higher" else min(known)
    return [place for place, value in enumerate(values) if value == first and is_number(value)]


def is_number(value: Any) -> bool:
    """Whether a value can be drawn and subtracted: yes and no are no numbers."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def main_keys(rows: Sequence[Row], first: Sequence[str], most: int = 8) -> Sequence[str]:
    """The keys of metrics and parameters that are worth looking at first.

    Args:
        rows: All that is known of the runs.
        first: The keys that lists of runs show first.
        most: So many metrics at most, and so many parameters; of parameters only those that differ.
    """
    every = [row for row in rows if row.group == "metrics"]
    metrics = [row.key for row in every if row.better != "neither"] or [row.key for row in every]
    known = [key for key in first if key in metrics]
    parameters = [row.key for row in rows if row.group == "parameters" and row.differs]
    return [*list(dict.fromkeys([*known, *metrics]))[:most], *parameters[:most]]
