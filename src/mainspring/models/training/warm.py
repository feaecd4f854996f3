"""Warm start: going on from a model and starting over are both tried, and the better is kept."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mainspring.core.errors import InputError
from mainspring.data import Table, Transform
from mainspring.evaluation import Better, better, evaluate
from mainspring.models.model import Model
from mainspring.models.training.fitting import train
from mainspring.models.training_record import Candidate, TrainingRecord

MAIN_METRICS = ("auc", "auc_weighted", "accuracy", "rmse", "mae")
"""Models are compared by the first of these that all of them have, unless a metric is named."""

PREVIOUS, FINE_TUNED, STARTED_OVER = "previous", "fine-tuned", "started over"


def train_both(
    table: Table,
    transform: Transform,
    held_out: Table,
    *,
    initial: Model | None,
    metric: str | None = None,
    **options: Any,
) -> Model:
    """Go on from a model, start over, and keep what is better on the same rows.

    The figures of both, and of the model that was gone on from, are kept with the model
    (``model.training.candidates``). Where it cannot be gone on from (another estimator, other classes), the
    reason is kept instead. Of equals, the one that started over is kept.

    Args:
        table: The training rows.
        transform: Fitted on them, for starting over.
        held_out: The rows that the models are compared on; best not among those of the training.
        initial: What to go on from; ``None`` to only start over.
        metric: What to compare by; by default the first of :data:`MAIN_METRICS` that there is.
        options: Those of :func:`train`: estimator, parameters, seed and so on.

    Raises:
        InputError: For what :func:`train` refuses when starting over, or a metric that does not exist.
    """
    fresh = train(table, transform, **_apart(options, STARTED_OVER))
    models = {STARTED_OVER: fresh}
    notes: dict[str, str] = {}
    if initial is not None:
        try:
            models[FINE_TUNED] = train(table, transform, initial=initial, **_apart(options, FINE_TUNED))
        except InputError as error:
            notes[FINE_TUNED] = str(error.found)
        models[PREVIOUS] = initial
    figures: dict[str, Mapping[str, float]] = {}
    for name, model in models.items():
        try:
            figures[name] = figures_of(model, held_out, weight=options.get("weight"))
        except InputError as error:
            if name != PREVIOUS:
                raise
            notes[name] = str(error.found)
    named = main_metric(list(figures.values()), metric)
    tried = [name for name in (STARTED_OVER, FINE_TUNED) if name in models]
    kept = max(tried, key=lambda name: goodness(figures[name][named], named))
    candidates = tuple(
        Candidate(name=name, figures=figures.get(name, {}), kept=name == kept, note=notes.get(name, ""))
        for name in (PREVIOUS, FINE_TUNED, STARTED_OVER)
        if name in models or name in notes
    )
    record = models[kept].training
    assert isinstance(record, TrainingRecord)  # noqa: S101 - train() writes one
    return replace(models[kept], training=replace(record, candidates=candidates, metric=named))


def _apart(options: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The options with a place of its own for the checkpoints of each training."""
    place = options.get("checkpoints")
    return {**options, **({} if place is None else {"checkpoints": place.inside(name)})}


def figures_of(model: Model, table: Table, *, weight: str | None = None) -> dict[str, float]:
    """The metrics of a model over all rows that are numbers, by name.

    Raises:
        InputError: If the model has no label, or cannot answer these rows.
    """
    label = model.transform.label
    if label is None:
        raise InputError("the model does not know its label", expected="a transform fitted with a label")
    overall = evaluate(model, table, label=label, weight=weight).overall
    return {name: float(value) for name, value in overall.items() if not math.isnan(value)}


def main_metric(figures: list[Mapping[str, float]], metric: str | None = None) -> str:
    """The metric to compare by.

    Raises:
        InputError: If it does not exist for all, or is no measure of quality.
    """
    both = [name for name in figures[0] if all(name in one for one in figures)]
    found = metric or next((name for name in MAIN_METRICS if name in both), None)
    if found is None or found not in both or better(found) is Better.NEITHER:
        measures = [name for name in both if better(name) is not Better.NEITHER]
        raise InputError(f"there is no metric {found!r} to compare by", expected="one of " + ", ".join(measures))
    return found


def goodness(figure: float, metric: str) -> float:
    """A figure turned so that more is better."""
    return figure if better(metric) is Better.HIGHER else -figure
