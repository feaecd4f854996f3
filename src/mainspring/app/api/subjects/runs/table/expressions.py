"""Choosing rows: by state, pipeline, words, time, and by an expression over metrics and parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mainspring.app.api.subjects.runs.table.rows import Row
from mainspring.core.records import Execution, ExecutionState, Kind
from mainspring.store.query import Expression, matches, parse

Test = Callable[[Row], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which runs are wanted; an empty part takes all.

    Attributes:
        states: In any letter case.
        pipeline: Its name.
        text: Words that all occur in the name, the pipeline, the model, the reason or the commit.
        since: Runs that began at this moment or later.
        until: Runs that began before this moment.
        where: An expression such as ``auc > 0.9 and depth = 3`` (the language of :mod:`mainspring.store.query`, in
            which names of metrics and parameters may stand alone).
    """

    states: Sequence[str] = ()
    pipeline: str = ""
    text: str = ""
    since: float | None = None
    until: float | None = None
    where: str = ""

    def chosen(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows that are wanted, in their order.

        Raises:
            InputError: If the expression cannot be read; it points at the place.
        """
        tests = list(self._tests())
        return [row for row in rows if all(test(row) for test in tests)] if tests else rows

    def _tests(self) -> Sequence[Test]:
        states, words = {one.upper() for one in self.states}, self.text.lower().split()
        tests: list[Test] = []
        if states:
            tests.append(lambda row: row.state in states)
        if self.pipeline:
            tests.append(lambda row: row.pipeline == self.pipeline)
        if self.since is not None:
            since = self.since
            tests.append(lambda row: row.started >= since)
        if self.until is not None:
            until = self.until
            tests.append(lambda row: row.started < until)
        if words:
            tests.append(lambda row: _has(row, words))
        if self.where.strip():
            tests.append(_satisfying(parse(self.where, Kind.EXECUTION, within="properties")))
        return tests


def _has(row: Row, words: Sequence[str]) -> bool:
    text = f"{row.name} {row.pipeline} {row.model} {row.version} {row.because} {row.commit}".lower()
    return all(word in text for word in words)


def _satisfying(expression: Expression) -> Test:
    return lambda row: matches(expression, Kind.EXECUTION, _node(row), lambda _: (), lambda *_: frozenset())


def _node(row: Row) -> Execution:
    """A row in the form that the language of filters knows."""
    parameters, metrics = nested(row.parameters), nested(row.metrics)
    own = {
        "pipeline": row.pipeline,
        "seconds": row.seconds,
        "cause": row.cause,
        "because": row.because,
        "commit": row.commit,
        "model": row.model,
        "version": row.version,
    }
    properties = {
        **_alone(parameters),
        **parameters,
        **metrics,
        **own,
        "parameters": parameters,
        "metrics": metrics,
    }
    return Execution(
        type="mainspring.Run",
        name=row.name,
        id=row.id,
        state=ExecutionState(row.state),
        properties=properties,
        created_at=row.started,
        updated_at=row.touched,
    )


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of a path: ``{"params.depth": 3}`` is ``{"params": {"depth": 3}}``."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        *outer, last = name.split(".")
        place = found
        for one in outer:
            inner = place.get(one)
            if not isinstance(inner, dict):
                inner = place[one] = {}
            place = inner
        place[last] = value
    return found


def _alone(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Nested parameters by their last name: ``depth`` for ``params.depth``."""
    return {
        key: value
        for inner in parameters.values()
        if isinstance(inner, Mapping)
        for key, value in inner.items()
        if not isinstance(value, Mapping)
    }
