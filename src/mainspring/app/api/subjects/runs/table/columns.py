"""The columns of the table of runs: which there are, which are shown first, and what a row has in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from mainspring.app.api.subjects.runs.table.rows import Row, Scalar

Kind: TypeAlias = Literal["metric", "parameter"]

_METRICS: Final = "metrics."
_PARAMETERS: Final = "parameters."
BEST_KNOWN: Final = (
    "auc",
    "accuracy",
    "f1",
    "average_precision",
    "log_loss",
    "rmse",
    "mae",
    "r2",
    "loss",
    "ndcg",
)
"""The figures that people look for first."""

_FIRST_METRICS, _FIRST_PARAMETERS = 4, 3
_LOOKED_AT: Final = 500
"""So many of the latest runs say which columns matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column.

    Attributes:
        key: By which it is chosen and sorted: ``metrics.auc``, ``parameters.params.depth``.
        name: Without what it is: ``auc``, ``params.depth``.
        kind: ``metric`` or ``parameter``.
        runs: How many runs have it.
        varies: Whether it is not the same in all of them.
    """

    key: str
    name: str
    kind: Kind
    runs: int
    varies: bool


def columns_of(rows: Sequence[Row]) -> Sequence[Column]:
    """Every column that some run has: metrics first, then parameters, each by name."""
    metrics, parameters = Counter[str](), Counter[str]()
    seen: dict[str, set[Scalar]] = {}
    for row in rows:
        metrics.update(row.metrics.keys())
        parameters.update(row.parameters.keys())
        for name, value in row.parameters.items():
            some = seen.setdefault(name, set())
            if len(some) < 2:
                some.add(value)
    found = [
        Column(key=_METRICS + one, name=one, kind="metric", runs=metrics[one], varies=True) for one in metrics
    ]
    found.sort(key=lambda one: (one.name not in BEST_KNOWN, "." in one.name, one.name))
    rest = [
        Column(key=_PARAMETERS + one, name=one, kind="parameter", runs=parameters[one], varies=len(seen[one]) > 1)
        for one in sorted(parameters)
    ]
    return [*found, *rest]


def shown_first(rows: Sequence[Row]) -> Sequence[str]:
    """The columns that are shown where nobody has chosen: best known metrics, and parameters that differ."""
    known = columns_of(rows[:_LOOKED_AT])
    metrics = [one for one in known if one.kind == "metric" and "." not in one.name]
    metrics.sort(key=lambda one: (_rank(one.name), -one.runs))
    parameters = [one for one in known if one.kind == "parameter" and one.varies]
    parameters.sort(key=lambda one: -one.runs)
    return [
        *(one.key for one in metrics[:_FIRST_METRICS]),
        *(one.key for one in parameters[:_FIRST_PARAMETERS]),
    ]


def _rank(metric: str) -> int:
    return BEST_KNOWN.index(metric) if metric in BEST_KNOWN else len(BEST_KNOWN)


def value_in(row: Row, key: str) -> Scalar:
    """What a row has in a column; ``None`` for nothing."""
    if key.startswith(_METRICS):
        return row.metrics.get(key[len(_METRICS) :])
    if key.startswith(_PARAMETERS):
        return row.parameters.get(key[len(_PARAMETERS) :])
    if key == "model":
        return f"{row.model} {row.version}".strip() or None
    found: Scalar = getattr(row, key)
    return found


def in_order(rows: Sequence[Row], key: str, *, descending: bool) -> Sequence[Row]:
    """Rows by a column: numbers before words, rows without a value last."""

    def rank(value: Scalar) -> tuple[int, float | str]:
        if isinstance(value, (int, float)):
            return 0, float(value)
        return 1, str(value)

    have = [(rank(value), row) for row in rows if (value := value_in(row, key)) not in (None, "")]
    have.sort(key=lambda one: one[0], reverse=descending)
    chosen = {row.id for _, row in have}
    return [*(row for _, row in have), *(row for row in rows if row.id not in chosen)]
