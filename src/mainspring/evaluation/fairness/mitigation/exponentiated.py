"""Exponentiated gradient: prices that follow the gaps, and a mixture of models that answers them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mainspring.core import InputError
from mainspring.evaluation.fairness.mitigation.constraints import Constraint, Moments
from mainspring.evaluation.fairness.mitigation.pricing import Candidate, Fit, Judge, Lessons, yes_to
from mainspring.evaluation.metrics.grouping import Floats
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.predictions import Cutoff, Predictions

if TYPE_CHECKING:
    from mainspring.data import Table


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mixture:
    """Models of which one is drawn by lot for every answer.

    The probability that it gives is how likely the lot falls on a model that says yes. Lots go by the place of a
    row in the table, so that the same table is answered the same. Error and gap hold on average over the lots.
    A mixture cannot be packaged, and answers two equal people differently, which is hard to defend: ``best`` is
    the single model to take instead.

    Attributes:
        predictors: The models.
        shares: How often each is drawn; they add up to 1.
        classes: The two classes, the positive one last.
        best: Of all models that were trained, the one with the fewest errors within the bound, or with the
            smallest gap.
        error: Share of wrong answers on the rows learnt from, on average over the lots.
        gap: The gap there, on average over the lots.
        trained: How many models were trained.
        seed: Of the lots.
    """

    predictors: tuple[Predictor, ...]
    shares: tuple[float, ...]
    classes: tuple[str, str]
    best: Candidate
    error: float
    gap: float
    trained: int
    seed: int = 0

    def predict(self, table: Table) -> Predictions:
        """Answer every row by a lot."""
        yes = np.zeros(table.num_rows)
        for predictor, share in zip(self.predictors, self.shares, strict=True):
            yes += share * yes_to(predictor.predict(table), self.classes[1])
        yes = np.clip(yes, 0.0, 1.0)
        lots = 1.0 - np.random.default_rng(self.seed).random(table.num_rows)
        return Predictions(self.classes, np.column_stack([1.0 - yes, yes]), Cutoff(self.classes[1], lots))


def exponentiated_gradient(
    fit: Fit,
    table: Table,
    *,
    label: str,
    protected: Sequence[str],
    constraint: str = Constraint.EQUAL_OPPORTUNITY,
    at_most: float = 0.02,
    positive: str | None = None,
    weight: str | None = None,
    rounds: int = 15,
    rate: float = 2.0,
    tolerance: float = 0.001,
    seed: int = 0,
) -> Mixture:
    """Play prices against models until neither side gains, and mix the models.

    In each round the learner answers two sets of prices: those of exponentiated gradient, which grow where groups
    are apart, and those of the linear programme that mixes the models so far. The mixture has the fewest errors
    for which no two groups are further apart than ``at_most``; where no mixture manages that, it comes as close
    as it can.

    The price: up to two trainings a round, and answers by lot (see :class:`Mixture`). The bound holds on the rows
    learnt from, and on others only as far as the learner does not remember rows.

    Args:
        fit: Learns from rows and weights; labels that it is given may have been turned round.
        table: The rows to learn from.
        label: A column of two classes.
        protected: Columns; several are crossed.
        constraint: ``demographic_parity``, ``equal_opportunity`` or ``equalized_odds``.
        at_most: The largest gap allowed.
        positive: The class that a group may want.
        weight: A numeric column with the weight of each row.
        rounds: The most rounds.
        rate: How fast prices follow the gaps.
        tolerance: It ends when no model could save more than such a share of errors.
        seed: Of the lots.

    Raises:
        InputError: If a column does not exist, the label has not two classes, or there is only one group.

    Reference:
        A. Agarwal and others, *A reductions approach to fair classification*, ICML 2018, algorithm 1.
    """
    if rounds < 1 or not 0 <= at_most <= 1:
        raise InputError(f"{rounds} rounds for a gap of at most {at_most}", expected="at least 1, and a share")
    lessons = Lessons.of(
        fit, table, constraint, label=label, protected=protected, positive=positive, weight=weight
    )
    play = _Play(lessons, at_most)
    play.answer(np.zeros(lessons.shape))
    bound = max(at_most, 0.01) / 2
    highest = 1.0 / bound
    pull = np.zeros((2, *lessons.shape))
    for _ in range(rounds):
        last = play.seen[-1]
        apart = np.nan_to_num(last.rates - last.overall[:, None])
        pull += rate / highest * (np.stack([apart, -apart]) - bound)
        grown = np.exp(pull)
        both = highest * grown / (1.0 + grown.sum())
        play.answer(both[0] - both[1])
        shares, prices = play.mixed()
        if play.gain(shares, play.answer(prices), prices) <= tolerance:
            break
    shares, _ = play.mixed()
    used = np.flatnonzero(shares > 1e-6)
    kept = shares[used] / shares[used].sum()
    whole = play.judge.measure(np.sum([s * play.answers[i] for s, i in zip(kept, used, strict=True)], axis=0))
    return Mixture(
        predictors=tuple(play.tried[place].predictor for place in used),
        shares=tuple(kept.tolist()),
        classes=lessons.rows.classes,
        best=min(play.tried, key=lambda one: one.rank(at_most)),
        error=whole.error,
        gap=whole.gap,
        trained=len(play.tried),
        seed=seed,
    )


class _Play:
    """The models so far, with what each does on the rows learnt from."""

    def __init__(self, lessons: Lessons, at_most: float) -> None:
        self.lessons, self.at_most = lessons, at_most
        self.judge = Judge(table=lessons.table, rows=lessons.rows, constraint=lessons.constraint)
        self.tried: list[Candidate] = []
        self.answers: list[Floats] = []
        self.seen: list[Moments] = []

    def answer(self, prices: Floats) -> int:
        """Learn under prices; the place of the new model."""
        predictor = self.lessons.answer(prices)
        yes = self.judge.yes(predictor).astype(np.float64)
        seen = self.judge.measure(yes)
        self.tried.append(Candidate(predictor=predictor, prices=prices, error=seen.error, gap=seen.gap))
        self.answers.append(yes)
        self.seen.append(seen)
        return len(self.tried) - 1

    def mixed(self) -> tuple[Floats, Floats]:
        """The best shares of the models so far, and the prices at which no other shares are better.

        For each event, all rates lie in one window as wide as the bound; where no mixture fits, the excess costs
        more than any errors could.
        """
        from scipy.optimize import linprog

        models, (sets, groups) = len(self.tried), self.lessons.shape
        rates = np.nan_to_num(np.stack([one.rates for one in self.seen], axis=-1))
        estimable = ~np.isnan(self.seen[0].rates)
        dear = 100.0
        rows, limits, owners = [], [], []
        for event in range(sets):
            for group in np.flatnonzero(estimable[event]):
                low = np.zeros(sets)
                low[event] = 1.0
                rows.append([*rates[event, group], *-low, -1.0])
                rows.append([*-rates[event, group], *low, -1.0])
                limits += [self.at_most, 0.0]
                owners += [(event, group, 1.0), (event, group, -1.0)]
        errors = [one.error for one in self.tried]
        found = linprog(
            [*errors, *[0.0] * sets, dear],
            A_ub=np.array(rows),
            b_ub=np.array(limits),
            A_eq=np.array([[1.0] * models + [0.0] * (sets + 1)]),
            b_eq=[1.0],
            bounds=[(0.0, None)] * (models + sets + 1),
            method="highs",
        )
        prices = np.zeros((sets, groups))
        for (event, group, sign), marginal in zip(owners, found.ineqlin.marginals, strict=True):
            prices[event, group] -= sign * marginal
        return found.x[:models], prices

    def gain(self, shares: Floats, place: int, prices: Floats) -> float:
        """By how much a model does better at these prices than the mixture."""
        whole = np.array([one.error + float((np.nan_to_num(one.rates) * prices).sum()) for one in self.seen])
        return float(whole[: len(shares)] @ shares - whole[place])
