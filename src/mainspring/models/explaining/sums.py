"""What tree and linear explanations share: a model whose answer is a sum of parts behind a link."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.explanation import Asked, Attributions, Background
from mainspring.evaluation.explanation.asking import Columns
from mainspring.evaluation.explanation.shapley.attributing import cells_of
from mainspring.models.linear import LinearForm
from mainspring.models.model import Model
from mainspring.models.ports import NotExportableError
from mainspring.models.trees import Link, TreeEnsemble

Floats = npt.NDArray[np.float64]
Form = TypeVar("Form", TreeEnsemble, LinearForm)

TOLERANCE = 1e-6
"""How far the parts may miss the model's answer, as a share of one plus its size: frameworks add in float32."""

_WANTED = {TreeEnsemble: "a trained model of trees", LinearForm: "a trained linear model"}
_OTHERWISE = "take kernel_shap or sampled_shapley, which ask the model as it is"


@dataclass(frozen=True, slots=True)
class Output:
    """Which sum is explained.

    Attributes:
        place: Its index.
        sign: -1 where the class asked about is the other one of a single sum.
        slope: What the sum is multiplied with in the log-odds.
    """

    place: int
    sign: float
    slope: float


def model_of(asked: Asked, form: type[Form], method: str) -> tuple[Model, Form]:
    """The model that is asked, and the sum inside.

    Raises:
        InputError: If it is no trained model, has another form, or its scores are calibrated after the sum.
    """
    return sum_in(asked.predictor, form, method)


def sum_in(model: object, form: type[Form], method: str) -> tuple[Model, Form]:
    """A model, and the sum inside.

    Raises:
        InputError: As :func:`model_of`.
    """
    wanted = _WANTED[form]
    if not isinstance(model, Model):
        what = f"{method} cannot look into a {type(model).__name__}"
        raise InputError(what, expected=wanted, fix=_OTHERWISE)
    found = form_of(model)
    if not isinstance(found, form):
        what = f"{method} cannot look into {model.recipe.estimator}"
        raise InputError(what, expected=wanted, fix=_OTHERWISE)
    if model.calibration is not None:
        raise InputError(f"{method} would explain the scores before their calibration", fix=_OTHERWISE)
    return model, found


def form_of(model: object) -> object:
    """The sum inside a model: its weights or its trees; ``None`` if it gives none."""
    estimator: object = model.fitted if isinstance(model, Model) else None
    return _form(estimator)


@functools.lru_cache(maxsize=4)
def _form(fitted: object) -> object:
    """The sum inside an estimator, read once: row after row is explained by the same one."""
    read = getattr(fitted, "form", None)
    try:
        return None if read is None else read()
    except NotExportableError:
        return None


def output_of(asked: Asked, link: Link, slope: float, method: str) -> Output:
    """Which sum makes the answer asked about, on the scale asked for.

    Raises:
        InputError: If the answer is no sum on that scale.
    """
    if link is Link.IDENTITY and asked.scale in {"probability", "value"}:
        return Output(0 if asked.classes is None else asked.classes.index(asked.output or ""), 1.0, 1.0)
    if link is Link.SIGMOID and asked.scale == "logit" and asked.classes is not None:
        return Output(0, 1.0 if asked.classes.index(asked.output or "") == 1 else -1.0, slope)
    needed = {Link.IDENTITY: "probability", Link.SIGMOID: "logit"}.get(link)
    raise InputError(
        f"on the scale {asked.scale!r} the answer is no sum of the model's parts ({link.value})",
        expected=f"scale={needed!r}" if needed else "a model of two classes or of values",
        fix=f"{method} needs that scale; or {_OTHERWISE}",
    )


def owners(model: Model, features: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """For each column of the matrix the raw column behind it, by index; ``len(features)`` for one not explained.

    Raises:
        InputError: If a column of the matrix is made of two raw columns, of which one is explained.
    """
    places = {name: place for place, name in enumerate(features)}
    found = []
    for column, names in model.transform.sources.items():
        concerned = {places.get(name, len(features)) for name in names}
        if len(concerned) > 1:
            raise InputError(
                f"the feature {column!r} is made of {' and '.join(names)} together",
                expected="features made of one raw column each",
                fix=_OTHERWISE,
            )
        found.append(next(iter(concerned), len(features)))
    return np.array(found, dtype=np.int64)


def matrix_of(model: Model, columns: Columns) -> Floats:
    """The matrix of raw columns."""
    return np.asarray(model.transform.apply_columns(columns), dtype=np.float64)


def mixed_with(background: Background, columns: Columns, place: int) -> dict[str, npt.NDArray[Any]]:
    """The background with the explained row's values in the columns that are not explained."""
    return {
        name: values if name in background.features else np.repeat(columns[name][place : place + 1], len(values))
        for name, values in background.columns.items()
    }


def told(
    method: str,
    asked: Asked,
    columns: Columns,
    background: Background,
    base: Floats,
    contributions: Floats,
    parameters: Mapping[str, Any],
) -> Attributions:
    """The parts as they are given, held against the model's own answers.

    Raises:
        ResidualError: If they miss one.
    """
    return Attributions(
        method=method,
        features=background.features,
        base=base,
        contributions=contributions,
        outputs=asked(columns),
        values=cells_of(columns, background.features, len(base)),
        output=asked.output,
        scale=asked.scale,
        parameters={**parameters, "background": background.digest, "background_rows": len(background)},
        spent=asked.spent,
    ).checked(TOLERANCE)
