"""Conditions on what nodes read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.assertions.conditions import ANSWER, SCORE, Condition
from mainspring.serving.graphs.deciding import Row, Value, decider, value_of
from mainspring.serving.graphs.parting import Answer, PartedError
from mainspring.serving.graphs.plan import Way
from mainspring.serving.graphs.wires import by_name, plain_column

_LABEL, _PREDICTION, _PROBABILITIES = "label", "prediction", "probabilities"


@dataclass(frozen=True, slots=True)
class View:
    """The columns that a condition reads.

    Attributes:
        sources: The node, its output (empty for all) and the name it is read by (empty for its own), in order.
    """

    sources: tuple[tuple[int, str, str], ...]

    def row(self, way: Way, names: tuple[str, ...]) -> Row | None:
        """The values of these names, if there is one row that can be read at a glance."""
        found: dict[str, Value] = {}
        for place, output, name in self.sources:
            answer = way.known(place)
            if answer is None or answer.rows != 1 or answer.how == "rows":
                return None
            for wanted in names:
                if wanted not in found:
                    array = _of(answer.columns, output, name, wanted)
                    if array is not None:
                        if array.size != 1:
                            return None
                        found[wanted] = value_of(array.item())
        return found if len(found) == len(names) else None

    def columns(self, way: Way, names: tuple[str, ...]) -> tuple[dict[str, npt.NDArray[Any]], int] | None:
        """The columns of these names, and how many rows; ``None`` if one is of a node that has no answer.

        Raises:
            InputError: If there is no such column.
        """
        found: dict[str, npt.NDArray[Any]] = {}
        rows = -1
        for place, output, name in self.sources:
            answer = way.known(place)
            if answer is None:
                return None
            if answer.how == "rows":
                answer = by_name(answer)
            rows = answer.rows if rows < 0 else rows
            for wanted in names:
                if wanted not in found:
                    array = _of(answer.columns, output, name, wanted)
                    if array is not None:
                        found[wanted] = plain_column(array)
        for wanted in names:
            if wanted not in found:
                raise InputError(
                    f"a condition reads {wanted!r}, which there is not", expected="a column that is read"
                )
        return found, rows


@dataclass(frozen=True, slots=True)
class WhenGate:
    """The condition of a node.

    Attributes:
        condition: It.
        view: What it reads.
    """

    condition: Condition
    view: View

    def opens(self, way: Way) -> bool:
        """Whether it holds for every row; see :class:`mainspring.serving.graphs.plan.Gate`.

        Raises:
            PartedError: If it holds for some of them.
        """
        row = self.view.row(way, self.condition.names)
        if row is not None:
            return decider(self.condition)(row)
        seen = self.view.columns(way, self.condition.names)
        if seen is None:
            return False
        holds = held(self.condition, *seen)
        if len(holds) > 1 and holds.any() and not holds.all():
            raise PartedError([np.flatnonzero(holds), np.flatnonzero(~holds)])
        return bool(holds.all())


def held(condition: Condition, columns: Mapping[str, npt.NDArray[Any]], rows: int) -> npt.NDArray[np.bool_]:
    """For which rows a condition holds."""
    if not columns:
        columns = {"": np.empty(rows)}
    return condition.holds(columns)


def _of(columns: Mapping[str, npt.NDArray[Any]], output: str, name: str, wanted: str) -> npt.NDArray[Any] | None:
    """The column that is read under a name, if a node has it."""
    if output or name:
        if wanted != (name or output):
            return None
        if output:
            return columns.get(output)
        return next(iter(columns.values())) if len(columns) == 1 else None
    found = columns.get(wanted)
    if found is not None:
        return found
    if wanted == ANSWER:
        return columns.get(_LABEL, columns.get(_PREDICTION))
    if wanted == SCORE:
        if _PROBABILITIES in columns:
            return np.asarray(columns[_PROBABILITIES].max(axis=1))
        return columns.get(_PREDICTION)
    return None


def sees(answer: Answer, name: str) -> bool:
    """Whether a condition can read a name of an answer."""
    return _of(answer.columns, "", "", name) is not None
