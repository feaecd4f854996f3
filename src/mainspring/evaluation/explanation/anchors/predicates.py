"""Conditions on one raw column, of which an anchor is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.explanation.attributions import Cell
from mainspring.evaluation.explanation.words import spans_of

Relation = Literal["=", "<=", ">", "missing", "contains"]


@dataclass(frozen=True, slots=True, order=True)
class Predicate:
    """A condition that a row meets or not.

    Attributes:
        feature: The raw column.
        relation: ``"="``, ``"<="``, ``">"``, ``"missing"``, or ``"contains"`` for a word of a text. A missing
            value meets ``"missing"`` only.
        value: What is compared with; ``None`` for ``"missing"``.

    Example:
        >>> str(Predicate("age", ">", 37.0)), str(Predicate("job", "missing"))
        ('age > 37', 'job is missing')
    """

    feature: str
    relation: Relation
    value: Cell = None

    def met(self, values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Which values meet it, shape ``[n]``."""
        if self.relation == "missing":
            return missing(values)
        if self.relation == "contains":
            word = str(self.value).casefold()
            texts = ("" if value is None else str(value) for value in values)
            said = ({text[start:end].casefold() for start, end in spans_of(text)} for text in texts)
            return np.fromiter((word in words for words in said), np.bool_, len(values))
        if self.relation == "=":
            equal: npt.NDArray[np.bool_] = np.asarray(values == self.value, dtype=np.bool_)
            return equal
        # A missing number is neither above nor below.
        above: npt.NDArray[np.bool_] = values > self.value
        below: npt.NDArray[np.bool_] = values <= self.value
        return above if self.relation == ">" else below

    def __str__(self) -> str:
        if self.relation == "missing":
            return f"{self.feature} is missing"
        told = f"{self.value:.6g}" if isinstance(self.value, float) else self.value
        return f"{self.feature} {self.relation} {told}"


def predicates_of(feature: str, cell: Cell, values: npt.NDArray[Any], *, bins: int, few: int) -> list[Predicate]:
    """The conditions on a feature that a row meets.

    Args:
        feature: The raw column.
        cell: The row's value in it.
        values: The column over the data.
        bins: A number with many values is compared with the edges of so many bins of equal numbers of rows.
        few: A number with at most so many values is compared with its value itself.

    Returns:
        Equality of a word, truth value or number of few values; of another number the nearest edge on either side.
    """
    if cell is None:
        return [Predicate(feature, "missing")]
    if values.dtype == object:
        return [Predicate(feature, "=", cell)]
    known = values[~np.isnan(values)]
    distinct = np.unique(known)
    number = float(cell)
    if len(distinct) <= few:
        return [Predicate(feature, "=", number)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1], method="inverted_cdf"))
    above, below = edges[edges >= number], edges[edges < number]
    found = []
    if len(above):
        found.append(Predicate(feature, "<=", float(above[0])))
    if len(below):
        found.append(Predicate(feature, ">", float(below[-1])))
    return found


def missing(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Which values are missing."""
    if values.dtype == object:
        return np.fromiter((value is None for value in values), np.bool_, len(values))
    gaps: npt.NDArray[np.bool_] = np.isnan(values)
    return gaps
