"""Anchors: the shortest rule with the widest reach that is enough for a model's answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.explanation.anchors.anchor import Anchor
from mainspring.evaluation.explanation.anchors.bounds import exploration, lower_bound, upper_bound
from mainspring.evaluation.explanation.anchors.predicates import predicates_of
from mainspring.evaluation.explanation.asking import Asked, taken
from mainspring.evaluation.explanation.attributions import Cell
from mainspring.evaluation.explanation.background import Background
from mainspring.evaluation.explanation.budgets import BudgetError
from mainspring.evaluation.explanation.seeding import generator_of

if TYPE_CHECKING:
    from mainspring.data import Table

Rule = tuple[int, ...]
"""Which of the row's predicates hold, by index, rising."""

FEW = 6
"""A number with at most so many values is compared with its value itself."""

MOST_TRIALS = 4096
"""A rule is asked about with at most so many rows; what is not sure then is not reached."""

MOST_RANKED = 512
"""Which of two rules is more precise is asked with at most so many rows for each; what is close then may grow."""


def anchors(
    asked: Asked,
    rows: Table,
    *,
    background: Background,
    seed: int = 0,
    precision: float = 0.95,
    delta: float = 0.05,
    tolerance: float = 0.05,
    beam: int = 2,
    longest: int = 6,
    bins: int = 4,
    batch: int = 64,
) -> list[Anchor]:
    """For each row a rule such that rows meeting it get the same answer, nearly always.

    Rules grow by one condition at a time; of each length the ``beam`` most precise are kept, told apart by as few
    rows as that takes (bounds of KL-LUCB), all of a round in one call of the model. Of the rules that are precise
    enough the one that most of the data meets is given.

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
    if asked.classes is None:
        raise InputError(
            "the model predicts values, and an anchor is about an answer that stays the same",
            expected="a classifier",
            fix="wrap the model in one that answers with classes, such as above and below a value",
        )
    if not 0 < precision < 1:
        raise InputError(f"a precision of {precision}", expected="a share such as 0.95")
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
        search = _Search(asked, row, background, generator_of(row, seed), options)
        found.append(search.run())
    return found


class _Search:
    """The search for one row's anchor."""

    def __init__(
        self,
        asked: Asked,
        row: Mapping[str, Any],
        background: Background,
        generator: np.random.Generator,
        options: Mapping[str, Any],
    ) -> None:
        self._asked, self._background, self._generator, self._options = asked, background, generator, options
        self._row: dict[str, Cell] = {name: None if cell != cell else _plain(cell) for name, cell in row.items()}
        self._given = row
        self._predicates = [
            predicate
            for name in background.features
            for predicate in predicates_of(
                name, self._row[name], background.columns[name], bins=options["bins"], few=FEW
            )
        ]
        self._met = [one.met(background.columns[one.feature]) for one in self._predicates]
        self._hits: dict[Rule, int] = {(): 0}
        self._trials: dict[Rule, int] = {(): 0}
        self._answer = ""

    def run(self) -> Anchor:
        wanted: float = self._options["precision"]
        best: Rule | None = None
        kept: list[Rule] = [()]
        why = f"no rule of up to {self._options['longest']} conditions is that precise"
        try:
            self._answer = str(self._asked.labels(self._one())[0])
            if self._holds((), wanted):
                return self._made((), "")
            for _ in range(min(self._options["longest"], len(self._predicates))):
                candidates = self._longer(kept, best)
                if not candidates:
                    break
                kept = self._most_precise(candidates)
                for rule in kept:
                    wider = best is None or self._coverage(rule) > self._coverage(best)
                    if wider and self._holds(rule, wanted):
                        best = rule
        except BudgetError as error:
            why = error.found
        if best is not None:
            return self._made(best, "")
        tried = [rule for rule in self._trials if self._trials[rule]]
        nearest = max(tried, key=lambda rule: (self._low(rule), self._coverage(rule), rule), default=())
        return self._made(nearest, why)

    def _one(self) -> dict[str, npt.NDArray[Any]]:
        """The explained row as columns."""
        made = {}
        for name in self._asked.names:
            like = self._background.columns[name]
            made[name] = np.empty(1, dtype=like.dtype)
            made[name][0] = self._given[name]
        return made

    def _longer(self, kept: Sequence[Rule], best: Rule | None) -> list[Rule]:
        """Rules of one more condition that some row of the data meets, and that may still reach wider."""
        least = 0.0 if best is None else self._coverage(best)
        longer = {tuple(sorted({*rule, new})) for rule in kept for new in range(len(self._predicates))}
        grown = {rule for rule in longer if len(rule) > len(kept[0])}
        return sorted(rule for rule in grown if self._coverage(rule) > least)

    def _most_precise(self, candidates: list[Rule]) -> list[Rule]:
        """The few best candidates: those that may lie on either side of the border are asked about again.

        All of them are asked about together and by doubling numbers of rows, so that the model is called a few
        times instead of once for each pair of arms.
        """
        wanted = min(self._options["beam"], len(candidates))
        self._ask([rule for rule in candidates if not self._trials.get(rule)])
        while True:
            trials = np.array([self._trials[rule] for rule in candidates], dtype=np.float64)
            shares = np.array([self._hits[rule] for rule in candidates]) / trials
            order = np.lexsort((np.arange(len(candidates)), -shares))
            if len(candidates) == wanted:
                break
            rounds = max(1, int(trials.max()) // self._options["batch"])
            level = exploration(len(candidates), rounds, self._options["delta"]) / trials
            low, high = lower_bound(shares, level), upper_bound(shares, level)
            inside, outside = order[:wanted], order[wanted:]
            surest, strongest = low[inside].min(), high[outside].max()
            contested = np.concatenate((inside[low[inside] < strongest], outside[high[outside] > surest]))
            open_ = contested[trials[contested] < MOST_RANKED]
            if strongest - surest < self._options["tolerance"] or not len(open_):
                break
            self._ask(
                [candidates[place] for place in open_.tolist()],
                times=max(1, int(trials[open_].min()) // self._options["batch"]),
            )
        return [candidates[place] for place in order[:wanted].tolist()]

    def _holds(self, rule: Rule, wanted: float) -> bool:
        """Whether a rule is precise enough: asked until that is sure, or sure not to be."""
        if not self._trials.get(rule):
            self._ask([rule])
        while self._low(rule) < wanted:
            trials = self._trials[rule]
            hopeless = float(upper_bound(np.array([self._share(rule)]), self._level(rule))[0]) < wanted
            # A share just about as wanted would be asked about for ever.
            if hopeless or trials >= MOST_TRIALS:
                return False
            self._ask([rule], times=max(1, min(trials, MOST_TRIALS - trials) // self._options["batch"]))
        return True

    def _ask(self, rules: Sequence[Rule], times: int = 1) -> None:
        """Draw rows that meet each rule, and count how many of them get the row's answer."""
        if not rules:
            return
        size = self._options["batch"] * times
        parts = [self._drawn(rule, size) for rule in rules]
        columns = {name: np.concatenate([part[name] for part in parts]) for name in self._asked.names}
        same = (self._asked.labels(columns) == self._answer).reshape(len(rules), size).sum(axis=1)
        for rule, hits in zip(rules, same.tolist(), strict=True):
            self._hits[rule] = self._hits.get(rule, 0) + hits
            self._trials[rule] = self._trials.get(rule, 0) + size

    def _drawn(self, rule: Rule, size: int) -> dict[str, npt.NDArray[Any]]:
        """Rows of the background in which the columns of a rule meet it."""
        drawn = taken(self._background.columns, self._generator.integers(len(self._background), size=size))
        for name, met in self._meeting(rule).items():
            fitting = np.flatnonzero(met)
            # The row itself meets its own conditions, if no row of the data does.
            values = self._background.columns[name][fitting] if len(fitting) else self._one()[name]
            drawn[name] = values[self._generator.integers(len(values), size=size)]
        for name in self._asked.names:
            if name not in self._background.features:
                drawn[name] = np.repeat(self._one()[name], size)
        return drawn

    def _meeting(self, rule: Rule) -> dict[str, npt.NDArray[np.bool_]]:
        """For each column of a rule the rows of the data that meet all its conditions on it."""
        found: dict[str, npt.NDArray[np.bool_]] = {}
        for place in rule:
            name = self._predicates[place].feature
            found[name] = found[name] & self._met[place] if name in found else self._met[place]
        return found

    def _coverage(self, rule: Rule) -> float:
        if not rule:
            return 1.0
        return float(np.logical_and.reduce([self._met[place] for place in rule]).mean())

    def _share(self, rule: Rule) -> float:
        return self._hits[rule] / self._trials[rule] if self._trials[rule] else float("nan")

    def _low(self, rule: Rule) -> float:
        """What the share is at least, with the wanted confidence and however often that was looked at."""
        if not self._trials[rule]:
            return 0.0
        return float(lower_bound(np.array([self._share(rule)]), self._level(rule))[0])

    def _level(self, rule: Rule) -> npt.NDArray[np.float64]:
        rounds = max(1, self._trials[rule] // self._options["batch"])
        return np.array([exploration(1, rounds, self._options["delta"]) / self._trials[rule]])

    def _made(self, rule: Rule, why: str) -> Anchor:
        return Anchor(
            predicates=tuple(self._predicates[place] for place in rule),
            answer=self._answer,
            precision=self._share(rule),
            at_least=self._low(rule),
            trials=self._trials[rule],
            coverage=self._coverage(rule),
            reached=not why,
            why=why,
            row=self._row,
            parameters=self._options,
            spent=self._asked.spent,
        )


def _plain(cell: Any) -> Cell:
    return cell if cell is None or isinstance(cell, str) else float(cell)
