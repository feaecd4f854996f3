"""Networks and linear models along their slopes: integrated gradients, deep SHAP, Grad-CAM, layers for TCAV."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.evaluation.explanation import Asked, Attributions, Background
from mainspring.evaluation.explanation.gradients import (
    Along,
    Tangent,
    class_activation_maps,
    expected_gradients,
    integrated_gradients,
)
from mainspring.evaluation.explanation.gradients.paths import STEPS, TOLERANCE
from mainspring.evaluation.explanation.images import RegionAttributions, pixel_map
from mainspring.evaluation.explanation.shapley.attributing import cells_of
from mainspring.models.explaining.gradients import Differentiable, gradients_of
from mainspring.models.explaining.sums import matrix_of, owners
from mainspring.models.model import Model

Floats = npt.NDArray[np.float64]


@runtime_checkable
class HasLayers(Protocol):
    """A network that says what happens inside it."""

    def inside(self, matrix: Floats, weights: Floats, layer: str | None = None) -> tuple[Floats, Floats]:
        """A layer's activations, and the slope of ``(weights * outputs).sum(axis=1)`` by them, each ``[n, …]``."""
        ...


def by_integrated_gradients(
    asked: Asked,
    rows: Table,
    *,
    background: Background,
    seed: int = 0,
    steps: int = STEPS,
    tolerance: float = TOLERANCE,
) -> Attributions:
    """Integrated gradients of a linear model or a network, by raw column, from the background's mean on.

    The way runs through the matrix behind the raw columns, so that words, as their columns of 0 and 1, have their
    part too; the parts of columns made of one raw column are added up.

    Args:
        asked: A trained classifier: a linear model or a network.
        rows: The rows to explain.
        background: The way begins at the mean of its matrix.
        seed: Not used: nothing is left to chance.
        steps: At how many places of the way slopes are asked for.
        tolerance: How far the parts may miss the change of the answer.

    Raises:
        InputError: If the model has no gradients, is calibrated, or a feature is made of two raw columns.
        ResidualError: If the parts miss the change of an answer.
    """

    def along(tangent: Tangent, points: Floats, baselines: Floats) -> Along:
        start = baselines.mean(axis=0)
        return integrated_gradients(tangent, points, start, steps=steps, tolerance=tolerance)

    parameters = {"baseline": "mean of the background", "steps": steps}
    return _by_raw_column("integrated_gradients", asked, rows, background, along, parameters)


def by_deep_shap(
    asked: Asked,
    rows: Table,
    *,
    background: Background,
    seed: int = 0,
    steps: int = 16,
    tolerance: float = TOLERANCE,
) -> Attributions:
    """Deep SHAP of a linear model or a network, in the variant of expected gradients, by raw column.

    The mean of integrated gradients over all rows of the background, none of them drawn; not DeepLIFT's rules.

    Args:
        asked: As for :func:`by_integrated_gradients`.
        rows: The rows to explain.
        background: Each of its rows is a baseline.
        seed: Not used.
        steps: For each baseline.
        tolerance: How far the parts may miss the change of the answer.

    Raises:
        InputError: As for :func:`by_integrated_gradients`.
        ResidualError: If the parts miss the change of an answer.
    """

    def along(tangent: Tangent, points: Floats, baselines: Floats) -> Along:
        return expected_gradients(tangent, points, baselines, steps=steps, tolerance=tolerance)

    return _by_raw_column(
        "deep_shap", asked, rows, background, along, {"variant": "expected gradients", "steps": steps}
    )


def tangent_of(asked: Asked) -> Tangent:
    """The answer asked about and its slopes, as a function of the matrix behind the raw columns.

    Raises:
        InputError: If the model has no gradients of classes, or its scores are calibrated after them.
    """
    _, inside = _inside(asked.predictor)
    place = (asked.classes or ()).index(asked.output or "")

    def tangent(points: Floats) -> tuple[Floats, Floats]:
        logits = inside.outputs(points)
        single = logits.shape[1] == 1
        if single:
            logits = np.column_stack((np.zeros(len(logits)), logits))
        answers, weights = _on_scale(logits, place, asked.scale)
        return answers, inside.slopes(points, weights[:, 1:] if single else weights)

    return tangent


