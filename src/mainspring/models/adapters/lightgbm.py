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
from typing import Any, ClassVar

import lightgbm
import numpy as np
import numpy.typing as npt

from mainspring.core.errors import IntegrityError
from mainspring.models.adapters.scores import check_params, refused, spread, two_columns, wrong_task
from mainspring.models.files import Files
from mainspring.models.ports import Recipe

# LightGBM prints to standard output by itself; its warnings are notes on single columns.
lightgbm.register_logger(logging.getLogger(__name__), info_method_name="debug", warning_method_name="info")

MODEL = "model.txt"
CLASSES = "classes.json"

ESTIMATORS = {
    "lightgbm.LGBMClassifier": lightgbm.LGBMClassifier,
    "lightgbm.LGBMRegressor": lightgbm.LGBMRegressor,
}

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
            return np.zeros(0 if self.recipe.classes is None else (0, len(self.recipe.classes)))
        try:
            found = np.asarray(self.native.predict(matrix, num_threads=1), dtype=np.float64)
        except (ValueError, lightgbm.basic.LightGBMError) as error:
            raise refused(self.recipe.estimator, error) from error
        if self.recipe.classes is None:
            return found
        return spread(found if found.ndim == 2 else two_columns(found), self.seen, len(self.recipe.classes))

    def dump(self) -> Files:
        """The text of the booster, and which classes its outputs stand for."""
        return Files({MODEL: self.text.encode(), CLASSES: json.dumps(list(self.seen)).encode()})


class LightGBMTrainer:
    """The estimators of LightGBM."""

    libraries: ClassVar[Sequence[str]] = ("lightgbm",)

    def estimators(self) -> Sequence[str]:
        """Full names of the classifier and the regressor."""
        return tuple(ESTIMATORS)

    def fit(self, recipe: Recipe, matrix: npt.NDArray[np.float64], target: npt.NDArray[Any]) -> LightGBMFitted:
        """Train; ``random_state`` is the seed unless given.

        Raises:
            InputError: For parameters or data that LightGBM refuses, or an estimator for the other task.
        """
        cls = ESTIMATORS[recipe.estimator]
        if (recipe.classes is not None) != (cls is lightgbm.LGBMClassifier):
            raise wrong_task(recipe.estimator, classification=recipe.classes is not None)
        aliases = lightgbm.basic._ConfigAliases._get_all_param_aliases()
        others = {*aliases, *(alias for names in aliases.values() for alias in names)}
        check_params(recipe.estimator, recipe.params, sorted(cls().get_params()), others)
        groups = [{name, *others} for name, others in aliases.items()]
        given = set(recipe.params).union(*(group for group in groups if group & set(recipe.params)))
        defaults = {**DEFAULTS, "random_state": recipe.seed}
        params: dict[str, Any] = {name: defaults[name] for name in defaults if name not in given}
        params.update(recipe.params)
        try:
            estimator = cls(**params).fit(matrix, target)
        except (ValueError, TypeError, lightgbm.basic.LightGBMError) as error:
            raise refused(recipe.estimator, error) from error
        text = estimator.booster_.model_to_string()
        seen = tuple(int(index) for index in getattr(estimator, "classes_", ()))
        return LightGBMFitted(_booster(text), recipe, text, seen)

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
