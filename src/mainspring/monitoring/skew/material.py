"""What is looked at for skew: the inputs of a window, of training, and of the window before, side by side."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Self

from mainspring.data import Schema, Table, TableStatistics
from mainspring.evaluation.reference import LABEL, PREDICTION, PROBABILITY
from mainspring.monitoring.seen import Seen
from mainspring.monitoring.windows.window import LOGGED


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What is looked at.

    Attributes:
        inputs: The columns that the model asks for, without those that are left out.
        trained: Statistics of these in training.
        served: Statistics of the inputs in the window, the unexpected among them too.
        previous: The same of the window before; ``None`` for the first one.
        schema: What rows should look like, if it is known.
        rows: The window's rows.
        answered: Rows of the reference with the model's answers; ``None`` if there are none.
    """

    inputs: tuple[str, ...]
    trained: TableStatistics
    served: TableStatistics
    previous: TableStatistics | None
    schema: Schema | None
    rows: Table
    answered: Table | None

    @classmethod
    def of(cls, seen: Seen, exclude: Collection[str] = ()) -> Self:
        """The material of a window."""
        inputs = tuple(
            name for name in seen.reference.inputs if name not in exclude and not name.startswith(LOGGED)
        )
        held = seen.reference.rows
        return cls(
            inputs=inputs,
            trained=_of(seen.reference.statistics, set(inputs)),
            served=_inputs(seen.statistics, exclude),
            previous=None if seen.previous is None else _inputs(seen.previous, exclude),
            schema=seen.reference.schema,
            rows=seen.window.table,
            answered=held if held is not None and held.num_rows else None,
        )


def scores_of(rows: Table) -> tuple[str, ...]:
    """The columns of numbers among the answers: the prediction, or the probabilities, of two classes the last."""
    if PREDICTION in rows.names:
        return (PREDICTION,)
    found = tuple(name for name in rows.names if name.startswith(PROBABILITY))
    return found[-1:] if len(found) == 2 else found


def answer_of(rows: Table) -> str | None:
    """The column of the answers: classes or numbers; ``None`` if there is none."""
    return next((name for name in (LABEL, PREDICTION) if name in rows.names), None)


def _inputs(statistics: TableStatistics, exclude: Collection[str]) -> TableStatistics:
    names = {name for name in statistics.features if not name.startswith(LOGGED) and name not in exclude}
    return _of(statistics, names)


def _of(statistics: TableStatistics, names: Collection[str]) -> TableStatistics:
    features = {name: one for name, one in statistics.features.items() if name in names}
    return replace(statistics, features=features, slices={}, crosses=None, composites={}, label=None)
