"""Trains XGBoost's classifier and regressor; needs the extra ``xgboost``.

The trained model is XGBoost's own JSON, read back at once: what predicts in training is what was saved. XGBoost
compares and adds up in float32; the export adds up the same leaves in float64.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import xgboost

from mainspring.core.errors import InputError, IntegrityError
from mainspring.models.adapters.scores import (
    ITERATIVE,
    Watch,
    answers,
    check_abilities,
    check_params,
    check_start,
    estimator_class,
    installed,
    no_scores,
    refused,
    seen_classes,
)
from mainspring.models.adapters.xgboost_trees import read_xgboost_trees
from mainspring.models.files import Files
from mainspring.models.ports import Recipe
from mainspring.models.training_options import PLAIN, Ability, TrainingOptions
from mainspring.models.trees import TreeEnsemble

MODEL = "model.json"
CLASSES = "classes.json"

ESTIMATORS = {
    "xgboost.XGBClassifier": xgboost.XGBClassifier,
    "xgboost.XGBRegressor": xgboost.XGBRegressor,
}

DEFAULTS = {"n_jobs": 2, "verbosity": 0}
"""Parameters that differ from XGBoost's own defaults."""

DISTRIBUTIONS = tuple(name for name in ("xgboost-cpu", "xgboost") if installed(name))[:1]
"""``xgboost-cpu`` or ``xgboost``, whichever is installed."""

PROBABILITIES = ("binary:logistic", "multi:softprob")
"""The objectives whose answers are probabilities."""

OTHERS = (
    "alpha",
    "eta",
    "huber_slope",
    "lambda",
    "normalize_type",
    "one_drop",
    "quantile_alpha",
    "rate_drop",
    "sample_type",
    "skip_drop",
    "tweedie_variance_power",
)
"""Parameters of XGBoost that its constructors do not name."""

HIGHER = ("auc", "aucpr", "map", "ndcg", "pre")
"""Metrics of which more is better."""


