"""Trains any classifier or regressor of scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from sklearn.base import is_classifier
from sklearn.utils import all_estimators

from mainspring.core.errors import IntegrityError
from mainspring.data.columns import Column
from mainspring.data.transforms.ops import Op
from mainspring.models.adapters.scores import (
    Watch,
    check_abilities,
    check_params,
    check_start,
    chosen,
    refused,
    spread,
    wrong_task,
)
from mainspring.models.adapters.sklearn_linear import read_sklearn_linear
from mainspring.models.adapters.sklearn_progress import abilities_of, columns_of, fit_watched, resume
from mainspring.models.adapters.sklearn_trees import read_sklearn_trees
from mainspring.models.adapters.sklearn_walk import array_libraries_left_out
from mainspring.models.adapters.skops_files import dump_sklearn, load_sklearn
from mainspring.models.files import Files
from mainspring.models.linear import LinearForm
from mainspring.models.ports import NotExportableError, Recipe
from mainspring.models.training_options import PLAIN, Ability, TrainingOptions
from mainspring.models.trees import TreeEnsemble

FILE = "estimator.skops"


@cache
def known_estimators() -> dict[str, Any]:
    """Every classifier and regressor of scikit-learn, by its public name."""
    with array_libraries_left_out():
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

    def form(self) -> TreeEnsemble | LinearForm:
        """The trees or weights, for people.

        Raises:
            NotExportableError: If it has neither.
        """
        found = read_sklearn_trees(self.native) or read_sklearn_linear(self.native)
        if found is None:
            raise NotExportableError(f"{type(self.native).__name__} is neither linear nor made of trees")
        return found

    def dump(self) -> Files:
        """One skops file."""
        return Files({FILE: self.data})


class SklearnTrainer:
    """The estimators of scikit-learn."""

    libraries: ClassVar[Sequence[str]] = ("scikit-learn", "skops")

    def estimators(self) -> Sequence[str]:
        """Full names of all classifiers and regressors."""
        return tuple(sorted(known_estimators()))

    def abilities(self, estimator: str) -> frozenset[Ability]:
        """What its constructor and its ``fit`` take."""
        return abilities_of(known_estimators()[estimator])

    def fit(
        self,
        recipe: Recipe,
        matrix: npt.NDArray[np.float64],
        target: npt.NDArray[Any],
        options: TrainingOptions = PLAIN,
    ) -> SklearnFitted:
        """Train; ``random_state`` is the seed unless given.

        Going on from a start adds trees to an ensemble; other estimators begin from its weights.

        Raises:
            InputError: For parameters or data that the estimator refuses, an estimator for the other task, or
                options that it has no ability for.
        """
        cls = known_estimators()[recipe.estimator]
        accepted = cls._get_param_names()
        check_params(recipe.estimator, recipe.params, accepted)
        check_abilities(recipe.estimator, options, abilities_of(cls))
        params = dict(recipe.params)
        if "random_state" in accepted:
            params.setdefault("random_state", recipe.seed)
        watch = Watch(options)
        try:
            estimator = cls(**params)
            if is_classifier(estimator) != (recipe.classes is not None):
                raise wrong_task(recipe.estimator, classification=recipe.classes is not None)
            if options.initial is not None:
                estimator = resume(estimator, _start(recipe, options, matrix, target))
            fit_watched(estimator, matrix, target, options, watch)
        except (ValueError, TypeError, AttributeError) as error:
            raise refused(recipe.estimator, error) from error
        if options.initial is not None:
            estimator.warm_start = bool(recipe.params.get("warm_start", False))
        if "n_jobs" in accepted:
            # Threads would add up the answers of a forest in the order in which they finish.
            estimator.n_jobs = None
        watch.end()
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

    def convert(self, fitted: Any, inputs: Sequence[Column]) -> tuple[tuple[Op, ...], tuple[str, ...]]:
        """The ops of a fitted transformer, and the values that make its matrix.

        Raises:
            NotExportableError: For what has no op.
        """
        from mainspring.models.adapters.sklearn_transforms import convert

        return convert(fitted, inputs)

    def original_matrix(
        self, fitted: Any, columns: Mapping[str, npt.NDArray[Any]], inputs: Sequence[Column]
    ) -> npt.NDArray[np.float64]:
        """What a fitted transformer itself makes of columns, ``[n, columns]``."""
        from mainspring.models.adapters.sklearn_transforms import original_matrix

        return original_matrix(fitted, columns, inputs)


def _start(
    recipe: Recipe, options: TrainingOptions, matrix: npt.NDArray[np.float64], target: npt.NDArray[Any]
) -> Any:
    """A copy of the estimator to go on from.

    Raises:
        InputError: If it was made otherwise.
    """
    initial = options.initial
    like = isinstance(initial, SklearnFitted) and initial.recipe.estimator == recipe.estimator
    native = initial.native if initial is not None else None
    seen = [int(index) for index in np.unique(target)] if recipe.classes is not None else []
    known = [int(index) for index in getattr(native, "classes_", ())] if like else seen
    columns = columns_of(native) if like else matrix.shape[1]
    check_start(recipe.estimator, classes=(known, seen), columns=(columns, matrix.shape[1]), same=like)
    return load_sklearn(initial.data) if isinstance(initial, SklearnFitted) else native


def _public(module: str) -> str:
    """``sklearn.ensemble._forest`` is private; its names are public in ``sklearn.ensemble``."""
    parts = module.split(".")
    first = next((place for place, part in enumerate(parts) if part.startswith("_")), len(parts))
    return ".".join(parts[:first])
