"""Judging sets of columns by training on them: each set once, within a budget, with every result kept."""

from __future__ import annotations

import math
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.data.transforms.selection import Figure, lower_is_better
from mainspring.evaluation.metrics import ClassifiedRows, MeasuredRows
from mainspring.models.ports import Fitted, Recipe
from mainspring.models.selection.material import Floats, Material
from mainspring.models.training.estimators import find_estimator, trainer


class BudgetSpentError(Exception):
    """A search may train no further model. Caught by the searches themselves."""


@dataclass(slots=True, kw_only=True)
class Judge:
    """Trains and measures, and remembers what was measured.

    Attributes:
        estimator: Full name or class name.
        params: Arguments of its constructor.
        metric: What searches improve.
        folds: Of the cross-validation inside searches.
        seed: Of folds and of training.
        max_fits: The most models that searches may train.
        max_seconds: The longest that searches may take; where they are stopped depends on the machine.
        trials: What was tried and how it scored.
        fits: Models trained until now.
        clock: Seconds since any moment.
    """

    estimator: str
    params: Mapping[str, Any]
    metric: str
    folds: int = 3
    seed: int = 0
    max_fits: int | None = None
    max_seconds: float | None = None
    trials: dict[str, Figure] = field(default_factory=dict)
    fits: int = 0
    clock: Callable[[], float] = time.monotonic
    _searched: int = 0
    _start: float | None = None

    def fit(
        self,
        material: Material,
        features: Sequence[str],
        *,
        searching: bool = True,
        estimator: str | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Fitted:
        """Train on some raw columns, with the estimator of the search or another one.

        Raises:
            BudgetSpentError: If it is for a search, and its budget is spent.
            InputError: If the estimator refuses the data.
        """
        if searching:
            self._spend()
        framework, full = find_estimator(estimator or self.estimator)
        given = self.params if estimator is None else params or {}
        recipe = Recipe(full, given, self.seed, material.classes)
        self.fits += 1
        with warnings.catch_warnings():
            # A model that has not quite converged still tells good columns from bad ones.
            warnings.simplefilter("ignore", UserWarning)
            return trainer(framework).fit(recipe, material.part(features), material.target)

    def quality(self, fitted: Fitted, material: Material, features: Sequence[str]) -> float:
        """The metric on some rows, turned so that more is better; NaN where it does not exist."""
        return self.signed(measure(material, fitted.scores(material.part(features))).get(self.metric, math.nan))

    def score(self, key: str, material: Material, features: Sequence[str]) -> Figure:
        """The metric by cross-validation, turned so that more is better; trained only if never tried before.

        Args:
            key: Which rows these are.

        Raises:
            BudgetSpentError: If it would have to be trained, and the budget is spent.
        """
        bits = sum(1 << place for place, name in enumerate(material.names) if name in set(features))
        name = f"{key}:{bits:x}"
        if name not in self.trials:
            ordered = [one for one in material.names if one in set(features)]
            found = [
                self.quality(self.fit(learn, ordered), judged, ordered)
                for learn, judged in material.folds(self.folds, self.seed + 1)
            ]
            self.trials[name] = figure(found)
        return self.trials[name]

    def signed(self, value: float) -> float:
        """The metric, or what would be it, with the sign changed where less is better."""
        return -value if lower_is_better(self.metric) else value

    def _spend(self) -> None:
        now = self.clock()
        if self._start is None:
            self._start = now
        if self.max_fits is not None and self._searched >= self.max_fits:
            raise BudgetSpentError
        if self.max_seconds is not None and now - self._start >= self.max_seconds:
            raise BudgetSpentError
        self._searched += 1


def measure(material: Material, scores: Floats) -> dict[str, float]:
    """All metrics that exist."""
    values = rows_of(material, scores).state().measure().values
    return {name: float(value) for name, value in values.items() if not math.isnan(value)}


def rows_of(material: Material, scores: Floats) -> ClassifiedRows | MeasuredRows:
    """Rows with their truths and predictions."""
    if material.classes is None:
        return MeasuredRows(material.target, scores)
    return ClassifiedRows.of(material.target, scores, classes=material.classes, positive=material.positive)


def figure(values: Sequence[float]) -> Figure:
    """The mean of the values that exist, and its standard error; without any, the worst there can be."""
    there = [value for value in values if not math.isnan(value)]
    if not there:
        return Figure(-sys.float_info.max)
    error = float(np.std(there, ddof=1)) / math.sqrt(len(there)) if len(there) > 1 else 0.0
    return Figure(float(np.mean(there)), error)


def importances(judge: Judge, fitted: Fitted, material: Material, features: Sequence[str]) -> dict[str, float]:
    """How much a trained model leans on each raw column: gain, size of weights, or else loss by permutation.

    Weights are multiplied by the deviations of their columns. The gain of a raw column is that of all of its
    columns of the matrix.
    """
    native, part = fitted.native, material.part(features)
    if hasattr(native, "feature_importance"):
        return _sums(material, np.asarray(native.feature_importance(importance_type="gain")), features)
    if hasattr(native, "feature_importances_"):
        return _sums(material, np.asarray(native.feature_importances_), features)
    weights = getattr(native, "coef_", None)
    if weights is not None and np.shape(weights)[-1] == part.shape[1]:
        length = np.sqrt((np.atleast_2d(weights) ** 2).sum(axis=0))
        return material.by_feature(length * part.std(axis=0), features)
    return permutation(judge, fitted, material, features)


def permutation(
    judge: Judge, fitted: Fitted, material: Material, features: Sequence[str], *, repeats: int = 3
) -> dict[str, float]:
    """How much worse the metric gets when a raw column is shuffled (Breiman, *Random forests*, 2001)."""
    part, start, found = material.part(features), 0, {}
    plain = judge.quality(fitted, material, features)
    random = np.random.default_rng(judge.seed)
    for name in features:
        places = slice(start, start + len(material.places[name]))
        start = places.stop
        losses = []
        for _ in range(repeats):
            shuffled = part.copy()
            shuffled[:, places] = part[random.permutation(len(part)), places]
            value = measure(material, fitted.scores(shuffled)).get(judge.metric, math.nan)
            losses.append(plain - judge.signed(value))
        found[name] = float(np.nan_to_num(np.mean(losses)))
    return found


def check_metric(material: Material, metric: str) -> None:
    """Refuse a metric that this task does not have.

    Raises:
        InputError: With those that it has.
    """
    width = None if material.classes is None else len(material.classes)
    size = len(material.target)
    scores = material.target.astype(np.float64) if width is None else np.eye(width)[material.target]
    known = measure(material, np.asarray(scores, dtype=np.float64))
    if metric not in known and size:
        raise InputError(f"there is no metric {metric!r} for this label", expected="one of " + ", ".join(known))


def _sums(material: Material, values: npt.NDArray[Any], features: Sequence[str]) -> dict[str, float]:
    lengths = material.by_feature(np.sqrt(np.maximum(values, 0.0)), features)
    return {name: length**2 for name, length in lengths.items()}
