"""Trains explainable boosting machines; needs the extra ``interpret``.

Lou, Caruana, Gehrke and Hooker, "Accurate intelligible models with pairwise interactions" (KDD 2013): a sum of
tables of one or two features each. The trained model is these tables as JSON; they predict as trees do, and are
held against the original on the training rows before it is let go.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from interpret.glassbox import ExplainableBoostingClassifier, ExplainableBoostingRegressor

from mainspring.core.errors import InputError, IntegrityError, StateError
from mainspring.models.adapters.scores import (
    check_abilities,
    check_params,
    estimator_class,
    refused,
    seen_classes,
    spread,
)
from mainspring.models.additive import Term, additive_trees
from mainspring.models.files import Files
from mainspring.models.ports import Recipe
from mainspring.models.training_options import PLAIN, Ability, TrainingOptions
from mainspring.models.trees import Link, TreeEnsemble

FILE = "tables.json"

ESTIMATORS = {
    "interpret.glassbox.ExplainableBoostingClassifier": ExplainableBoostingClassifier,
    "interpret.glassbox.ExplainableBoostingRegressor": ExplainableBoostingRegressor,
}

DEFAULTS = {"n_jobs": 1}
"""Parameters that differ from the library's own defaults: no processes of its own."""

ABILITIES = frozenset({Ability.WEIGHTS, Ability.MONOTONE})

LINKS = {"logit": Link.SIGMOID, "mlogit": Link.SOFTMAX, "identity": Link.IDENTITY, "log": Link.EXP}

ROWS = 1_000
"""On so many training rows the tables are held against the original."""


@dataclass(frozen=True, eq=False)
class ExplainableBoostingFitted:
    """A sum of tables.

    Attributes:
        native: The tables as trees.
        recipe: How it was made.
        data: The tables as JSON.
        seen: Indices of the classes that were in the training data; empty for regression.
    """

    native: TreeEnsemble
    recipe: Recipe
    data: bytes
    seen: tuple[int, ...]

    @property
    def probabilistic(self) -> bool:
        """Always."""
        return True

    def scores(self, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Probabilities ``[n, classes]``, or values ``[n]``."""
        found = self.native.scores(matrix)
        return found if self.recipe.classes is None else spread(found, self.seen, len(self.recipe.classes))

    def form(self) -> TreeEnsemble:
        """The tables as trees, for export and for people."""
        return self.native

    @property
    def terms(self) -> tuple[Term, ...]:
        """What each feature, or pair of features, adds."""
        return tuple(Term.from_dict(one) for one in json.loads(self.data)["terms"])

    def dump(self) -> Files:
        """The tables."""
        return Files({FILE: self.data})


class ExplainableBoostingTrainer:
    """Explainable boosting machines."""

    libraries: ClassVar[Sequence[str]] = ("interpret-core",)

    def estimators(self) -> Sequence[str]:
        """Full names of the classifier and the regressor."""
        return tuple(ESTIMATORS)

    def abilities(self, estimator: str) -> frozenset[Ability]:
        """Weights and constraints."""
        return ABILITIES

    def fit(
        self,
        recipe: Recipe,
        matrix: npt.NDArray[np.float64],
        target: npt.NDArray[Any],
        options: TrainingOptions = PLAIN,
    ) -> ExplainableBoostingFitted:
        """Train; ``random_state`` is the seed unless given. Where there are constraints, there are no pairs.

        Raises:
            InputError: For parameters, data or options that it refuses, or an estimator for the other task.
            StateError: If the tables do not answer as the original does.
        """
        cls = estimator_class(recipe, ESTIMATORS, ExplainableBoostingClassifier)
        check_params(recipe.estimator, recipe.params, sorted(cls().get_params()))
        check_abilities(recipe.estimator, options, ABILITIES)
        features = matrix.shape[1]
        params = {"random_state": recipe.seed, **DEFAULTS, "feature_types": ["continuous"] * features}
        if options.monotone:
            params["monotone_constraints"] = [options.monotone.get(column, 0) for column in range(features)]
            params["interactions"] = 0
        seen = seen_classes(recipe, target)
        if len(seen) == 1:
            raise InputError(f"{recipe.estimator}: the rows have only one class", expected="two or more")
        try:
            with warnings.catch_warnings():
                # It is about its own pictures; the tables here show what is missing.
                warnings.filterwarnings("ignore", message="Missing values detected")
                machine = cls(**{**params, **recipe.params}).fit(matrix, target, sample_weight=options.weights)
        except (ValueError, TypeError) as error:
            raise refused(recipe.estimator, error) from error
        fitted = _fitted(_tables(machine, features, seen), recipe)
        _check(machine, fitted, matrix[:ROWS])
        return fitted

    def load(self, files: Files, recipe: Recipe) -> ExplainableBoostingFitted:
        """Read the tables.

        Raises:
            IntegrityError: If the file holds none.
        """
        return _fitted(files.read(FILE), recipe)


def _tables(machine: Any, features: int, seen: tuple[int, ...]) -> bytes:
    """The tables of a machine as JSON, without the bins for words that were never seen."""
    outputs = len(np.atleast_1d(machine.intercept_))
    terms = []
    for columns, scores in zip(machine.term_features_, machine.term_scores_, strict=True):
        # A feature may be cut in fewer places where it is one of two.
        cuts = [machine.bins_[column][min(len(columns), len(machine.bins_[column])) - 1] for column in columns]
        known = np.asarray(scores, dtype=np.float64)[tuple(slice(0, len(one) + 2) for one in cuts)]
        shape = (*(len(one) + 2 for one in cuts), outputs)
        terms.append(Term(tuple(columns), tuple(tuple(map(float, one)) for one in cuts), known.reshape(shape)))
    value = {
        "bias": np.atleast_1d(machine.intercept_).astype(float).tolist(),
        "features": features,
        "link": LINKS[machine.link_].value,
        "seen": list(seen),
        "terms": [term.as_dict() for term in terms],
    }
    return json.dumps(value, sort_keys=True).encode()


def _fitted(data: bytes, recipe: Recipe) -> ExplainableBoostingFitted:
    try:
        value = json.loads(data)
        terms = [Term.from_dict(one) for one in value["terms"]]
        bias = np.array(value["bias"], dtype=np.float64)
        trees = additive_trees(terms, bias, features=value["features"], link=Link(value["link"]))
    except (ValueError, KeyError, IndexError) as error:
        raise IntegrityError(f"the model file cannot be read: {error}") from error
    return ExplainableBoostingFitted(trees, recipe, data, tuple(value["seen"]))


def _check(machine: Any, fitted: ExplainableBoostingFitted, matrix: npt.NDArray[np.float64]) -> None:
    expected = machine.predict(matrix) if fitted.recipe.classes is None else machine.predict_proba(matrix)
    found = fitted.native.scores(matrix)
    apart = float(np.abs(found - expected).max() / (1 + np.abs(expected).max()))
    if not apart <= 1e-9:
        raise StateError(
            f"the tables of {fitted.recipe.estimator} answer otherwise than it does, by {apart:.2g}",
            expected="the same answers",
            fix="choose another estimator",
        )
