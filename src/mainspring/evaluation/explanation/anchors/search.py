"""The search for the shortest rule with the widest reach that is enough for a model's answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.explanation.anchors.anchor import Anchor
from mainspring.evaluation.explanation.anchors.bounds import (
    divergence,
    exploration,
    lower_bound,
    upper_bound,
)
from mainspring.evaluation.explanation.anchors.predicates import Predicate
from mainspring.evaluation.explanation.asking import Asked
from mainspring.evaluation.explanation.attributions import Cell
from mainspring.evaluation.explanation.budgets import BudgetError

Rule = tuple[int, ...]
"""Which of the row's predicates hold, by index, rising."""

MOST_TRIALS = 4096
"""A rule is asked about with at most so many rows; what is not sure then is not reached."""

MOST_RANKED = 512
"""Which of two rules is more precise is asked with at most so many rows for each; what is close then may grow."""

_STEP = 3
"""The most that is asked next about a rule, as a multiple of what was asked already."""

_LOOKS = 2
"""How often candidates of one length are asked about again."""

_CLOSE = 1e-4
"""Shares whose divergence is less are asked about as if it was this."""


class Space(Protocol):
    """What rules about one row can be made of, and where rows that meet them come from.

    Promises:
        - The row meets all of its predicates.
        - ``drawn`` gives rows that meet the rule, and nothing but the generator decides which.
        - A rule with one more predicate is met by no more rows.
    """

    @property
    def row(self) -> Mapping[str, Cell]:
        """The explained row, by column."""
        ...

    @property
    def predicates(self) -> Sequence[Predicate]:
        """The conditions that it meets."""
        ...

    def one(self) -> dict[str, npt.NDArray[Any]]:
        """The explained row as raw columns of one value."""
        ...

    def coverage(self, rule: Rule) -> float:
        """The share of the data that meets a rule."""
        ...

    def drawn(self, rule: Rule, size: int, generator: np.random.Generator) -> dict[str, npt.NDArray[Any]]:
        """So many rows that meet a rule, as raw columns."""
        ...


def check_question(asked: Asked, precision: float) -> None:
    """See that an anchor can be asked for.

    Raises:
        InputError: If the model is a regression, or the wanted precision is no share.
    """
    if asked.classes is None:
        raise InputError(
            "the model predicts values, and an anchor is about an answer that stays the same",
            expected="a classifier",
            fix="wrap the model in one that answers with classes, such as above and below a value",
        )
    if not 0 < precision < 1:
        raise InputError(f"a precision of {precision}", expected="a share such as 0.95")


def find_anchor(asked: Asked, space: Space, generator: np.random.Generator, options: Mapping[str, Any]) -> Anchor:
    """Search a space for one row's anchor.

    Args:
        asked: The model.
        space: What rules are made of.
        generator: Of every random choice.
        options: ``precision``, ``delta``, ``tolerance``, ``beam``, ``longest`` and ``batch``, as
            :func:`~mainspring.evaluation.explanation.anchors` describes them; kept with the anchor.
    """
    return _Search(asked, space, generator, options).run()


