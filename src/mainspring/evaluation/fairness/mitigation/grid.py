"""Grid search over prices: many trainings, one plain model."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from mainspring.core import InputError
from mainspring.evaluation.fairness.mitigation.constraints import Constraint, events
from mainspring.evaluation.fairness.mitigation.pricing import Candidate, Constant, Fit, Judge, Lessons
from mainspring.evaluation.fairness.mitigation.rows import group_rows
from mainspring.evaluation.metrics.grouping import Floats
from mainspring.evaluation.ports import Predictor

if TYPE_CHECKING:
    from mainspring.data import Table

SIZE: Final = 20
LIMIT: Final = 2.0
_FINEST: Final = 1 / 256


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GridSearch:
    """What a search over prices found.

    Attributes:
        candidates: All models in the order in which they were tried; the first one is plain learning.
        best: The place of the one that is kept: the fewest errors among those within the bound, or the smallest
            gap where none is.
        at_most: The bound.
    """

    candidates: tuple[Candidate, ...]
    best: int
    at_most: float

    @property
    def kept(self) -> Candidate:
        """The one that is kept."""
        return self.candidates[self.best]

    @property
    def predictor(self) -> Predictor:
        """The model that is kept."""
        return self.kept.predictor

    @property
    def within(self) -> bool:
        """Whether it is within the bound on the rows that decided."""
        return self.kept.gap <= self.at_most


def grid_search(
    fit: Fit,
    table: Table,
    *,
    label: str,
    protected: Sequence[str],
    constraint: str = Constraint.EQUAL_OPPORTUNITY,
    at_most: float = 0.02,
    positive: str | None = None,
    weight: str | None = None,
    judge_on: Table | None = None,
    size: int = SIZE,
    limit: float = LIMIT,
) -> GridSearch:
    """Train a model for each of some prices, and keep the best: one plain model, packaged and served as any other.

    Half of the trainings go to an even grid, the rest to ever finer steps around the best of it. The model need
    not know the group of those it answers. The price: ``size`` trainings; and with several groups, or with
    equalised odds, the same number of trainings covers more directions, so that the bound may be missed
    (``within`` tells).

    Args:
        fit: Learns from rows and weights; labels that it is given may have been turned round.
        table: The rows to learn from.
        label: A column of two classes.
        protected: Columns; several are crossed.
        constraint: ``demographic_parity``, ``equal_opportunity`` or ``equalized_odds``.
        at_most: The largest gap allowed.
        positive: The class that a group may want.
        weight: A numeric column with the weight of each row.
        judge_on: Rows that decide which model is kept; those of ``table`` if not given, which flatters learners
            that remember rows.
        size: The most models to train.
        limit: The highest price, in labels: with 1, a yes to a row of the group is worth one label more.

    Raises:
        InputError: If a column does not exist, the label has not two classes, or there is only one group.

    Reference:
        A. Agarwal and others, *A reductions approach to fair classification*, ICML 2018, section 3.4.
    """
    if size < 1 or limit <= 0:
        raise InputError(f"a grid of {size} models up to a price of {limit}", expected="at least 1, and above 0")
    lessons = Lessons.of(
        fit, table, constraint, label=label, protected=protected, positive=positive, weight=weight
    )
    if judge_on is None:
        judge = Judge(table=lessons.table, rows=lessons.rows, constraint=lessons.constraint)
    else:
        wanted = group_rows(
            judge_on, label=label, protected=protected, positive=lessons.rows.positive, weight=weight
        )
        judge = Judge(table=judge_on, rows=wanted, constraint=lessons.constraint)
    tried = [judge.try_out(lessons.plain(weight), np.zeros(lessons.shape))]
    walk = _Walk(lessons, limit)
    places: dict[tuple[float, ...], Candidate] = {(0.0,) * walk.size: tried[0]}

    def look(place: tuple[float, ...]) -> None:
        if place in places or len(tried) >= size:
            return
        prices = walk.prices(place)
        predictor = lessons.answer(prices)
        places[place] = judge.try_out(predictor, prices)
        # An answer without a model cannot be packaged; it only tells where not to look.
        if not isinstance(predictor, Constant):
            tried.append(places[place])

    for place in walk.coarse(max(1, size // 2)):
        look(place)
    step = walk.step
    while len(tried) < size and step >= limit * _FINEST:
        centre = min(places, key=lambda one: places[one].rank(at_most))
        for place in walk.around(centre, step):
            look(place)
        if min(places, key=lambda one: places[one].rank(at_most)) == centre:
            step /= 2
    best = min(range(len(tried)), key=lambda one: tried[one].rank(at_most))
    return GridSearch(candidates=tuple(tried), best=best, at_most=at_most)


class _Walk:
    """Places of a grid: for each event and group but the last, how many labels a yes is worth less."""

    def __init__(self, lessons: Lessons, limit: float) -> None:
        self._lessons, self._limit = lessons, limit
        sets, groups = lessons.shape
        self.size = sets * (groups - 1)
        self.step = limit

    def prices(self, place: tuple[float, ...]) -> Floats:
        """The multipliers: labels times the share of the group within all rows."""
        rows, (sets, groups) = self._lessons.rows, self._lessons.shape
        found = np.zeros((sets, groups))
        found[:, :-1] = np.reshape(place, (sets, groups - 1))
        shares = [rows.mass(event) / rows.weights.sum() for event in events(self._lessons.constraint, rows)]
        prices: Floats = found * np.array(shares)
        return prices

    def coarse(self, most: int) -> Iterator[tuple[float, ...]]:
        """Places evenly spread: all whole steps whose sizes add up to at most the limit, the nearest first."""
        steps = 1
        while _count(self.size, steps + 1) <= most + 1:
            steps += 1
        self.step = self._limit / steps / 2
        whole = itertools.product(range(-steps, steps + 1), repeat=self.size) if self.size <= 6 else ()
        near = sorted((one for one in whole if sum(map(abs, one)) <= steps), key=lambda one: sum(map(abs, one)))
        for one in near[: most + 1]:
            yield tuple(number * self._limit / steps for number in one)

    def around(self, centre: tuple[float, ...], step: float) -> Iterator[tuple[float, ...]]:
        """One step from a place in each direction."""
        for axis in range(self.size):
            for sign in (1, -1):
                moved = list(centre)
                moved[axis] += sign * step
                yield tuple(moved)


def _count(axes: int, steps: int) -> int:
    """How many whole places there are whose sizes add up to at most so many steps."""
    ways = [1] + [0] * steps
    for _ in range(axes):
        ways = [
            sum(ways[left] * (1 if used == 0 else 2) for left, used in ((n - used, used) for used in range(n + 1)))
            for n in range(steps + 1)
        ]
    return sum(ways)
