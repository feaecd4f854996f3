"""Which training rows an answer rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.evaluation.explanation.examples.similar import Neighbour
from mainspring.models.explaining.sums import sum_in
from mainspring.models.linear import LinearForm
from mainspring.models.model import Model
from mainspring.models.trees import Link, TreeEnsemble, apply_link

Floats = npt.NDArray[np.float64]
Figure = Literal["probability", "logit", "value", "loss"]

METHOD = "influence"
OFF = 0.05
"""How far a Newton step may move the sums; where it moves them further, the weights are no minimum of the loss."""

_DAMPING = 1e-6
_LINKS = (Link.IDENTITY, Link.SIGMOID, Link.SOFTMAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence:
    """What one training row does to a figure.

    Attributes:
        row: Its index among the training rows.
        amount: By how much the figure is higher than it would be had the model not seen the row.
        cells: Its values by column, the label and whatever names it among them.
    """

    row: int
    amount: float
    cells: dict[str, Any]

    def __str__(self) -> str:
        return f"row {self.row}: {self.amount:+.4g}"


def influence(
    model: Model,
    training: Table,
    rows: Table,
    *,
    figure: Figure | None = None,
    output: str | None = None,
    count: int = 5,
    weight: str | None = None,
    penalty: float | None = None,
    damping: float = _DAMPING,
) -> list[tuple[Influence, ...]]:
    """For each row the training rows that move its answer most, in either direction.

    Args:
        model: A trained linear or logistic model.
        training: The rows that it learnt from, all of them and with their labels.
        rows: The rows whose answers are looked at; with labels for ``"loss"``.
        figure: See :func:`influences`.
        output: See :func:`influences`.
        count: How many training rows for each row.
        weight: See :func:`influences`.
        penalty: See :func:`influences`.
        damping: See :func:`influences`.

    Returns:
        For each row the most influential training rows, the largest amount first.

    Raises:
        InputError: As :func:`influences`.
    """
    amounts = influences(
        model, training, rows, figure=figure, output=output, weight=weight, penalty=penalty, damping=damping
    )
    plain = training.to_columns()
    return [
        tuple(
            Influence(row=int(place), amount=float(line[place]), cells=_cells(plain, int(place)))
            for place in np.argsort(-np.abs(line), kind="stable")[:count]
        )
        for line in amounts
    ]


def influences(
    model: Model,
    training: Table,
    rows: Table,
    *,
    figure: Figure | None = None,
    output: str | None = None,
    weight: str | None = None,
    penalty: float | None = None,
    damping: float = _DAMPING,
) -> Floats:
    """What every training row adds to a figure of every row, without training again.

    The loss is taken for the parabola that it is near its minimum; leaving a row out then moves the weights by one
    step of Newton's method on the rows that are left: exact for least squares. The transform in front of the model
    stays as it is.

    Args:
        model: A trained linear model (least squares, a ridge) or logistic one of two or more classes.
        training: The rows that it learnt from, all of them and with their labels, ``m`` of them.
        rows: The rows whose figures are looked at, ``n`` of them; with labels for ``"loss"``.
        figure: ``"probability"`` of the output, its ``"logit"`` (of two classes), a regression's ``"value"``, or
            the ``"loss"``: minus the log-probability of the label, or half the squared error. The probability, or
            the value, without it.
        output: The class; the second of two without it.
        weight: The column of weights that the model was trained with.
        penalty: Of half the squared weights, the bias left out; from the parameters of ``LogisticRegression``,
            ``Ridge`` and ``LinearRegression`` without it.
        damping: Added to the diagonal of the Hessian, as a share of its mean.

    Returns:
        Shape ``[n, m]``: by how much the figure is higher than it would be without the training row.

    Raises:
        InputError: If the model has no such loss, the figure does not fit it, or its weights are not what these
            rows lead to.

    Reference: P. W. Koh and P. Liang, *Understanding black-box predictions via influence functions*, ICML 2017;
    D. Pregibon, *Logistic regression diagnostics*, Annals of Statistics 9 (1981), for a row's own leverage.
    """
    model, form = sum_in(model, LinearForm, METHOD)
    if form.link not in _LINKS or (form.link is Link.IDENTITY and model.recipe.classes is not None):
        raise InputError(
            f"{METHOD} knows no loss of {model.recipe.estimator}", expected="least squares or a logistic model"
        )
    cost = _penalty(model) if penalty is None else penalty
    matrix, slopes, curvature = _losses(model, form, training)
    weights = np.ones(len(matrix)) if weight is None else training.column(weight)
    slopes, curvature = slopes * weights[:, None], curvature * weights[:, None, None]
    inverse = _inverse(matrix, curvature, cost, damping)
    _check_minimum(form, matrix, slopes, cost, inverse)
    asked, directions = _directions(model, form, rows, figure, output)
    corrected = _without_themselves(matrix, slopes, curvature, inverse)
    left = np.einsum("ia,ip->iap", asked, directions).reshape(len(asked), -1)
    right = np.einsum("ia,ip->iap", matrix, corrected).reshape(len(matrix), -1)
    # Without a row the weights lie one step along its own slope; what it adds is what that step takes away.
    return np.asarray(-(left @ inverse) @ right.T, dtype=np.float64)


def similar_by_model(model: Model, training: Table, rows: Table, *, count: int = 5) -> list[tuple[Neighbour, ...]]:
    """For each row the training rows that a model of trees takes to be most like it.

    Two rows are as near as the share of trees in which they end in the same leaf: columns count as far as the
    model asks about them.

    Args:
        model: A trained model of trees.
        training: Where to look, such as the rows that it learnt from.
        rows: The rows to find the like of.
        count: How many for each row.

    Returns:
        For each row its neighbours, the nearest first, by index where they are equally near. ``distance`` is the
        share of trees in which they end in different leaves.

    Raises:
        InputError: If the model has no trees.

    Reference: L. Breiman, *Random forests*, Machine Learning 45 (2001), proximities.
    """
    model, form = sum_in(model, TreeEnsemble, "similar_by_model")
    there = form.leaves(np.asarray(model.transform.apply(training), dtype=np.float64))
    here = form.leaves(np.asarray(model.transform.apply(rows), dtype=np.float64))
    plain = training.to_columns()
    found = []
    for leaves in here:
        apart = (there != leaves).mean(axis=1)
        nearest = np.argsort(apart, kind="stable")[:count].tolist()
        found.append(
            tuple(
                Neighbour(row=place, distance=float(apart[place]), cells=_cells(plain, place)) for place in nearest
            )
        )
    return found


def _cells(plain: dict[str, list[Any]], place: int) -> dict[str, Any]:
    return {name: values[place] for name, values in plain.items()}


def _penalty(model: Model) -> float:
    """What half the squared weights cost, from the parameters of the estimator.

    Raises:
        InputError: If it is not known.
    """
    name, params = model.recipe.estimator.rpartition(".")[2], model.recipe.params
    if name == "LinearRegression":
        return 0.0
    if name == "Ridge":
        return float(params.get("alpha", 1.0))
    squared = params.get("penalty", "l2") in {"l2", None, "deprecated"} and not params.get("l1_ratio")
    if name == "LogisticRegression" and squared:
        return 0.0 if params.get("penalty", "l2") is None else 1.0 / float(params.get("C", 1.0))
    raise InputError(
        f"what {model.recipe.estimator} minimised is not known",
        expected="LinearRegression, Ridge, or LogisticRegression with an l2 penalty",
        fix="say it as penalty=, if it is a multiple of half the squared weights",
    )


def _losses(model: Model, form: LinearForm, table: Table) -> tuple[Floats, Floats, Floats]:
    """The matrix with a column for the bias, and each row's slope ``[n, outputs]`` and curvature of the loss."""
    matrix = np.asarray(model.transform.apply(table), dtype=np.float64)
    target = model.transform.labels(table)
    sums = matrix @ form.weights + form.bias
    scores = apply_link(sums, form.link)
    if form.link is Link.IDENTITY:
        slopes, curvature = sums - np.asarray(target, dtype=np.float64)[:, None], np.ones((len(sums), 1, 1))
    elif form.link is Link.SIGMOID:
        yes = scores[:, 1:]
        slopes, curvature = yes - target[:, None], (yes * (1 - yes))[:, :, None]
    else:
        slopes = scores - np.eye(scores.shape[1])[target]
        curvature = np.einsum("ip,pq->ipq", scores, np.eye(scores.shape[1])) - np.einsum(
            "ip,iq->ipq", scores, scores
        )
    return np.column_stack([matrix, np.ones(len(matrix))]), slopes, curvature