@dataclass(frozen=True, eq=False)
class XGBoostFitted:
    """A trained booster.

    Attributes:
        native: The booster.
        recipe: How it was made.
        data: The booster as JSON.
        seen: Indices of the classes that were in the training data; empty for regression.
    """

    native: Any
    recipe: Recipe
    data: bytes
    seen: tuple[int, ...]

    @property
    def probabilistic(self) -> bool:
        """Always."""
        return True

    def scores(self, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Probabilities ``[n, classes]``, or values ``[n]``."""
        if not len(matrix):
            return no_scores(self.recipe.classes)
        try:
            found = np.asarray(self._answers(matrix), dtype=np.float64)
        except (ValueError, xgboost.core.XGBoostError) as error:
            raise refused(self.recipe.estimator, error) from error
        return answers(found, self.seen, self.recipe.classes)

    def _answers(self, matrix: npt.NDArray[np.float64]) -> Any:
        if self.recipe.params.get("booster") == "gblinear":
            return self.native.predict(xgboost.DMatrix(matrix, nthread=1))
        return self.native.inplace_predict(matrix)

    def form(self) -> TreeEnsemble:
        """The trees, for export and for people.

        Raises:
            NotExportableError: For boosters that are not made of plain trees.
        """
        return read_xgboost_trees(json.loads(self.data), classification=self.recipe.classes is not None)

    def dump(self) -> Files:
        """The JSON of the booster, and which classes its outputs stand for."""
        return Files({MODEL: self.data, CLASSES: json.dumps(list(self.seen)).encode()})


class XGBoostTrainer:
    """The estimators of XGBoost."""

    libraries: ClassVar[Sequence[str]] = DISTRIBUTIONS

    def estimators(self) -> Sequence[str]:
        """Full names of the classifier and the regressor."""
        return tuple(ESTIMATORS)

    def abilities(self, estimator: str) -> frozenset[Ability]:
        """All that boosting can do."""
        return ITERATIVE

    def fit(
        self,
        recipe: Recipe,
        matrix: npt.NDArray[np.float64],
        target: npt.NDArray[Any],
        options: TrainingOptions = PLAIN,
    ) -> XGBoostFitted:
        """Train; ``random_state`` is the seed unless given. Going on from a start adds trees to it.

        Raises:
            InputError: For parameters, data or options that XGBoost refuses, or an estimator for the other task.
        """
        cls = estimator_class(recipe, ESTIMATORS, xgboost.XGBClassifier)
        check_params(recipe.estimator, recipe.params, sorted(cls().get_params()), OTHERS)
        check_abilities(recipe.estimator, options, ITERATIVE)
        seen = seen_classes(recipe, target)
        _check_start(recipe, matrix, seen, options)
        coded = np.searchsorted(seen, target) if seen else target
        watch = Watch(options)
        try:
            estimator = cls(**_params(recipe, seen, matrix.shape[1], options, watch))
            if options.initial is not None:
                estimator._create_dmatrix = _unquantised
            estimator.fit(matrix, coded, **_arguments(matrix, coded, seen, options))
        except (ValueError, TypeError, xgboost.core.XGBoostError) as error:
            raise refused(recipe.estimator, error) from error
        booster = estimator.get_booster()
        _check_objective(recipe, estimator)
        if options.patience is not None:
            before = 0 if options.initial is None else options.initial.native.num_boosted_rounds()
            booster = booster[: before + watch.kept]
        watch.end()
        return _fitted(booster, recipe, seen)

    def load(self, files: Files, recipe: Recipe) -> XGBoostFitted:
        """Read a trained booster.

        Raises:
            IntegrityError: If the file is none.
        """
        data = files.read(MODEL)
        return XGBoostFitted(_booster(data), recipe, data, tuple(json.loads(files.text(CLASSES))))


class _After(xgboost.callback.TrainingCallback):  # type: ignore[misc]
    """Tells of every iteration, and stops where the watch says so."""

    def __init__(self, recipe: Recipe, seen: tuple[int, ...], options: TrainingOptions, watch: Watch) -> None:
        super().__init__()
        self._recipe, self._seen, self._options, self._watch = recipe, seen, options, watch

    def after_iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Mapping[str, Any]]) -> bool:
        """Whether to stop here."""
        figures, gains = {}, []
        for name, metrics in zip(("train", "validation"), evals_log.values(), strict=False):
            for metric, values in metrics.items():
                figures[f"{name} {metric}"] = float(values[-1])
                if name == "validation":
                    gains.append(values[-1] if metric.partition("@")[0] in HIGHER else -values[-1])
        stop = self._watch.step(figures, float(gains[0]) if gains else None)
        if self._watch.is_checkpoint and self._options.on_checkpoint is not None:
            self._options.on_checkpoint(self._watch.iterations, _fitted(model, self._recipe, self._seen))
        return stop


def _unquantised(ref: Any, **rows: Any) -> Any:
    """Rows as they are.

    By default they are kept as the bins of the new rows, in which the trees of a start, cut at other places,
    answer something else (measured with 3.2: a log loss off by 0.002).
    """
    return xgboost.DMatrix(**{**rows, "nthread": DEFAULTS["n_jobs"]})


def _params(
    recipe: Recipe, seen: tuple[int, ...], features: int, options: TrainingOptions, watch: Watch
) -> dict[str, Any]:
    params: dict[str, Any] = {**DEFAULTS, "random_state": recipe.seed, **recipe.params}
    if options.monotone:
        params["monotone_constraints"] = tuple(options.monotone.get(column, 0) for column in range(features))
    if options is not PLAIN:
        params["callbacks"] = [_After(recipe, seen, options, watch)]
    return params


def _arguments(
    matrix: npt.NDArray[np.float64], target: npt.NDArray[Any], seen: tuple[int, ...], options: TrainingOptions
) -> dict[str, Any]:
    """What ``fit`` is given beside the rows."""
    arguments: dict[str, Any] = {"verbose": False}
    if options.weights is not None:
        arguments["sample_weight"] = options.weights
    if options.initial is not None:
        arguments["xgb_model"] = options.initial.native
    watched = [(matrix, target)]
    weights = [options.weights]
    held = options.validation
    if held is not None:
        if seen and not np.isin(held.target, seen).all():
            raise ValueError("the validation rows have classes that the training rows lack")
        watched.append((held.matrix, np.searchsorted(seen, held.target) if seen else held.target))
        weights.append(held.weights)
    if held is not None or options.on_iteration is not None:
        arguments["eval_set"] = watched
        if any(one is not None for one in weights):
            arguments["sample_weight_eval_set"] = weights
    return arguments


def _check_start(
    recipe: Recipe, matrix: npt.NDArray[np.float64], seen: tuple[int, ...], options: TrainingOptions
) -> None:
    initial = options.initial
    if len(seen) == 1:
        raise InputError(f"{recipe.estimator}: the rows have only one class", expected="two or more")
    if initial is not None:
        like = isinstance(initial, XGBoostFitted) and initial.recipe.estimator == recipe.estimator
        known = initial.seen if isinstance(initial, XGBoostFitted) else ()
        columns = initial.native.num_features() if like else matrix.shape[1]
        check_start(recipe.estimator, classes=(known, seen), columns=(columns, matrix.shape[1]), same=like)


def _check_objective(recipe: Recipe, estimator: Any) -> None:
    objective = str(estimator.objective)
    if recipe.classes is not None and objective not in PROBABILITIES:
        raise InputError(
            f"{recipe.estimator} with the objective {objective} gives no probabilities",
            expected="one of " + ", ".join(PROBABILITIES),
            fix="leave the objective out",
        )


def _fitted(booster: Any, recipe: Recipe, seen: tuple[int, ...]) -> XGBoostFitted:
    data = bytes(booster.save_raw(raw_format="json"))
    return XGBoostFitted(_booster(data), recipe, data, seen)


def _booster(data: bytes) -> Any:
    try:
        return xgboost.Booster({"nthread": 1}, model_file=bytearray(data))
    except (ValueError, xgboost.core.XGBoostError) as error:
        raise IntegrityError(f"the model file cannot be read: {error}") from error
