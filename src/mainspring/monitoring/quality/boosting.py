"""Boosted trees: the loss of rows whose truth is not known, and how much more frequent rows like these became.

The only module of the watch that needs scikit-learn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

MOST_RATIO: Final = 20.0
"""No reference row counts for more than so many times its share."""

MOST_INPUTS: Final = 40
"""Of more inputs than these, the ones that tell most by themselves are taken."""

_BINS: Final = 10
_LEARNED: Final = 10_000
_BAGS: Final = 8
_FOLDS: Final = 2
_OPTIONS: Final[dict[str, Any]] = {
    "max_iter": 60,
    "max_leaf_nodes": 15,
    "min_samples_leaf": 20,
    "learning_rate": 0.1,
    "l2_regularization": 1.0,
    "early_stopping": False,
}


@dataclass(frozen=True, slots=True, eq=False)
class Bag:
    """Several models of one number, each learned from rows drawn again.

    Attributes:
        inputs: Which inputs are looked at.
        models: Them.
        unseen: For each row that they were learned from, the mean of what those models say that did not see it;
            NaN where all did.

    Reference: L. Breiman, *Bagging predictors*, Machine Learning 24 (1996).
    """

    inputs: Ints
    models: tuple[Any, ...]
    unseen: Floats

    @classmethod
    def fit(cls, rows: Floats, values: Floats, *, seed: int) -> Bag:
        """Learn.

        Args:
            rows: ``[rows, inputs]``; NaN is missing.
            values: What is to be said of each, ``[rows]``.
            seed: Of the draws.
        """
        random = np.random.default_rng(seed)
        inputs = telling_inputs(rows, values)
        rows = rows[:, inputs]
        total, times = np.zeros(len(rows)), np.zeros(len(rows))
        models = []
        # On a busy machine threads that wait for each other take ten times as long as one that does it all.
        with threadpool_limits(limits=1):
            for number in range(_BAGS):
                drawn = random.integers(0, len(rows), len(rows))
                model = HistGradientBoostingRegressor(random_state=seed + number, **_OPTIONS)
                models.append(model.fit(rows[drawn], values[drawn]))
                unseen = np.ones(len(rows), dtype=np.bool_)
                unseen[drawn] = False
                total[unseen] += model.predict(rows[unseen])
                times[unseen] += 1
        with np.errstate(invalid="ignore"):
            return cls(inputs, tuple(models), total / times)

    def predict(self, rows: Floats) -> Floats:
        """What each model says of each row, ``[models, rows]``."""
        with threadpool_limits(limits=1):
            return np.array([model.predict(rows[:, self.inputs]) for model in self.models])


def telling_inputs(rows: Floats, values: Floats, *, most: int = MOST_INPUTS) -> Ints:
    """Places of the inputs that tell most of a number, each by itself, ascending.

    How much an input tells is the variance of the means of the number over ten bins of it with as many rows each,
    and one of those where it is missing: the correlation ratio (K. Pearson, 1905), which sees bends, too.

    Args:
        rows: ``[rows, inputs]``; NaN is missing.
        values: The number, ``[rows]``.
        most: How many are wanted; all are given if there are no more.
    """
    if rows.shape[1] <= most:
        return np.arange(rows.shape[1])
    told = np.array([_told(column, values - values.mean()) for column in rows.T])
    return np.sort(np.argsort(-told, kind="stable")[:most])


def _told(column: Floats, centred: Floats) -> float:
    there = ~np.isnan(column)
    edges = np.unique(np.quantile(column[there], np.arange(1, _BINS) / _BINS)) if there.any() else np.zeros(0)
    place = np.where(there, np.searchsorted(edges, column, side="right"), len(edges) + 1)
    count = np.bincount(place, minlength=len(edges) + 2)
    total = np.bincount(place, centred, len(edges) + 2)
    return float((total**2 / np.maximum(count, 1)).sum())


def density_ratios(reference: Floats, window: Floats, *, seed: int = 0) -> Floats:
    """How much more frequent rows like each of the reference are in the window, ``[rows]``; 1 on average.

    A classifier tells the two apart; the odds that it gives a row that it was not trained on are the ratio of the
    densities (S. Bickel, M. Brückner and T. Scheffer, *Discriminative learning under covariate shift*, Journal of
    Machine Learning Research 10, 2009).

    Args:
        reference: ``[rows, inputs]``.
        window: Likewise.
        seed: Of the folds, and of the rows that are learned from: at most 10,000 of either.
    """
    random = np.random.default_rng(seed)
    window = _some(window, random)
    both = np.concatenate([reference, window])
    inputs = telling_inputs(both, np.repeat([0.0, 1.0], [len(reference), len(window)]))
    reference, window = reference[:, inputs], window[:, inputs]
    folds = random.permutation(np.arange(len(reference)) % _FOLDS)
    found = np.zeros(len(reference))
    with threadpool_limits(limits=1):
        for fold in range(_FOLDS):
            held, rest = folds == fold, _some(reference[folds != fold], random)
            rows = np.concatenate([rest, window])
            sides = np.concatenate([np.zeros(len(rest)), np.ones(len(window))])
            weights = np.where(sides == 1, 0.5 / len(window), 0.5 / len(rest)) * len(rows)
            model = HistGradientBoostingClassifier(random_state=seed, **_OPTIONS)
            chance = model.fit(rows, sides, sample_weight=weights).predict_proba(reference[held])[:, 1]
            found[held] = chance / np.clip(1 - chance, 1e-9, None)
    kept: Floats = np.clip(found, 0.0, MOST_RATIO)
    ratios: Floats = kept / kept.mean()
    return ratios


def _some(rows: Floats, random: np.random.Generator) -> Floats:
    return rows if len(rows) <= _LEARNED else rows[random.choice(len(rows), _LEARNED, replace=False)]
