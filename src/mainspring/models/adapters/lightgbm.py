"""Trains LightGBM's classifier and regressor.

The trained model is LightGBM's own text, read back at once: what predicts in training is what was saved.
Training is deterministic on one machine (``deterministic``, ``force_row_wise``), whatever the number of threads.
On a busy machine, set ``OMP_WAIT_POLICY=PASSIVE`` before the process starts, or its threads spin while they wait.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any, ClassVar

import lightgbm
import numpy as np
import numpy.typing as npt

from mainspring.core.errors import IntegrityError
from mainspring.models.adapters.lightgbm_trees import read_lightgbm_trees
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

# LightGBM prints to standard output by itself; its warnings are notes on single columns.
lightgbm.register_logger(logging.getLogger(__name__), info_method_name="debug", warning_method_name="info")

MODEL = "model.txt"
CLASSES = "classes.json"

ESTIMATORS = {
    "lightgbm.LGBMClassifier": lightgbm.LGBMClassifier,
    "lightgbm.LGBMRegressor": lightgbm.LGBMRegressor,
}

TAKES_EVAL_X = "eval_X" in signature(lightgbm.LGBMModel.fit).parameters
"""Since 4.7 watched rows are given so; before, as ``eval_set``."""

DEFAULTS = {"n_jobs": 2, "deterministic": True, "force_row_wise": True, "verbose": -1}
"""Parameters that differ from LightGBM's own defaults."""


@dataclass(frozen=True, eq=False)
class LightGBMFitted:
    """A trained booster.

    Attributes:
        native: The booster.
        recipe: How it was made.
        text: The booster as text.
        seen: Indices of the classes that were in the training data; empty for regression.
    """

    native: Any
    recipe: Recipe
    text: str
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
            found = np.asarray(self.native.predict(matrix, num_threads=1), dtype=np.float64)
        except (ValueError, lightgbm.basic.LightGBMError) as error:
            raise refused(self.recipe.estimator, error) from error
        return answers(found, self.seen, self.recipe.classes)

    def form(self) -> TreeEnsemble:
        """The trees, for people.

        Raises:
            NotExportableError: For boosters that are not made of plain trees.
        """
        return read_lightgbm_trees(self.native, classification=self.recipe.classes is not None)

    def dump(self) -> Files:
        """The text of the booster, and which classes its outputs stand for."""
        return Files({MODEL: self.text.encode(), CLASSES: json.dumps(list(self.seen)).encode()})


class LightGBMTrainer:
    """The estimators of LightGBM."""

    libraries: ClassVar[Sequence[str]] = ("lightgbm",)

    def estimators(self) -> Sequence[str]:
        """Full names of the classifier and the regressor."""
        return tuple(ESTIMATORS)

    def abilities(self, estimator: str) -> frozenset[Ability]:
        """All but going on after a kill."""
        return frozenset(Ability) - {Ability.RESUME}

    def fit(
        self,
        recipe: Recipe,
        matrix: npt.NDArray[np.float64],
        target: npt.NDArray[Any],
        options: TrainingOptions = PLAIN,
    ) -> LightGBMFitted:
        """Train; ``random_state`` is the seed unless given. Going on from a start adds trees to it.

        Raises:
            InputError: For parameters, data or options that LightGBM refuses, or an estimator for the other task.
        """
        cls = estimator_class(recipe, ESTIMATORS, lightgbm.LGBMClassifier)
        check_abilities(recipe.estimator, options, ITERATIVE)
        _check_start(recipe, matrix, target, options)
        watch = Watch(options)
        try:
            estimator = cls(**_params(recipe, matrix.shape[1], options)).fit(
                matrix, target, **_arguments(recipe, matrix, target, options, watch)
            )
        except (ValueError, TypeError, lightgbm.basic.LightGBMError) as error:
            raise refused(recipe.estimator, error) from error
        before = 0 if options.initial is None else options.initial.native.current_iteration()
        last = before + watch.kept if options.patience is not None else None
        text = estimator.booster_.model_to_string(num_iteration=last or -1)
        watch.end()
        return LightGBMFitted(_booster(text), recipe, text, seen_classes(recipe, target))

    def load(self, files: Files, recipe: Recipe) -> LightGBMFitted:
        """Read a trained booster.

        Raises:
            IntegrityError: If the text is not one.
        """
        text = files.text(MODEL)
        return LightGBMFitted(_booster(text), recipe, text, tuple(json.loads(files.text(CLASSES))))


