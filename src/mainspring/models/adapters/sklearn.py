"""Trains any classifier or regressor of scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from sklearn.base import is_classifier
from sklearn.utils import all_estimators

from mainspring.core.errors import IntegrityError
from mainspring.models.adapters.scores import check_params, chosen, refused, spread, wrong_task
from mainspring.models.adapters.skops_files import dump_sklearn, load_sklearn
from mainspring.models.files import Files
from mainspring.models.ports import Recipe

FILE = "estimator.skops"


@cache
def known_estimators() -> dict[str, Any]:
    """Every classifier and regressor of scikit-learn, by its public name."""
    found = all_estimators(type_filter=["classifier", "regressor"])
    return {
        f"{_public(cls.__module__)}.{name}": cls for name, cls in found if cls.__module__.startswith("sklearn.")
    }


@dataclass(frozen=True, eq=False)
class SklearnFitted:
    """A trained estimator of scikit-learn.

    Attributes:
        native: The estimator.
        recipe: How it was made.
        data: Its file.
    """

    native: Any
    recipe: Recipe
    data: bytes

    @property
    def probabilistic(self) -> bool:
        """Whether it gives probabilities."""
        return hasattr(self.native, "predict_proba")

    def scores(self, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Probabilities ``[n, classes]``, or values ``[n]``."""
        try:
            if self.recipe.classes is None:
                return np.asarray(self.native.predict(matrix), dtype=np.float64).reshape(-1)
            classes = len(self.recipe.classes)
            if not self.probabilistic:
                return chosen(np.asarray(self.native.predict(matrix), dtype=np.int64), classes)
            return spread(self.native.predict_proba(matrix), self.native.classes_.tolist(), classes)
        except ValueError as error:
            raise refused(self.recipe.estimator, error) from error

    def dump(self) -> Files:
        """One skops file."""
        return Files({FILE: self.data})


class SklearnTrainer:
    """The estimators of scikit-learn."""

    libraries: ClassVar[Sequence[str]] = ("scikit-learn", "skops")

    def estimators(self) -> Sequence[str]:
        """Full names of all classifiers and regressors."""
        return tuple(sorted(known_estimators()))

    def fit(self, recipe: Recipe, matrix: npt.NDArray[np.float64], target: npt.NDArray[Any]) -> SklearnFitted:
        """Train; ``random_state`` is the seed unless given.

        Raises:
            InputError: For parameters or data that the estimator refuses, or an estimator for the other task.
        """
        cls = known_estimators()[recipe.estimator]
        accepted = cls._get_param_names()
        check_params(recipe.estimator, recipe.params, accepted)
        params = dict(recipe.params)
        if "random_state" in accepted:
            params.setdefault("random_state", recipe.seed)
        try:
            estimator = cls(**params)
            if is_classifier(estimator) != (recipe.classes is not None):
                raise wrong_task(recipe.estimator, classification=recipe.classes is not None)
            estimator.fit(matrix, target)
        except (ValueError, TypeError, AttributeError) as error:
            raise refused(recipe.estimator, error) from error
        if "n_jobs" in accepted:
            # Threads would add up the answers of a forest in the order in which they finish.
            estimator.n_jobs = None
        return SklearnFitted(estimator, recipe, dump_sklearn(estimator))

    def load(self, files: Files, recipe: Recipe) -> SklearnFitted:
        """Read a trained estimator.

        Raises:
            IntegrityError: If the file holds anything that is not trusted, or another estimator.
        """
        data = files.read(FILE)
        estimator = load_sklearn(data)
        if type(estimator) is not known_estimators().get(recipe.estimator):
            raise IntegrityError(f"the model file holds a {type(estimator).__name__}", expected=recipe.estimator)
        return SklearnFitted(estimator, recipe, data)


def _public(module: str) -> str:
    """``sklearn.ensemble._forest`` is private; its names are public in ``sklearn.ensemble``."""
    parts = module.split(".")
    first = next((place for place, part in enumerate(parts) if part.startswith("_")), len(parts))
    return ".".join(parts[:first])
