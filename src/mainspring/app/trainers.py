"""Trainers for what tries policies and windows: rows with a label in, a model out, with nothing else to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from mainspring.core.errors import InputError
from mainspring.data import Schema, Table, Transform, infer, summarize
from mainspring.data.engine import quote
from mainspring.evaluation import Predictor
from mainspring.models.model import Model
from mainspring.models.training import train
from mainspring.monitoring.retraining import FineTune, Fit


def fit_with(
    estimator: str,
    *,
    label: str,
    params: Mapping[str, Any] | None = None,
    seed: int = 0,
    exclude: Sequence[str] = (),
    transform: Transform | None = None,
) -> Fit:
    """What trains an estimator on rows: schema and transform are made of the rows themselves, unless one is given.

    Args:
        estimator: Full name or class name of an estimator of an installed framework.
        label: The column of the truth.
        params: Arguments of its constructor.
        seed: Of every random choice.
        exclude: Columns that must not be used, as patterns.
        transform: How rows become a matrix.
    """

    def fit(rows: Table) -> Predictor:
        plain = _plain(rows, label)
        used = transform or _transform(plain, _label(label), exclude)
        return train(plain, used, estimator=estimator, params=params, seed=seed)

    return fit


def fine_tune_with(
    estimator: str, *, label: str, params: Mapping[str, Any] | None = None, seed: int = 0
) -> FineTune:
    """What goes on training from a model; see :func:`fit_with`."""

    def fine_tune(rows: Table, model: Predictor) -> Predictor:
        if not isinstance(model, Model):
            raise InputError("only a model that was trained here can be gone on from", expected="a trained model")
        plain = _plain(rows, label)
        return train(plain, model.transform, estimator=estimator, params=params, seed=seed, initial=model)

    return fine_tune


def _label(label: str) -> str:
    """The name of the label in schemas, where a dot tells the parts of a nested column apart."""
    return label.replace(".", "_")


def _plain(rows: Table, label: str) -> Table:
    name = _label(label)
    if name == label:
        return rows
    if name in rows.names:
        raise InputError(f"there is a column {name!r} beside {label!r}", expected="another name for it")
    renamed = f"{quote(label)} AS {quote(name)}"
    return rows.sql(" ".join(("SELECT * EXCLUDE (", quote(label), "),", renamed, "FROM this")))


def _transform(rows: Table, label: str, exclude: Sequence[str]) -> Transform:
    left_out = [name for name in rows.names if name != label and any(fnmatchcase(name, one) for one in exclude)]
    used = rows.drop(left_out) if left_out else rows
    schema: Schema = infer(summarize({"train": used}), label=label)
    return Transform.fit(used, schema)
