"""Classifier two-sample tests: can a model tell two sets of rows apart, and by what?

The only module of this package that needs scikit-learn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from mainspring.data.comparison.encoding import Encoded, encode
from mainspring.data.comparison.multivariate import ClassifierTest
from mainspring.data.comparison.significance import normal_tail

if TYPE_CHECKING:
    from mainspring.data.tables import Table

MOST_ROWS: Final = 10_000
_FOLDS: Final = 2
_BINS: Final = 250
_SEED: Final = 20_170_425
_WIDTH: Final = 1.959964


def classifier_test(
    one: Table,
    other: Table,
    *,
    columns: Sequence[str] | None = None,
    most: int = MOST_ROWS,
    importance: bool = True,
    level: float = 1.0,
    area: float = 0.0,
) -> ClassifierTest:
    """Train a gradient boosting to tell the sides apart, and measure it on rows it has not seen.

    Lopez-Paz and Oquab (2017), with the area under the curve instead of the accuracy. Every row is scored by a
    model that was trained on the other half of the rows. The p-value is that of the Mann-Whitney test, the
    interval DeLong's (1988); both count half of the rows only, because what one half happens to have in common
    with the other shows in both. Words, missing values and points in time are taken as they are.

    Args:
        columns: Which to take; those that both tables have if not given. Leave out what counts time or rows.
        most: The most rows to draw of either table.
        importance: Whether to measure which columns tell the sides apart, by shuffling one after the other.
        level: Only where the p-value is at most this is that measured.
        area: Only where the area is at least this, likewise.

    Raises:
        InputError: If there is nothing to compare.
    """
    encoded = encode(one, other, columns=columns, most=most)
    rows = np.concatenate([encoded.one, encoded.other])
    sides = np.concatenate([np.zeros(len(encoded.one)), np.ones(len(encoded.other))])
    folds = _folds(sides)
    if len(encoded.one) != len(encoded.other):
        rows = _binned(rows, encoded.words, _even(sides))
    # On a busy machine threads that wait for each other take ten times as long as one that does it all.
    with threadpool_limits(limits=1):
        models = [_trained(encoded, rows[folds != fold], sides[folds != fold]) for fold in range(_FOLDS)]
        auc, error = _area(_scores(models, folds, rows), sides, folds)
        size = (auc - 0.5) / _null_error(sides, folds)
        p_value = normal_tail(size) / 2 if size > 0 else 1.0 - normal_tail(-size) / 2
        wanted = importance and p_value <= level and auc >= area
        lost = _shuffled(models, folds, rows, sides, encoded) if wanted else {}
    shares = {name: auc - area for name, area in lost.items()}
    return ClassifierTest(
        auc=auc,
        interval=(max(auc - _WIDTH * error, 0.0), min(auc + _WIDTH * error, 1.0)),
        p_value=p_value,
        sizes=(len(encoded.one), len(encoded.other)),
        columns=dict(sorted(shares.items(), key=lambda item: (-item[1], item[0]))),
    )


def chance_area(sizes: tuple[int, int], level: float) -> float:
    """The area from which on the p-value of :func:`classifier_test` is at most the level.

    Args:
        sizes: Rows of both sides that are used.
        level: Of the test.
    """
    sides = np.repeat([0.0, 1.0], sizes)
    return 0.5 + NormalDist().inv_cdf(1.0 - level) * _null_error(sides, _folds(sides))


def conditional_test(rows: np.ndarray, sides: np.ndarray, labels: np.ndarray, words: Sequence[bool]) -> float:
    """P-value that a label depends on the inputs alone, and not on the side too.

    Two models learn the label, one of them also from the side. If knowing the side makes the loss on unseen rows
    smaller, beyond chance (a one-sided test of the paired differences), the rule has changed.

    Args:
        rows: Inputs of both sides, shape (rows, columns).
        sides: 0 or 1 per row.
        labels: Codes of the labels, from 0.
        words: Which inputs hold codes of words.
    """
    folds = _folds(sides)
    more = np.column_stack([rows, sides])
    better = np.zeros(len(rows))
    with threadpool_limits(limits=1):
        for fold in range(_FOLDS):
            train, rest = folds != fold, folds == fold
            plain = _model([*words]).fit(rows[train], labels[train])
            knowing = _model([*words, False]).fit(more[train], labels[train])
            better[rest] = _loss(plain, rows[rest], labels[rest]) - _loss(knowing, more[rest], labels[rest])
    error = float(better.std()) / math.sqrt(len(better))
    size = float(better.mean()) / error if error else 0.0
    return normal_tail(size) / 2 if size > 0 else 1.0 - normal_tail(-size) / 2


def _model(words: Sequence[bool]) -> Any:
    return HistGradientBoostingClassifier(
        max_iter=60,
        max_leaf_nodes=15,
        min_samples_leaf=20,
        learning_rate=0.1,
        l2_regularization=1.0,
        early_stopping=False,
        categorical_features=list(words) if any(words) else None,
        random_state=_SEED,
    )


def _trained(encoded: Encoded, rows: np.ndarray, sides: np.ndarray) -> Any:
    weights = None if sides.mean() == 0.5 else _even(sides)
    return _model(encoded.words).fit(rows, sides, sample_weight=weights)


def _even(sides: np.ndarray) -> np.ndarray:
    """Weights of rows, so that both sides weigh the same however many rows they have."""
    share = sides.mean()
    weights: np.ndarray = np.where(sides == 1, 0.5 / max(share, 1e-9), 0.5 / max(1 - share, 1e-9))
    return weights


def _binned(rows: np.ndarray, words: Sequence[bool], weights: np.ndarray) -> np.ndarray:
    """Numbers as the places of bins of equal weight, as the model would make them itself.

    Of rows with weights scikit-learn looks for bins column by column in Python, which takes half of the training;
    of few different values it does not.
    """
    found = rows.copy()
    for place in np.flatnonzero(~np.array(words, dtype=bool)):
        there = np.flatnonzero(~np.isnan(rows[:, place]))
        values = rows[there, place]
        if len(np.unique(values)) <= _BINS:
            continue
        order = np.argsort(values, kind="stable")
        reached = np.cumsum(weights[there][order])
        targets = np.arange(1, _BINS) * (reached[-1] / _BINS)
        edges = np.unique(values[order][np.searchsorted(reached, targets)])
        found[there, place] = np.searchsorted(edges, values, side="right")
    return found


def _folds(sides: np.ndarray) -> np.ndarray:
    """The fold of every row, both sides spread evenly over all."""
    dice = np.random.default_rng(_SEED)
    found = np.zeros(len(sides), dtype=np.int64)
    for side in (0, 1):
        places = np.flatnonzero(sides == side)
        found[dice.permutation(places)] = np.arange(len(places)) % _FOLDS
    return found


def _scores(models: Sequence[Any], folds: np.ndarray, rows: np.ndarray) -> np.ndarray:
    scores = np.zeros(len(rows))
    for fold, model in enumerate(models):
        scores[folds == fold] = model.predict_proba(rows[folds == fold])[:, 1]
    return scores


def _area(scores: np.ndarray, sides: np.ndarray, folds: np.ndarray) -> tuple[float, float]:
    """Mean area of the folds, whose scores come from different models, and DeLong's standard error of one."""
    areas, errors = [], []
    for fold in range(_FOLDS):
        ours = scores[(folds == fold) & (sides == 0)]
        theirs = scores[(folds == fold) & (sides == 1)]
        if len(ours) and len(theirs):
            higher, lower = _placed(theirs, ours), 1.0 - _placed(ours, theirs)
            areas.append(float(higher.mean()))
            errors.append(math.sqrt(float(higher.var()) / len(theirs) + float(lower.var()) / len(ours)))
    return (sum(areas) / len(areas), sum(errors) / len(errors)) if areas else (0.5, 0.5)


