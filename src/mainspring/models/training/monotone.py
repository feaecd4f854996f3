"""Constraints that an answer may only rise, or only fall, with a column: named before, checked after training."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError, StateError
from mainspring.data import Table, Transform
from mainspring.models.model import Model

GRID = 60
"""How many values of a column are tried in each row."""

ROWS = 100
"""How many rows they are tried in, spread evenly over the table."""

TOLERANCE = 1e-6
"""A step against the constraint of at most this size is noise of float32."""


def constrained_columns(transform: Transform, monotone: Mapping[str, int]) -> dict[int, int]:
    """The columns of the matrix that constraints on named columns mean.

    Args:
        transform: Names the columns of the matrix; a number keeps its name there.
        monotone: Column to 1 (the answer may only rise with it) or -1 (only fall).

    Raises:
        InputError: If a column is not a number of the matrix, or a direction is neither: all at once.
    """
    outputs = list(transform.outputs)
    numbers = [column.name for column in transform.inputs if column.type.is_numeric and column.name in outputs]
    words = {column.name for column in transform.inputs} - set(numbers)
    allowed = [name for name in outputs if name not in words]
    problems = [f"{name!r} is no number that the model is given" for name in monotone if name not in allowed] + [
        f"{way!r} for {name!r} is neither 1 nor -1" for name, way in monotone.items() if way not in (1, -1)
    ]
    if problems:
        near = [match for name in monotone for match in get_close_matches(name, allowed, 1) if match != name]
        raise InputError(
            "monotone: " + "; ".join(problems),
            expected="1 or -1 for columns among " + ", ".join(numbers or allowed),
            fix=f"did you mean {near[0]!r}?" if near else None,
        )
    if monotone and transform.classes is not None and len(transform.classes) != 2:
        raise InputError(
            f"monotone needs one answer that rises or falls, and the label has {len(transform.classes)} classes",
            expected="two classes, or a number",
        )
    return {outputs.index(name): way for name, way in monotone.items()}


def check_monotone(model: Model, table: Table, monotone: Mapping[str, int]) -> dict[str, float]:
    """Hold a trained model to its constraints on a grid of values in real rows.

    Args:
        model: What was trained. The answer is the probability of the second class, or the value.
        table: Real rows.
        monotone: Column to 1 or -1.

    Returns:
        Column to the largest step against its constraint, 0 if there was none.

    Raises:
        StateError: If a step is larger than :data:`TOLERANCE`.
    """
    found = {name: _largest_step(model, table, name, way) for name, way in monotone.items()}
    broken = {name: step for name, step in found.items() if step > TOLERANCE}
    if broken:
        raise StateError(
            "the trained model breaks its constraints: "
            + "; ".join(f"{name} by {step:.3g}" for name, step in broken.items()),
            expected="an answer that only rises (1) or only falls (-1) with the column",
            fix="choose an estimator that keeps constraints, such as lightgbm.LGBMClassifier",
        )
    return found


def _largest_step(model: Model, table: Table, name: str, way: int) -> float:
    answers = _answers_raw(model, table, name) if _is_raw(model, name) else _answers_matrix(model, table, name)
    against = -way * np.diff(answers, axis=1)
    return max(float(against.max(initial=0.0)), 0.0) + 0.0


def _is_raw(model: Model, name: str) -> bool:
    return any(column.name == name for column in model.transform.inputs)


def _answers_raw(model: Model, table: Table, name: str) -> npt.NDArray[np.float64]:
    columns = {column.name: table.column(column.name) for column in model.transform.inputs}
    grid = _grid(columns[name])
    chosen = _spread(table.num_rows)
    many = {other: np.repeat(values[chosen], len(grid)) for other, values in columns.items()}
    many[name] = np.tile(grid, len(chosen))
    return _rising(model.predict_columns(many).scores).reshape(len(chosen), len(grid))


def _answers_matrix(model: Model, table: Table, name: str) -> npt.NDArray[np.float64]:
    matrix = model.transform.apply(table)
    place = list(model.transform.outputs).index(name)
    grid = _grid(matrix[:, place])
    chosen = _spread(len(matrix))
    many = np.repeat(matrix[chosen], len(grid), axis=0)
    many[:, place] = np.tile(grid, len(chosen))
    return _rising(model.fitted.scores(many)).reshape(len(chosen), len(grid))


def _rising(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return scores[:, 1] if scores.ndim == 2 else scores


def _grid(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Values there are, evenly by rank and evenly by size, and some beyond them."""
    known = values[np.isfinite(values)].astype(np.float64)
    if not len(known):
        return np.zeros(1)
    low, high = float(known.min()), float(known.max())
    beyond = (high - low) or 1.0
    return np.unique(
        [
            *np.quantile(known, np.linspace(0, 1, GRID // 2), method="inverted_cdf"),
            *np.linspace(low - beyond, high + beyond, GRID // 2),
        ]
    )


def _spread(rows: int) -> npt.NDArray[np.int64]:
    return np.unique(np.linspace(0, rows - 1, min(rows, ROWS)).astype(np.int64))
