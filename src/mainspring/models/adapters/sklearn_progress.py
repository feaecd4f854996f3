"""What scikit-learn's estimators can do beyond plain training, and how they are asked for it."""

from __future__ import annotations

from inspect import signature
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.utils.validation import has_fit_parameter

from mainspring.core.errors import InputError
from mainspring.models.adapters.scores import Watch
from mainspring.models.training_options import Ability, Rows, TrainingOptions

HISTOGRAM_BOOSTED = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
BOOSTED = (GradientBoostingClassifier, GradientBoostingRegressor)


def abilities_of(cls: Any) -> frozenset[Ability]:
    """What an estimator can be asked for, as its signatures say.

    Boosting by histograms cannot go on: it cuts the new rows into new bins and reads its old trees, which hold
    numbers of old bins, in those (scikit-learn 1.9, ``_raw_predict`` on ``X_binned_train``).
    """
    accepted = cls._get_param_names()
    found = {
        Ability.WEIGHTS: has_fit_parameter(cls, "sample_weight"),
        Ability.WARM_START: "warm_start" in accepted and cls not in HISTOGRAM_BOOSTED,
        Ability.MONOTONE: "monotonic_cst" in accepted,
    }
    if cls in BOOSTED or (cls in HISTOGRAM_BOOSTED and "X_val" in signature(cls.fit).parameters):
        found |= {Ability.VALIDATION: True, Ability.EARLY_STOPPING: True}
    if cls in BOOSTED:
        found |= {Ability.TIME_BUDGET: True}
    return frozenset(ability for ability, yes in found.items() if yes)


def resume(estimator: Any, start: Any) -> Any:
    """The start, ready to go on with the parameters of the estimator: iterations are added to those it has."""
    params = estimator.get_params(deep=False)
    if isinstance(params.get("n_estimators"), int):
        params["n_estimators"] += _made(start)
    return start.set_params(**{**params, "warm_start": True})


def columns_of(estimator: Any) -> int:
    """How many columns the matrix had that it was fitted on."""
    return int(getattr(estimator, "n_features_in_", 0))


def fit_watched(
    estimator: Any,
    matrix: npt.NDArray[np.float64],
    target: npt.NDArray[Any],
    options: TrainingOptions,
    watch: Watch,
) -> None:
    """Fit, with weights, constraints and watched rows as far as they are asked for."""
    arguments = {} if options.weights is None else {"sample_weight": options.weights}
    if options.monotone:
        given = [options.monotone.get(column, 0) for column in range(matrix.shape[1])]
        estimator.set_params(monotonic_cst=given)
    held = options.validation
    if held is not None and isinstance(estimator, HISTOGRAM_BOOSTED):
        _fit_histogram(estimator, matrix, target, arguments, held, options, watch)
    elif isinstance(estimator, BOOSTED) and (held is not None or options.seconds is not None):
        _fit_boosted(estimator, matrix, target, arguments, options, watch)
    else:
        estimator.fit(matrix, target, **arguments)


def _made(estimator: Any) -> int:
    """Trees, or stages of them, that it has."""
    return len(getattr(estimator, "estimators_", ()))


def _fit_histogram(
    estimator: Any,
    matrix: npt.NDArray[np.float64],
    target: npt.NDArray[Any],
    arguments: dict[str, Any],
    held: Rows,
    options: TrainingOptions,
    watch: Watch,
) -> None:
    kept = {name: estimator.get_params()[name] for name in ("early_stopping", "n_iter_no_change", "tol")}
    estimator.set_params(
        early_stopping=True, n_iter_no_change=1 + (options.patience or estimator.max_iter), tol=0.0
    )
    if held.weights is not None or arguments:
        ones = np.ones(len(held.target))
        arguments["sample_weight_val"] = ones if held.weights is None else held.weights
        arguments.setdefault("sample_weight", np.ones(len(target)))
    estimator.fit(matrix, target, X_val=held.matrix, y_val=held.target, **arguments)
    estimator.set_params(**kept)
    # The first figure is that of no tree at all.
    for train, validation in zip(estimator.train_score_[1:], estimator.validation_score_[1:], strict=True):
        figures = {"train score": float(train), "validation score": float(validation)}
        if watch.step(figures, float(validation)):
            break
    if len(estimator._predictors) < estimator.max_iter and watch.reason == "done":
        watch.reason = "early"
    if options.patience is not None:
        estimator._predictors = estimator._predictors[: watch.kept]


def _fit_boosted(
    estimator: Any,
    matrix: npt.NDArray[np.float64],
    target: npt.NDArray[Any],
    arguments: dict[str, Any],
    options: TrainingOptions,
    watch: Watch,
) -> None:
    before = _made(estimator)
    held = options.validation
    raw: npt.NDArray[np.float64] | None = None
    truth = np.zeros(0) if held is None else _coded(estimator, held.target, target)

    def monitor(stage: int, fitted: Any, _locals: Any) -> bool:
        nonlocal raw
        figures = {"train loss": float(fitted.train_score_[stage])}
        gain = None
        if held is not None:
            if raw is None:
                raw = np.array(fitted._raw_predict_init(held.matrix), dtype=np.float64)
                for trees in fitted.estimators_[:before]:
                    _add(fitted, trees, held.matrix, raw)
            _add(fitted, fitted.estimators_[stage], held.matrix, raw)
            loss = float(fitted._loss(y_true=truth, raw_prediction=raw, sample_weight=held.weights))
            figures["validation loss"] = loss
            gain = -loss
        return watch.step(figures, gain)

    estimator.fit(matrix, target, monitor=monitor, **arguments)
    if options.patience is not None:
        kept = before + watch.kept
        estimator.estimators_ = estimator.estimators_[:kept]
        estimator.train_score_ = estimator.train_score_[:kept]
        estimator.n_estimators_ = kept


def _add(fitted: Any, trees: Any, matrix: npt.NDArray[np.float64], raw: npt.NDArray[np.float64]) -> None:
    for output, tree in enumerate(trees):
        raw[:, output] += fitted.learning_rate * tree.predict(matrix)


def _coded(estimator: Any, held: npt.NDArray[Any], target: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Classes of watched rows as the loss counts them: by their place among those learnt from."""
    if not isinstance(estimator, GradientBoostingClassifier):
        return np.asarray(held, dtype=np.float64)
    seen = np.unique(target)
    if not np.isin(held, seen).all():
        raise InputError("the validation rows have classes that the training rows lack", fix="give more rows")
    return np.searchsorted(seen, held).astype(np.float64)