def _inverse(matrix: Floats, curvature: Floats, penalty: float, damping: float) -> Floats:
    """The inverse of the Hessian of the whole loss, features by outputs on either side."""
    width, outputs = matrix.shape[1], curvature.shape[1]
    hessian = np.empty((width, outputs, width, outputs))
    for one in range(outputs):
        for other in range(outputs):
            hessian[:, one, :, other] = (matrix * curvature[:, one, other, None]).T @ matrix
    flat = hessian.reshape(width * outputs, -1)
    cost = np.full((width, outputs), penalty)
    cost[-1] = 0.0
    flat += np.diag(cost.ravel() + damping * float(np.trace(flat)) / len(flat))
    return np.asarray(np.linalg.inv(flat), dtype=np.float64)


def _check_minimum(form: LinearForm, matrix: Floats, slopes: Floats, penalty: float, inverse: Floats) -> None:
    """See that the weights are what these rows lead to.

    Raises:
        InputError: If a step of Newton's method still moves the sums.
    """
    slope = matrix.T @ slopes
    slope[:-1] += penalty * form.weights
    step = (inverse @ slope.ravel()).reshape(slope.shape)
    sums = matrix[:, :-1] @ form.weights + form.bias
    moved = float(np.abs(matrix @ step).max(initial=0.0)) / (1 + float(np.abs(sums).max(initial=0.0)))
    if moved > OFF:
        raise InputError(
            f"the model is not what these rows lead to: its sums would still move by {moved:.2g} of their size",
            expected="the rows that it was trained on, all of them, with their weights",
            fix="give weight= or penalty= as in training; columns made of the label do not count twice",
        )


