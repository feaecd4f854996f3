"""What costs nothing: the models that a real one has to beat, on the same rows and by the same metrics."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.data import Table, Transform
from mainspring.evaluation import Evaluation, Predictions, Predictor, evaluate
from mainspring.models.model import Model
from mainspring.models.training.fitting import train

CONSTANT, FEATURE, LINEAR, PREVIOUS = "constant", "best feature", "linear", "previous"

BINS = 20
"""Into how many bins of equal size a number is cut for the baseline of one feature."""

PRIOR = 5.0
"""A bin's answer counts like so many rows of the whole, so that small bins say little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A simple model, and how good it is.

    Attributes:
        name: ``"constant"``, ``"best feature"``, ``"linear"``, ``"previous"``, or that of a person.
        about: What it is, in words.
        figures: Its metrics; empty if it could not be had.
        note: Why not, if so; or what to know about it.
        evaluation: How good it is, by slice too; ``None`` if it could not be had.
    """

    name: str
    about: str
    figures: Mapping[str, float] = field(default_factory=dict)
    note: str = ""
    evaluation: Evaluation | None = None

    @classmethod
    def of(cls, name: str, about: str, evaluation: Evaluation, note: str = "") -> Self:
        """A baseline that was judged; its figures are those over all rows that exist."""
        overall = {metric: float(value) for metric, value in evaluation.overall.items()}
        figures = {metric: value for metric, value in overall.items() if not math.isnan(value)}
        return cls(name=name, about=about, figures=figures, note=note, evaluation=evaluation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """How baselines are judged: on the same rows, and in the same way.

    Attributes:
        label: The label column.
        positive: The class that a binary task is about; without it the last in sorted order.
        weight: A column of what each row counts.
        slices: What is sliced by.
        split: Name of the rows.
    """

    label: str
    positive: str | None = None
    weight: str | None = None
    slices: Sequence[str] = ()
    split: str = "eval"

    def judge(self, predictor: Predictor | Predictions, table: Table) -> Evaluation:
        """How good answers are.

        Raises:
            InputError: If columns are missing, or the rows cannot be answered.
        """
        return evaluate(
            predictor,
            table,
            label=self.label,
            positive=self.positive,
            weight=self.weight,
            slices=self.slices,
            split=self.split,
        )


def baselines(
    table: Table,
    held_out: Table,
    transform: Transform,
    *,
    previous: Predictor | None = None,
    positive: str | None = None,
    weight: str | None = None,
    slices: Sequence[str] = (),
    split: str = "eval",
    seed: int = 0,
) -> tuple[Baseline, ...]:
    """Train and judge the simplest models.

    ``constant``: the shares of the classes, or the mean. ``best feature``: that one column of which the answers by
    bin (of a number) or by word tell most about the training rows. ``linear``: ridge or logistic regression behind
    the same transform. ``previous``: the model that there is already.

    Args:
        table: The training rows.
        held_out: The rows to judge on.
        transform: Fitted on the training rows.
        previous: The model before, or whatever answered before: see
            :func:`mainspring.evaluation.predictions_in` for answers that lie in the rows.
        positive: The class that a binary task is about.
        weight: A column of what each held-out row counts.
        slices: What the evaluations are sliced by.
        split: Name of the held-out rows.
        seed: Of the linear model.

    Raises:
        InputError: If rows lack a label, or columns are missing.
    """
    target = transform.labels(table)
    prior = _prior(target, transform.classes)
    constant = np.tile(prior, (held_out.num_rows, 1))
    name, answers = _best_feature(table, held_out, transform, target, prior)
    judging = Judging(
        label=str(transform.label), positive=positive, weight=weight, slices=tuple(slices), split=split
    )

    def judged(what: str, about: str, rows: npt.NDArray[np.float64]) -> Baseline:
        scores = rows[:, 0] if transform.classes is None else rows
        return Baseline.of(what, about, judging.judge(Predictions(transform.classes, scores), held_out))

    found = [
        judged(CONSTANT, "the mean" if transform.classes is None else "the shares of the classes", constant),
        judged(FEATURE, f"{name} alone", answers),
        _linear(table, held_out, transform, judging, seed),
    ]
    if previous is not None:
        found.append(_previous(previous, held_out, judging))
    return tuple(found)


def _linear(table: Table, held_out: Table, transform: Transform, judging: Judging, seed: int) -> Baseline:
    classification = transform.classes is not None
    name = "sklearn.linear_model.LogisticRegression" if classification else "sklearn.linear_model.Ridge"
    about = "logistic regression" if classification else "ridge regression"
    params = {"max_iter": 2000} if classification else {}
    try:
        model = train(table, transform, estimator=name, params=params, seed=seed)
        return Baseline.of(LINEAR, about, judging.judge(model, held_out))
    except InputError as error:
        return Baseline(name=LINEAR, about=about, note=str(error.found))


def _previous(before: Predictor, held_out: Table, judging: Judging) -> Baseline:
    named = before.recipe.estimator.rpartition(".")[2] if isinstance(before, Model) else "system"
    about = f"the {named} before"
    try:
        return Baseline.of(PREVIOUS, about, judging.judge(before, held_out))
    except InputError as error:
        return Baseline(name=PREVIOUS, about=about, note=str(error.found))


def _prior(target: npt.NDArray[Any], classes: tuple[str, ...] | None) -> npt.NDArray[np.float64]:
    if classes is None:
        return np.array([target.mean()])
    return np.bincount(target, minlength=len(classes)) / len(target)


def _best_feature(
    table: Table,
    held_out: Table,
    transform: Transform,
    target: npt.NDArray[Any],
    prior: npt.NDArray[np.float64],
) -> tuple[str, npt.NDArray[np.float64]]:
    """The column that tells most, and what it answers on the held-out rows."""
    wanted = target[:, None].astype(np.float64) if transform.classes is None else np.eye(len(prior))[target]
    best: tuple[float, str, npt.NDArray[np.float64]] | None = None
    for column in transform.inputs:
        groups, others = _groups(table.column(column.name), held_out.column(column.name))
        size = int(max(groups.max(initial=0), others.max(initial=0))) + 1
        counts = np.bincount(groups, minlength=size)[:, None]
        sums = np.stack([np.bincount(groups, weights=one, minlength=size) for one in wanted.T], axis=1)
        answers = (sums + PRIOR * prior) / (counts + PRIOR)
        told = float(np.mean((answers[groups] - wanted) ** 2))
        if best is None or told < best[0]:
            best = told, column.name, answers[others]
    if best is None:
        raise InputError("the transform reads no column", expected="at least one")
    return best[1], best[2]


def _groups(
    learnt: npt.NDArray[Any], judged: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The bin of each value, or the number of its word; 0 for missing and, of the judged, for unseen ones."""
    if learnt.dtype == object:
        words = {
            word: place + 1 for place, word in enumerate(sorted({str(one) for one in learnt if one is not None}))
        }

        def places_of(side: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
            return np.array([0 if one is None else words.get(str(one), 0) for one in side], dtype=np.int64)

        return places_of(learnt), places_of(judged)
    known = learnt[np.isfinite(learnt)]
    if not len(known):
        return np.zeros(len(learnt), dtype=np.int64), np.zeros(len(judged), dtype=np.int64)
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1], method="inverted_cdf"))
    places = [np.where(np.isnan(side), 0, 1 + np.searchsorted(edges, side)) for side in (learnt, judged)]
    return places[0].astype(np.int64), places[1].astype(np.int64)
