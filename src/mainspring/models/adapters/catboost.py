"""Trains CatBoost's classifier and regressor; needs the extra ``catboost``.

The trained model is CatBoost's own JSON without its times and random names, read back at once: what predicts in
training is what was saved.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import catboost
import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError, IntegrityError
from mainspring.models.adapters.catboost_trees import read_catboost_trees
from mainspring.models.adapters.scores import (
    ITERATIVE,
    Watch,
    answers,
    check_abilities,
    check_params,
    check_start,
    estimator_class,
    no_scores,
    refused,
    seen_classes,
)
from mainspring.models.files import Files
from mainspring.models.ports import Recipe
from mainspring.models.training_options import PLAIN, Ability, TrainingOptions
from mainspring.models.trees import TreeEnsemble

MODEL = "model.json"
HEAD = "head.json"

ESTIMATORS = {
    "catboost.CatBoostClassifier": catboost.CatBoostClassifier,
    "catboost.CatBoostRegressor": catboost.CatBoostRegressor,
}

DEFAULTS = {"thread_count": 2, "verbose": False, "allow_writing_files": False}
"""Parameters that differ from CatBoost's own defaults."""

VOLATILE = ("model_guid", "train_finish_time", "output_options", "training")
"""What differs from one training to the next, or can be had from the curves."""

HIGHER = ("AUC", "Accuracy", "F1", "MCC", "Precision", "R2", "Recall", "TotalF1")
"""Metrics of which more is better."""

ABILITIES = ITERATIVE - {Ability.CHECKPOINTS}
"""CatBoost gives no model before the end."""