class _Search:
    """The search for one row's anchor."""

    def __init__(
        self, asked: Asked, space: Space, generator: np.random.Generator, options: Mapping[str, Any]
    ) -> None:
        self._asked, self._space, self._generator, self._options = asked, space, generator, options
        self._hits: dict[Rule, int] = {(): 0}
        self._trials: dict[Rule, int] = {(): 0}
        self._answer = ""
        self._before = asked.spent

    def run(self) -> Anchor:
        wanted: float = self._options["precision"]
        best: Rule | None = None
        kept: list[Rule] = [()]
        why = f"no rule of up to {self._options['longest']} conditions is that precise"
        try:
            self._answer = str(self._asked.labels(self._space.one())[0])
            # Most often one condition is needed at least: its candidates are asked about in the same call.
            self._ask([(), *self._longer(kept, best)])
            if self._holding([()], wanted):
                return self._made((), "")
            for _ in range(min(self._options["longest"], len(self._space.predicates))):
                candidates = self._longer(kept, best)
                if not candidates:
                    break
                kept = self._most_precise(candidates)
                least = -1.0 if best is None else self._space.coverage(best)
                wider = [rule for rule in kept if self._space.coverage(rule) > least]
                best = max(self._holding(wider, wanted), key=self._space.coverage, default=best)
        except BudgetError as error:
            why = error.found
        if best is not None:
            return self._made(best, "")
        tried = [rule for rule in self._trials if self._trials[rule]]
        low = dict(zip(tried, self._lows(tried).tolist(), strict=True))
        nearest = max(tried, key=lambda rule: (low[rule], self._space.coverage(rule), rule), default=())
        return self._made(nearest, why)

    def _longer(self, kept: Sequence[Rule], best: Rule | None) -> list[Rule]:
        """Rules of one more condition that some row of the data meets, and that may still reach wider."""
        least = 0.0 if best is None else self._space.coverage(best)
        longer = {tuple(sorted({*rule, new})) for rule in kept for new in range(len(self._space.predicates))}
        grown = {rule for rule in longer if len(rule) > len(kept[0])}
        return sorted(rule for rule in grown if self._space.coverage(rule) > least)

    def _most_precise(self, candidates: list[Rule]) -> list[Rule]:
        """The few best candidates: those that may lie on either side of the border are asked about again.

        The bounds say which those are; the best of them are asked about together, half as many and with more rows
        at each look, so that the model is called twice and not once for each pair of arms. Rules that are as good
        as each other may be kept in either's place: whether a rule is precise enough is asked of it alone.

        Reference: Z. Karnin, T. Koren and O. Somekh, *Almost optimal exploration in multi-armed bandits*, ICML
        2013 (sequential halving).
        """
        wanted = min(self._options["beam"], len(candidates))
        self._ask([rule for rule in candidates if not self._trials.get(rule)])
        for look in range(_LOOKS + 1):
            trials = np.array([self._trials[rule] for rule in candidates], dtype=np.float64)
            shares = np.array([self._hits[rule] for rule in candidates]) / trials
            order = np.lexsort((np.arange(len(candidates)), -shares))
            if len(candidates) == wanted or look == _LOOKS:
                break
            rounds = max(1, int(trials.max()) // self._options["batch"])
            level = exploration(len(candidates), rounds, self._options["delta"]) / trials
            low, high = lower_bound(shares, level), upper_bound(shares, level)
            inside, outside = order[:wanted], order[wanted:]
            surest, strongest = low[inside].min(), high[outside].max()
            if strongest - surest < self._options["tolerance"]:
                break
            contested = np.concatenate((inside[low[inside] < strongest], outside[high[outside] > surest]))
            best = contested[np.lexsort((contested, -shares[contested]))][: wanted << (_LOOKS - look)]
            open_ = best[trials[best] < MOST_RANKED]
            if not len(open_):
                break
            fewest = int(trials[open_].min())
            times = max(1, min(_STEP * fewest, MOST_RANKED - fewest) // self._options["batch"])
            self._ask([candidates[place] for place in open_.tolist()], [times] * len(open_))
        return [candidates[place] for place in order[:wanted].tolist()]

    def _holding(self, rules: Sequence[Rule], wanted: float) -> list[Rule]:
        """The rules that are precise enough: each is asked about until that is sure, or sure not to be.

        How many rows that takes can be told from the share so far, so that a few calls are enough for all rules.
        """
        held: list[Rule] = []
        batch = self._options["batch"]
        open_ = list(rules)
        self._ask([rule for rule in open_ if not self._trials.get(rule)])
        while open_:
            trials = np.array([self._trials[rule] for rule in open_])
            shares = np.array([self._hits[rule] for rule in open_]) / trials
            level = self._levels(open_)
            low, high = lower_bound(shares, level), upper_bound(shares, level)
            # A share just about as wanted would be asked about for ever; one below it will hardly become sure.
            promising = (shares >= wanted) | (trials < MOST_RANKED)
            unsure = (low < wanted) & (high >= wanted) & (trials < MOST_TRIALS) & promising
            held += [rule for rule, sure in zip(open_, low >= wanted, strict=True) if sure]
            apart = np.maximum(divergence(shares, np.full(len(shares), wanted)), _CLOSE)
            more = np.clip(
                level * trials / apart - trials, batch, np.minimum(_STEP * trials, MOST_TRIALS - trials)
            )
            times = np.maximum(1, more // batch).astype(np.int64)[unsure].tolist()
            open_ = [rule for rule, further in zip(open_, unsure, strict=True) if further]
            self._ask(open_, times)
        return held

    def _ask(self, rules: Sequence[Rule], times: Sequence[int] = ()) -> None:
        """Draw rows that meet each rule, a batch or so many, and count how many of them get the row's answer."""
        if not rules:
            return
        sizes = [self._options["batch"] * one for one in times or [1] * len(rules)]
        parts = [self._space.drawn(rule, size, self._generator) for rule, size in zip(rules, sizes, strict=True)]
        columns = {name: np.concatenate([part[name] for part in parts]) for name in self._asked.names}
        same = self._asked.labels(columns) == self._answer
        hits = np.add.reduceat(same, np.cumsum([0, *sizes[:-1]]), dtype=np.int64)
        for rule, size, hit in zip(rules, sizes, hits.tolist(), strict=True):
            self._hits[rule] = self._hits.get(rule, 0) + hit
            self._trials[rule] = self._trials.get(rule, 0) + size

    def _share(self, rule: Rule) -> float:
        return self._hits[rule] / self._trials[rule] if self._trials[rule] else float("nan")

    def _lows(self, rules: Sequence[Rule]) -> npt.NDArray[np.float64]:
        """What shares are at least, with the wanted confidence and however often that was looked at."""
        return lower_bound(np.array([self._share(rule) for rule in rules]), self._levels(rules))

    def _levels(self, rules: Sequence[Rule]) -> npt.NDArray[np.float64]:
        trials = [self._trials[rule] for rule in rules]
        rounds = [max(1, times // self._options["batch"]) for times in trials]
        return np.array(
            [
                exploration(1, seen, self._options["delta"]) / most
                for seen, most in zip(rounds, trials, strict=True)
            ]
        )

    def _made(self, rule: Rule, why: str) -> Anchor:
        return Anchor(
            predicates=tuple(self._space.predicates[place] for place in rule),
            answer=self._answer,
            precision=self._share(rule),
            at_least=float(self._lows([rule])[0]) if self._trials[rule] else 0.0,
            trials=self._trials[rule],
            coverage=self._space.coverage(rule),
            reached=not why,
            why=why,
            row=self._space.row,
            parameters=self._options,
            spent=self._asked.spent.since(self._before),
        )