def _booster(text: str) -> Any:
    try:
        return lightgbm.Booster(model_str=text)
    except lightgbm.basic.LightGBMError as error:
        raise IntegrityError(f"the model file cannot be read: {error}") from error


def _check_start(
    recipe: Recipe, matrix: npt.NDArray[np.float64], target: npt.NDArray[Any], options: TrainingOptions
) -> None:
    initial = options.initial
    if initial is not None:
        like = isinstance(initial, LightGBMFitted) and initial.recipe.estimator == recipe.estimator
        seen = initial.seen if isinstance(initial, LightGBMFitted) else ()
        columns = initial.native.num_feature() if like else matrix.shape[1]
        check_start(
            recipe.estimator,
            classes=(seen, seen_classes(recipe, target)),
            columns=(columns, matrix.shape[1]),
            same=like,
        )


def _params(recipe: Recipe, features: int, options: TrainingOptions) -> dict[str, Any]:
    """The arguments of the constructor.

    Raises:
        InputError: If there is no such parameter.
    """
    aliases = lightgbm.basic._ConfigAliases._get_all_param_aliases()
    others = {*aliases, *(alias for names in aliases.values() for alias in names)}
    named = sorted(ESTIMATORS[recipe.estimator]().get_params())
    check_params(recipe.estimator, recipe.params, named, others)
    groups = [{name, *others} for name, others in aliases.items()]
    given = set(recipe.params).union(*(group for group in groups if group & set(recipe.params)))
    defaults = {**DEFAULTS, "random_state": recipe.seed}
    params: dict[str, Any] = {name: defaults[name] for name in defaults if name not in given}
    if options.monotone:
        params["monotone_constraints"] = [options.monotone.get(column, 0) for column in range(features)]
    return {**params, **recipe.params}


def _arguments(
    recipe: Recipe,
    matrix: npt.NDArray[np.float64],
    target: npt.NDArray[Any],
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
    if held is not None or options.on_iteration is not None:
        watched = [(matrix, target), *([(held.matrix, held.target)] if held is not None else [])]
        arguments["eval_names"] = ["train", "validation"][: len(watched)]
        arguments["eval_sample_weight"] = [options.weights, *([held.weights] if held is not None else [])]
        if TAKES_EVAL_X:
            arguments["eval_X"] = tuple(one for one, _ in watched)
            arguments["eval_y"] = tuple(one for _, one in watched)
        else:
            arguments["eval_set"] = watched
    if options is not PLAIN:
        arguments["callbacks"] = [_callback(recipe, options, watch, seen_classes(recipe, target))]
    return arguments


def _callback(recipe: Recipe, options: TrainingOptions, watch: Watch, seen: tuple[int, ...]) -> Any:
    def after(env: Any) -> None:
        found = env.evaluation_result_list or []
        figures = {f"{name} {metric}": float(value) for name, metric, value, *_ in found}
        gains = [value if higher else -value for name, _, value, higher, *_ in found if name == "validation"]
        stop = watch.step(figures, gains[0] if gains else None)
        if watch.is_checkpoint and options.on_checkpoint is not None:
            text = env.model.model_to_string(num_iteration=-1)
            options.on_checkpoint(watch.iterations, LightGBMFitted(_booster(text), recipe, text, seen))
        if stop:
            raise lightgbm.callback.EarlyStopException(env.iteration, found)

    return after
