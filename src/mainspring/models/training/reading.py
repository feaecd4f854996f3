"""Models that people can read: the weights of a linear one, the rules of a single tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mainspring.core.errors import InputError
from mainspring.data import Numeric
from mainspring.models.linear import LinearForm
from mainspring.models.model import Model
from mainspring.models.trees import LEAF, TreeEnsemble

MOST_RULES = 64
"""A tree with more leaves is not read by anybody."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What a feature adds to a linear sum.

    Attributes:
        feature: A column of the matrix; ``""`` for the bias.
        weight: What one unit of that column adds.
        per_unit: What one unit of the raw column adds, where the matrix holds a number scaled.
        answer: The class whose sum it is; ``None`` for a number, or for the second of two classes.
    """

    feature: str
    weight: float
    per_unit: float | None = None
    answer: str | None = None

    def __str__(self) -> str:
        raw = "" if self.per_unit is None else f" ({self.per_unit:+.4g} per unit)"
        of = "" if self.answer is None else f"  for {self.answer}"
        return f"{self.weight:+.4g}{raw}  {self.feature or 'bias'}{of}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A leaf of a tree, and the way to it.

    Attributes:
        conditions: What must hold, in words, in units of the raw columns where there are any.
        values: Probabilities by class, or the one value.
    """

    conditions: tuple[str, ...]
    values: tuple[float, ...]

    def __str__(self) -> str:
        answer = ", ".join(f"{value:.4g}" for value in self.values)
        return f"{' and '.join(self.conditions) or 'always'}: {answer}"


def read_weights(model: Model) -> tuple[Weight, ...]:
    """The weights of a linear model, the largest of each answer first, then its bias.

    Raises:
        InputError: If the model is not linear.
    """
    form = _form(model)
    if not isinstance(form, LinearForm):
        raise InputError(f"{model.recipe.estimator} is not linear", expected="such as LogisticRegression or Ridge")
    units = _units(model)
    found: list[Weight] = []
    for output in range(form.outputs):
        several = model.recipe.classes is not None and form.outputs > 1
        answer = model.recipe.classes[output] if several and model.recipe.classes is not None else None
        column = form.weights[:, output]
        for place in np.argsort(-np.abs(column), kind="stable"):
            name = model.transform.outputs[place]
            scale = units[name][1] if name in units else None
            weight = float(column[place])
            found.append(Weight(name, weight, None if scale is None else weight / scale, answer))
        found.append(Weight("", float(form.bias[output]), None, answer))
    return tuple(found)


def read_rules(model: Model) -> tuple[Rule, ...]:
    """The rules of a model that is one tree, from left to right.

    Raises:
        InputError: If it is not one tree, or one with more leaves than :data:`MOST_RULES`.
    """
    form = _form(model)
    if not isinstance(form, TreeEnsemble) or len(form.roots) != 1:
        raise InputError(
            f"{model.recipe.estimator} is not a single tree", expected="such as DecisionTreeClassifier"
        )
    leaves = int((form.feature == LEAF).sum())
    if leaves > MOST_RULES:
        raise InputError(
            f"the tree has {leaves} leaves", expected=f"at most {MOST_RULES}", fix="set max_leaf_nodes"
        )
    return tuple(_rules(form, int(form.roots[0]), (), model))


def _rules(form: TreeEnsemble, node: int, way: tuple[str, ...], model: Model) -> Iterator[Rule]:
    if form.feature[node] == LEAF:
        values = (form.value[node] + form.base) / form.divisor
        yield Rule(way, tuple(float(value) for value in values))
        return
    name = model.transform.outputs[form.feature[node]]
    shift, scale = _units(model).get(name, (0.0, 1.0))
    limit = f"{float(form.threshold[node]) * scale + shift:.6g}"
    signs = ("<", ">=") if form.strict[node] else ("<=", ">")
    sides = (int(form.left[node]), int(form.right[node]))
    missing = 0 if form.default_left[node] else 1
    for side, (sign, child) in enumerate(zip(signs, sides, strict=True)):
        gap = " or missing" if side == missing and _may_miss(model, name) else ""
        yield from _rules(form, child, (*way, f"{name} {sign} {limit}{gap}"), model)


def _form(model: Model) -> object:
    """The trees or weights.

    Raises:
        InputError: If its framework gives none.
    """
    read = getattr(model.fitted, "form", None)
    if read is None:
        raise InputError(f"{model.recipe.estimator} cannot be read", expected="a linear model or a tree")
    form: object = read()
    return form


def _units(model: Model) -> dict[str, tuple[float, float]]:
    """By column of the matrix that holds a scaled raw number: what was taken away, and what it was divided by."""
    steps = getattr(model.transform, "steps", ())
    return {step.column: (step.shift, step.scale) for step in steps if isinstance(step, Numeric)}


def _may_miss(model: Model, name: str) -> bool:
    steps = getattr(model.transform, "steps", ())
    return any(isinstance(step, Numeric) and step.column == name and step.fill is None for step in steps)