def _without_themselves(matrix: Floats, slopes: Floats, curvature: Floats, inverse: Floats) -> Floats:
    """The slopes, as the Hessian without each row would weigh them, ``[n, outputs]``."""
    width, outputs = matrix.shape[1], slopes.shape[1]
    split = inverse.reshape(width, outputs, width, outputs)
    leverage = np.empty((len(matrix), outputs, outputs))
    for one in range(outputs):
        for other in range(outputs):
            leverage[:, one, other] = ((matrix @ split[:, one, :, other]) * matrix).sum(axis=1)
    left = np.eye(outputs) - curvature @ leverage
    return np.asarray(np.linalg.solve(left, slopes[:, :, None])[:, :, 0], dtype=np.float64)


def _directions(
    model: Model, form: LinearForm, rows: Table, figure: Figure | None, output: str | None
) -> tuple[Floats, Floats]:
    """The matrix of the rows, and how each one's figure moves with its sums, ``[n, outputs]``.

    Raises:
        InputError: If the model has no such figure or class.
    """
    classes = model.recipe.classes
    figure = figure or ("value" if classes is None else "probability")
    fitting = {
        Link.IDENTITY: {"value", "loss"},
        Link.SIGMOID: {"probability", "logit", "loss"},
        Link.SOFTMAX: {"probability", "loss"},
    }[form.link]
    if figure not in fitting:
        raise InputError(f"the model has no {figure}", expected=" or ".join(sorted(fitting)))
    if figure == "loss":
        matrix, slopes, _ = _losses(model, form, rows)
        return matrix, slopes
    inputs = np.asarray(model.transform.apply(rows), dtype=np.float64)
    matrix = np.column_stack([inputs, np.ones(len(inputs))])
    if classes is None:
        return matrix, np.ones((len(matrix), 1))
    if output is None and len(classes) == 2:
        output = classes[1]
    if output not in classes:
        raise InputError(
            "no class was named" if output is None else f"there is no class {output!r}",
            expected="one of " + ", ".join(map(repr, classes)),
            fix="say it as output=",
        )
    place = classes.index(output)
    scores = apply_link(inputs @ form.weights + form.bias, form.link)
    if form.link is Link.SOFTMAX:
        own = np.eye(scores.shape[1])[place]
        return matrix, scores[:, place, None] * (own - scores)
    sign = 1.0 if place == 1 else -1.0
    steepness = np.ones(len(scores)) if figure == "logit" else scores[:, 0] * scores[:, 1]
    return matrix, sign * steepness[:, None]
