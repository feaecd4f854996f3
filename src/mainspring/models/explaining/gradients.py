"""Which way a trained model's answers move, by raw column: the slope of the model times that of the transform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.explanation.asking import Columns
from mainspring.models.explaining.sums import matrix_of
from mainspring.models.linear import LinearForm
from mainspring.models.model import Model

Floats = npt.NDArray[np.float64]

STEP = 1e-3
"""How far a column is moved to learn the slope of the transform, as a share of its standard deviation."""


@runtime_checkable
class Differentiable(Protocol):
    """An estimator that says how its outputs depend on its matrix."""

    def outputs(self, matrix: Floats) -> Floats:
        """Before the link: logits of the classes, or one value, shape ``[n, outputs]``."""
        ...

    def slopes(self, matrix: Floats, weights: Floats) -> Floats:
        """The slope of ``(weights * outputs).sum(axis=1)`` by the matrix, shape ``[n, features]``."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class LinearOutputs:
    """A linear model, whose slopes are its weights."""

    form: LinearForm

    def outputs(self, matrix: Floats) -> Floats:
        """The sums, ``[n, outputs]``."""
        return matrix @ self.form.weights + self.form.bias

    def slopes(self, matrix: Floats, weights: Floats) -> Floats:
        """``[n, features]``."""
        return weights @ self.form.weights.T


@dataclass(frozen=True, slots=True, eq=False)
class ModelGradients:
    """The gradients of a trained classifier by raw columns of numbers.

    Attributes:
        model: The model; what comes after its outputs, such as a calibration, is not looked at: it does not change
            which class is ahead.
        inside: Its estimator.
    """

    model: Model
    inside: Differentiable

    def logits(self, columns: Columns) -> Floats:
        """A score for each class, shape ``[n, classes]``; of two classes with one sum the first has 0."""
        found = self.inside.outputs(matrix_of(self.model, columns))
        return np.column_stack((np.zeros(len(found)), found)) if self._single(found) else found

    def gradients(self, columns: Columns, weights: Floats) -> Mapping[str, Floats]:
        """The slope of ``(weights * logits).sum(axis=1)`` by each raw column of numbers, each ``[n]``."""
        matrix = matrix_of(self.model, columns)
        single = self._single(self.inside.outputs(matrix[:1]))
        slopes = self.inside.slopes(matrix, weights[:, 1:] if single else weights)
        names = [name for name, values in columns.items() if values.dtype != object]
        sources = list(self.model.transform.sources.values())
        mixed = {name for concerned in sources if len(concerned) > 1 for name in concerned}
        together = [name for name in names if name not in mixed]
        found = dict.fromkeys(names, np.zeros(len(matrix)))
        for group in ([together] if together else []) + [[name] for name in names if name in mixed]:
            steps = {name: _step(columns[name]) for name in group}
            rise = self._moved(columns, steps, 1.0) - self._moved(columns, steps, -1.0)
            for name in group:
                own = [place for place, concerned in enumerate(sources) if name in concerned]
                found[name] = np.nan_to_num((slopes[:, own] * rise[:, own]).sum(axis=1) / (2 * steps[name]))
        return found

    def _single(self, outputs: Floats) -> bool:
        return bool(outputs.shape[1] == 1)

    def _moved(self, columns: Columns, steps: Mapping[str, float], sign: float) -> Floats:
        return matrix_of(
            self.model, {**columns, **{name: columns[name] + sign * step for name, step in steps.items()}}
        )


def gradients_of(model: object) -> ModelGradients:
    """Which way the answers of a linear model or a network move, for attacks that follow gradients.

    Args:
        model: A trained classifier.

    Raises:
        InputError: If it is no trained classifier, or its estimator has no gradients.
    """
    if not isinstance(model, Model) or model.recipe.classes is None:
        what = f"a {type(model).__name__}" if not isinstance(model, Model) else "a regression"
        raise InputError(f"{what} has no gradients of classes", expected="a trained classifier")
    form = getattr(model.fitted, "form", None)
    found = None if form is None else form()
    inside = LinearOutputs(found) if isinstance(found, LinearForm) else model.fitted
    if not isinstance(inside, Differentiable):
        raise InputError(
            f"{model.recipe.estimator} has no gradients",
            expected="a linear model, or a network of PyTorch",
            fix='take an attack that only asks, such as "column_search"',
        )
    return ModelGradients(model, inside)


def _step(values: npt.NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return STEP * ((float(known.std()) if len(known) else 0.0) or 1.0)