def grad_cam(
    model: Model,
    rows: Table,
    *,
    output: str,
    shape: tuple[int, ...] | None = None,
    layer: str | None = None,
) -> list[RegionAttributions]:
    """Where in an image a convolutional network sees a class: a map for each row.

    The activations of a layer, weighted by how much each channel moves the class's logit, of which only what
    speaks for the class is kept, and drawn as large as the image.

    Args:
        model: A trained network, whose matrix has a column for each pixel, made of one raw column.
        rows: The images.
        output: The class.
        shape: ``(height, width)`` or ``(height, width, colours)``; that of a ``torch.ConvNet`` is known.
        layer: Its name; the last convolution without it.

    Raises:
        InputError: If the model is no network, there is no such class or layer, or the layer keeps no places.

    Reference: R. R. Selvaraju and others, *Grad-CAM: visual explanations from deep networks via gradient-based
    localization*, ICCV 2017.
    """
    size = _shape(model, shape)
    activations, slopes = layer_slopes(model, rows, output=output, layer=layer)
    maps = class_activation_maps(activations, slopes, (size[0], size[1]))
    logits = _inside(model)[1].outputs(model.transform.apply(rows))
    answers = _on_scale(logits, _place(model, output), "logit")[0]
    pixels = np.column_stack([rows.column(names[0]) for names in model.transform.sources.values()])
    return [
        pixel_map(
            image.reshape(size),
            heat,
            method="grad_cam",
            answer=float(answer),
            output=output,
            scale="logit",
        )
        for image, heat, answer in zip(pixels, maps, answers, strict=True)
    ]


def layer_slopes(model: Model, rows: Table, *, output: str, layer: str | None = None) -> tuple[Floats, Floats]:
    """A layer's activations for each row, and the slope of a class's logit by them: what TCAV is made of.

    Raises:
        InputError: If the model is no network of PyTorch, or there is no such class or layer.
    """
    if not isinstance(model.fitted, HasLayers):
        raise InputError(f"{model.recipe.estimator} has no layers", expected="a network of PyTorch")
    weights = np.zeros((rows.num_rows, len(model.recipe.classes or ())))
    weights[:, _place(model, output)] = 1.0
    return model.fitted.inside(model.transform.apply(rows), weights, layer)


def _by_raw_column(
    method: str,
    asked: Asked,
    rows: Table,
    background: Background,
    along: Callable[[Tangent, Floats, Floats], Along],
    parameters: Mapping[str, Any],
) -> Attributions:
    tangent, (model, _) = tangent_of(asked), _inside(asked.predictor)
    features = background.features
    owner, columns = owners(model, features), asked.columns(rows)
    matrix, others = matrix_of(model, columns), matrix_of(model, background.columns)
    kept = owner == len(features)
    contributions, base = np.zeros((rows.num_rows, len(features) + 1)), np.empty(rows.num_rows)
    for place, row in enumerate(matrix):
        # Columns that are not explained keep the row's values in the background too.
        found = along(tangent, row[None], np.where(kept, row, others))
        np.add.at(contributions[place], owner, found.parts[0])
        base[place] = found.base[0]
    return Attributions(
        method=method,
        features=features,
        base=base,
        contributions=contributions[:, :-1],
        outputs=asked(columns),
        values=cells_of(columns, features, rows.num_rows),
        output=asked.output,
        scale=asked.scale,
        parameters={**parameters, "background": background.digest, "background_rows": len(background)},
        spent=asked.spent,
    ).checked(TOLERANCE)


def _inside(model: object) -> tuple[Model, Differentiable]:
    found = gradients_of(model)
    if found.model.calibration is not None:
        raise InputError(
            "the slopes would be those of the scores before their calibration",
            fix="take kernel_shap or sampled_shapley, which ask the model as it is",
        )
    return found.model, found.inside


def _on_scale(logits: Floats, place: int, scale: str) -> tuple[Floats, Floats]:
    """The answers ``[n]``, and their slopes by the logits ``[n, classes]``."""
    if scale == "logit":
        # Of a class against all others: its logit, less the log of the sum of the others' powers.
        others = np.delete(logits, place, axis=1)
        most = others.max(axis=1, keepdims=True)
        powers = np.exp(others - most)
        total = powers.sum(axis=1, keepdims=True)
        answers = logits[:, place] - (most + np.log(total))[:, 0]
        return answers, np.insert(-powers / total, place, 1.0, axis=1)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares = powers / powers.sum(axis=1, keepdims=True)
    own = shares[:, place]
    weights = -shares * own[:, None]
    weights[:, place] += own
    return own, weights


def _place(model: Model, output: str) -> int:
    classes = list(model.recipe.classes or ())
    if output not in classes:
        raise InputError(f"there is no class {output!r}", expected="one of " + ", ".join(map(str, classes)))
    return classes.index(output)


def _shape(model: Model, shape: tuple[int, ...] | None) -> tuple[int, ...]:
    known = tuple(getattr(getattr(getattr(model.fitted, "built", None), "settings", None), "image", None) or ())
    found = tuple(shape or known)
    if len(found) not in (2, 3):
        raise InputError("how large the images are is not known", fix="say it: shape=(28, 28)")
    return found