def _placed(scores: np.ndarray, among: np.ndarray) -> np.ndarray:
    """For each score, the share of the others that are lower; ties count half."""
    ordered = np.sort(among)
    lower, upper = np.searchsorted(ordered, scores, "left"), np.searchsorted(ordered, scores, "right")
    found: np.ndarray = (lower + upper) / 2 / len(ordered)
    return found


def _null_error(sides: np.ndarray, folds: np.ndarray) -> float:
    """Standard error of the area of one fold if the sides are alike (Mann and Whitney, 1947)."""
    found = []
    for fold in range(_FOLDS):
        n, m = (int(((folds == fold) & (sides == side)).sum()) for side in (0, 1))
        found += [math.sqrt((n + m + 1) / (12 * n * m))] if n and m else []
    return sum(found) / len(found) if found else 0.5


def _shuffled(
    models: Sequence[Any], folds: np.ndarray, rows: np.ndarray, sides: np.ndarray, encoded: Encoded
) -> dict[str, float]:
    """The area that is left when the values of one column are shuffled, for each column."""
    dice = np.random.default_rng(_SEED)
    found = {}
    for name, axes in encoded.axes().items():
        mixed = rows.copy()
        mixed[:, axes] = dice.permutation(rows[:, axes])
        found[name] = _area(_scores(models, folds, mixed), sides, folds)[0]
    return found


def _loss(model: Any, rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
    shares = model.predict_proba(rows)
    places = np.minimum(np.searchsorted(model.classes_, labels), len(model.classes_) - 1)
    held = np.where(model.classes_[places] == labels, shares[np.arange(len(rows)), places], 0.0)
    found: np.ndarray = -np.log(np.clip(held, 1e-6, 1.0))
    return found
