"""Anchors of rows of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.explanation.anchors.anchor import Anchor
from mainspring.evaluation.explanation.anchors.predicates import predicates_of
from mainspring.evaluation.explanation.anchors.search import Rule, check_question, find_anchor
from mainspring.evaluation.explanation.asking import Asked, taken
from mainspring.evaluation.explanation.attributions import Cell
from mainspring.evaluation.explanation.background import Background
from mainspring.evaluation.explanation.seeding import generator_of

if TYPE_CHECKING:
    from mainspring.data import Table

FEW = 6
"""A number with at most so many values is compared with its value itself."""


def anchors(
    asked: Asked,
    rows: Table,
    *,
    background: Background,
    seed: int = 0,
    precision: float = 0.95,
    delta: float = 0.05,
    tolerance: float = 0.15,
    beam: int = 2,
    longest: int = 6,
    bins: int = 4,
    batch: int = 64,
) -> list[Anchor]:
    """For each row a rule such that rows meeting it get the same answer, nearly always.

    Rules grow by one condition at a time; of each length the ``beam`` most precise are kept, told apart by a few
    looks at those that the bounds of KL-LUCB leave open, all of a look in one call of the model. Of the rules that
    are precise enough the one that most of the data meets is given.

    What "rows meeting the rule" are: rows of the background, where each column that the rule names takes its
    value from a row that meets the condition, the others staying as they are.

    Args:
        asked: The model. Classes are compared; a regression's answers must be turned into classes first.
        rows: The rows to explain.
        background: A sample of the data, some thousand rows.
        seed: Of every random choice.
        precision: What is enough.
        delta: The chance that a bound does not hold.
        tolerance: How much less precise than the best of its length a kept rule may be.
        beam: Rules kept of each length.
        longest: The most conditions of a rule.
        bins: Numbers are compared with the edges of so many bins.
        batch: Rows asked about a rule at a time.

    Returns:
        One anchor per row. Where none is precise enough, or the budget is spent, ``reached`` is false, ``why``
        says which, and the rule is the best one found.

    Raises:
        InputError: If the model is a regression, or the wanted precision is no share.

    Reference: M. T. Ribeiro, S. Singh and C. Guestrin, *Anchors: high-precision model-agnostic explanations*, AAAI
    2018.
    """
    check_question(asked, precision)
    columns = asked.columns(rows)
    options = {
        "precision": precision,
        "delta": delta,
        "tolerance": tolerance,
        "beam": beam,
        "longest": longest,
        "bins": bins,
        "batch": batch,
        "seed": seed,
        "background": background.digest,
        "background_rows": len(background),
    }
    found = []
    for place in range(rows.num_rows):
        row = {name: values[0] for name, values in taken(columns, [place]).items()}
        space = _Cells(asked, row, background, bins)
        found.append(find_anchor(asked, space, generator_of(row, seed), options))
    return found


class _Cells:
    """The conditions that a row's cells meet, and rows of the background that meet them too."""

    def __init__(self, asked: Asked, row: Mapping[str, Any], background: Background, bins: int) -> None:
        self._names, self._given, self._background = asked.names, row, background
        self.row: dict[str, Cell] = {name: None if cell != cell else _plain(cell) for name, cell in row.items()}
        self.predicates = [
            predicate
            for name in background.features
            for predicate in predicates_of(name, self.row[name], background.columns[name], bins=bins, few=FEW)
        ]
        self._met = [one.met(background.columns[one.feature]) for one in self.predicates]

    def one(self) -> dict[str, npt.NDArray[Any]]:
        """The explained row."""
        made = {}
        for name in self._names:
            made[name] = np.empty(1, dtype=self._background.columns[name].dtype)
            made[name][0] = self._given[name]
        return made

    def coverage(self, rule: Rule) -> float:
        """The share of the background that meets a rule."""
        return float(np.logical_and.reduce([self._met[place] for place in rule]).mean()) if rule else 1.0

    def drawn(self, rule: Rule, size: int, generator: np.random.Generator) -> dict[str, npt.NDArray[Any]]:
        """Rows of the background in which the columns of a rule meet it."""
        drawn = taken(self._background.columns, generator.integers(len(self._background), size=size))
        for name, met in self._meeting(rule).items():
            fitting = np.flatnonzero(met)
            # The row itself meets its own conditions, if no row of the data does.
            values = self._background.columns[name][fitting] if len(fitting) else self.one()[name]
            drawn[name] = values[generator.integers(len(values), size=size)]
        for name in self._names:
            if name not in self._background.features:
                drawn[name] = np.repeat(self.one()[name], size)
        return drawn

    def _meeting(self, rule: Rule) -> dict[str, npt.NDArray[np.bool_]]:
        """For each column of a rule the rows of the data that meet all its conditions on it."""
        found: dict[str, npt.NDArray[np.bool_]] = {}
        for place in rule:
            name = self.predicates[place].feature
            found[name] = found[name] & self._met[place] if name in found else self._met[place]
        return found


def _plain(cell: Any) -> Cell:
    return cell if cell is None or isinstance(cell, str) else float(cell)