@dataclass(frozen=True, eq=False)
class CatBoostFitted:
    """A trained model.

    Attributes:
        native: The model.
        recipe: How it was made.
        data: The model as JSON.
        seen: Indices of the classes that were in the training data; empty for regression.
        features: How many columns its matrix has.
    """

    native: Any
    recipe: Recipe
    data: bytes
    seen: tuple[int, ...]
    features: int

    @property
    def probabilistic(self) -> bool:
        """Always."""
        return True

    def scores(self, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Probabilities ``[n, classes]``, or values ``[n]``."""
        classes = self.recipe.classes
        if not len(matrix):
            return no_scores(classes)
        kind = "Exponent" if self._is_power else "RawFormulaVal" if classes is None else "Probability"
        try:
            found = np.asarray(self.native.predict(matrix, prediction_type=kind, thread_count=1), dtype=np.float64)
        except catboost.CatBoostError as error:
            raise refused(self.recipe.estimator, error) from error
        return answers(found, self.seen, classes)

    @property
    def _is_power(self) -> bool:
        return str(self.recipe.params.get("loss_function", "")).partition(":")[0] in ("Poisson", "Tweedie")

    def form(self) -> TreeEnsemble:
        """The trees, for export and for people.

        Raises:
            NotExportableError: For trees that are not symmetric.
        """
        classification = self.recipe.classes is not None
        return read_catboost_trees(json.loads(self.data), classification=classification, features=self.features)

    def dump(self) -> Files:
        """The JSON of the model, and which classes its outputs stand for."""
        head = {"features": self.features, "seen": list(self.seen)}
        return Files({MODEL: self.data, HEAD: json.dumps(head).encode()})


class CatBoostTrainer:
    """The estimators of CatBoost."""

    libraries: ClassVar[Sequence[str]] = ("catboost",)

    def estimators(self) -> Sequence[str]:
        """Full names of the classifier and the regressor."""
        return tuple(ESTIMATORS)

    def abilities(self, estimator: str) -> frozenset[Ability]:
        """All but checkpoints."""
        return ABILITIES

    def fit(
        self,
        recipe: Recipe,
        matrix: npt.NDArray[np.float64],
        target: npt.NDArray[Any],
        options: TrainingOptions = PLAIN,
    ) -> CatBoostFitted:
        """Train; ``random_seed`` is the seed unless given. Going on from a start adds trees to it.

        Raises:
            InputError: For parameters or data that CatBoost refuses, an estimator for the other task, or
                checkpoints.
        """
        cls = estimator_class(recipe, ESTIMATORS, catboost.CatBoostClassifier)
        check_params(recipe.estimator, recipe.params, list(cls.__init__.__code__.co_varnames[1:]))
        check_abilities(recipe.estimator, options, ABILITIES)
        seen = seen_classes(recipe, target)
        _check_start(recipe, matrix, seen, options)
        coded = np.searchsorted(seen, target) if seen else target
        watch = Watch(options)
        try:
            estimator = cls(**_params(recipe, options)).fit(
                matrix, coded, **_arguments(matrix, coded, seen, options, watch)
            )
            if options.patience is not None:
                before = 0 if options.initial is None else options.initial.native.tree_count_
                estimator.shrink(before + watch.kept)
        except (ValueError, TypeError, catboost.CatBoostError) as error:
            raise refused(recipe.estimator, error) from error
        watch.end()
        data = _json(estimator)
        return CatBoostFitted(_model(data), recipe, data, seen, matrix.shape[1])

    def load(self, files: Files, recipe: Recipe) -> CatBoostFitted:
        """Read a trained model.

        Raises:
            IntegrityError: If the file is none.
        """
        data, head = files.read(MODEL), json.loads(files.text(HEAD))
        return CatBoostFitted(_model(data), recipe, data, tuple(head["seen"]), int(head["features"]))


class _After:
    """Tells of every iteration, and stops where the watch says so."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def after_iteration(self, info: Any) -> bool:
        """Whether to go on."""
        figures, gains = {}, []
        for source, name in (("learn", "train"), ("validation", "validation")):
            for metric, values in info.metrics.get(source, {}).items():
                figures[f"{name} {metric}"] = float(values[-1])
                if name == "validation":
                    gains.append(float(values[-1]) * (1 if metric.partition(":")[0] in HIGHER else -1))
        return not self._watch.step(figures, gains[0] if gains else None)


def _params(recipe: Recipe, options: TrainingOptions) -> dict[str, Any]:
    params: dict[str, Any] = {**DEFAULTS, **recipe.params}
    if not {"random_seed", "random_state"} & set(params):
        params["random_seed"] = recipe.seed
    if options.monotone:
        params["monotone_constraints"] = dict(options.monotone)
    return params


def _arguments(
    matrix: npt.NDArray[np.float64],
    target: npt.NDArray[Any],
    seen: tuple[int, ...],
    options: TrainingOptions,
    watch: Watch,
) -> dict[str, Any]:
    """What ``fit`` is given beside the rows."""
    arguments: dict[str, Any] = {}
    if options.weights is not None:
        arguments["sample_weight"] = options.weights
    if options.initial is not None:
        arguments["init_model"] = options.initial.native
    held = options.validation
    if held is not None:
        if seen and not np.isin(held.target, seen).all():
            raise ValueError("the validation rows have classes that the training rows lack")
        truth = np.searchsorted(seen, held.target) if seen else held.target
        arguments["eval_set"] = catboost.Pool(held.matrix, truth, weight=held.weights)
        arguments["use_best_model"] = False
    if options is not PLAIN:
        arguments["callbacks"] = [_After(watch)]
    return arguments


def _check_start(
    recipe: Recipe, matrix: npt.NDArray[np.float64], seen: tuple[int, ...], options: TrainingOptions
) -> None:
    initial = options.initial
    if len(seen) == 1:
        raise InputError(f"{recipe.estimator}: the rows have only one class", expected="two or more")
    if initial is not None:
        like = isinstance(initial, CatBoostFitted) and initial.recipe.estimator == recipe.estimator
        known = initial.seen if isinstance(initial, CatBoostFitted) else ()
        columns = initial.features if isinstance(initial, CatBoostFitted) else matrix.shape[1]
        check_start(recipe.estimator, classes=(known, seen), columns=(columns, matrix.shape[1]), same=like)


def _json(estimator: Any) -> bytes:
    """The model as JSON, with the same bytes for the same training."""
    with tempfile.TemporaryDirectory(prefix="mainspring-") as folder:
        path = Path(folder) / MODEL
        estimator.save_model(str(path), format="json")
        value = json.loads(path.read_text(encoding="utf-8"))
    for name in VOLATILE:
        value["model_info"].pop(name, None)
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _model(data: bytes) -> Any:
    found = catboost.CatBoost()
    with tempfile.TemporaryDirectory(prefix="mainspring-") as folder:
        path = Path(folder) / MODEL
        path.write_bytes(data)
        try:
            return found.load_model(str(path), format="json")
        except catboost.CatBoostError as error:
            raise IntegrityError(f"the model file cannot be read: {error}") from error
