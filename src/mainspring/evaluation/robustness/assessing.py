"""Asking a model about rows that went wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError
from mainspring.evaluation.evaluation import evaluate
from mainspring.evaluation.metrics.directions import better
from mainspring.evaluation.metrics.facts import Better
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.predictions import Predictions
from mainspring.evaluation.robustness.perturbations import BUILT_IN, Perturbation, perturbation
from mainspring.evaluation.robustness.report import Perturbed, Robustness, loss_of

if TYPE_CHECKING:
    from mainspring.data import Table

SEVERITIES = (0.05, 0.2, 0.5)

MOVED = 0.1
"""A regression's answer has flipped where it moves by more than this share of the answers' standard deviation."""


def assess_robustness(
    predictor: Predictor,
    table: Table,
    *,
    label: str,
    metric: str | None = None,
    perturbations: Sequence[str | Perturbation] = tuple(BUILT_IN),
    severities: Sequence[float] = SEVERITIES,
    features: Sequence[str] | None = None,
    each_feature: bool = False,
    positive: str | None = None,
    weight: str | None = None,
    seed: int = 0,
) -> Robustness:
    """Let the columns of labelled rows go wrong in every way, and see what a model makes of it.

    Args:
        predictor: The model.
        table: Labelled rows; they stay as they are.
        label: The label column, which never goes wrong.
        metric: What is lost; without it accuracy, or RMSE of a regression.
        perturbations: Names, or perturbations of one's own.
        severities: How badly, each between 0 and 1.
        features: The columns that may go wrong; without it all but the label and the weight.
        each_feature: One column at a time, instead of all together: which ones the model depends on.
        positive: The class that a binary task is about.
        weight: A column with what each row counts.
        seed: Of every random choice; each entry has draws of its own, whatever else is asked for.

    Raises:
        InputError: If a column does not exist, a severity is no share, or the metric is neither better high nor
            low.
        NotFoundError: If there is no such perturbation.
    """
    names = list(features or [name for name in table.names if name not in {label, weight}])
    strange = [name for name in names if name not in table.names]
    wrong = [severity for severity in severities if not 0 <= severity <= 1]
    if strange or wrong or not names:
        raise InputError(
            f"no column {', '.join(map(repr, strange))}"
            if strange
            else f"severities {wrong} of {len(names)} columns",
            expected="columns of " + ", ".join(table.names) + "; severities between 0 and 1",
        )
    before = predictor.predict(table)
    metric = metric or ("rmse" if before.classes is None else "accuracy")
    if better(metric) is Better.NEITHER:
        raise InputError(
            f"{metric!r} is neither better high nor low", expected="a metric such as accuracy or rmse"
        )
    judge = _Judge(predictor, table, before, label, metric, positive, weight)
    held = {name: table.column(name) for name in names}
    found = []
    for one in map(perturbation, perturbations):
        touched = [name for name in names if one.applies(held[name])]
        for severity in severities:
            for part in [[name] for name in touched] if each_feature else [touched] if touched else []:
                changed = {
                    name: one.change(held[name], _random(seed, one.name, severity, name), severity)
                    for name in part
                }
                found.append(judge.entry(one.name, severity, part[0] if each_feature else None, held, changed))
    return Robustness(
        metric=metric,
        baseline=judge.figure(before, table),
        rows=table.num_rows,
        found=tuple(found),
        parameters={"features": names, "severities": list(severities), "seed": seed, "label": label},
    )


class _Judge:
    """Holds answers to changed rows against those to the rows as they are."""

    def __init__(
        self,
        predictor: Predictor,
        table: Table,
        before: Predictions,
        label: str,
        metric: str,
        positive: str | None,
        weight: str | None,
    ) -> None:
        self._predictor, self._table, self._before = predictor, table, before
        self._label, self._positive, self._weight = label, positive, weight
        self._metric = metric
        self._baseline = self.figure(before, table)

    def figure(self, answers: Predictions, table: Table) -> float:
        metrics = (self._metric,) if "@" in self._metric else ()
        found = evaluate(
            answers, table, label=self._label, positive=self._positive, weight=self._weight, metrics=metrics
        )
        return found.overall.get(self._metric, math.nan)

    def entry(
        self, name: str, severity: float, feature: str | None, held: dict[str, Any], changed: dict[str, Any]
    ) -> Perturbed:
        from mainspring.data.replacing import with_columns

        cells = sum(_different(held[column], values) for column, values in changed.items())
        told: dict[str, Any] = {"perturbation": name, "severity": severity, "feature": feature, "cells": cells}
        try:
            after = self._predictor.predict(with_columns(self._table, changed))
        except InputError as error:
            told |= dict.fromkeys(("figure", "loss", "flipped", "moved"), math.nan)
            return Perturbed(**told, refused=error.found)
        figure = self.figure(after, self._table)
        flipped, moved = _changes(self._before, after)
        return Perturbed(
            **told,
            figure=figure,
            loss=loss_of(self._metric, self._baseline, figure),
            flipped=flipped,
            moved=moved,
        )


def _changes(before: Predictions, after: Predictions) -> tuple[float, float]:
    """The share of answers that flipped, and how far the figure behind the first answer moved."""
    if before.classes is None:
        apart = np.abs(after.scores - before.scores)
        return float((apart > MOVED * before.scores.std()).mean()), float(apart.mean())
    rows = np.arange(len(before))
    first = before.chosen
    moved = np.abs(after.scores[rows, first] - before.scores[rows, first])
    return float((after.chosen != first).mean()), float(moved.mean())


def _different(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> int:
    if first.dtype == object:
        return sum(one != other for one, other in zip(first.tolist(), second.tolist(), strict=True))
    same = (first == second) | (np.isnan(first) & np.isnan(second))
    return int((~same).sum())


def _random(seed: int, name: str, severity: float, feature: str) -> np.random.Generator:
    text = f"{seed}\0{name}\0{severity!r}\0{feature}".encode()
    return np.random.default_rng(list(text))
