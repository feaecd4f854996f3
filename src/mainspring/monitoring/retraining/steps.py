"""The steps of retraining: the newest labelled traffic, the window to train on, champion against challenger."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Protocol

from mainspring.core.clock import from_iso
from mainspring.core.verdicts import Verdict
from mainspring.data import Examples, Transform
from mainspring.data.examples import TRAIN
from mainspring.evaluation import Predictor
from mainspring.monitoring.retraining.challenging import challenge as hold_against
from mainspring.monitoring.retraining.choosing import choose_window
from mainspring.monitoring.retraining.logged import examples_of_log
from mainspring.monitoring.retraining.ranking import Fit
from mainspring.monitoring.retraining.timeline import Timeline
from mainspring.pipelines import resource, step

_LOG = logging.getLogger(__name__)

_NONE: Final[dict[str, Any]] = {}
_CANDIDATES: Final = ["7d", "30d", "all"]


class Trainers(Protocol):
    """Makes what trains; the platform has one under the name ``trainers``."""

    def __call__(
        self, estimator: str, *, label: str, params: dict[str, Any], seed: int, transform: Transform
    ) -> Fit:
        """What trains an estimator on rows."""
        ...


@step(cache=False)
def logged_examples(
    old: Examples | None = None,
    *,
    model: str,
    label: str,
    since: str = "",
    until: str = "",
    newest: float = 0.2,
    most_newest: int = 10_000,
    time: str = "",
    predictions: Path = resource("predictions"),
) -> Examples:
    """The rows that a model was asked and whose truth is known by now, after those that it was trained on.

    Args:
        old: What it was trained on: its split ``train`` comes before that of the log.
        model: The model, as it is served.
        label: What the column of the truth is to be called.
        since: Only requests from this time on (ISO 8601); a policy fills it in with ``$since``.
        until: Only requests before this time; ``$until``.
        newest: The share of the log's rows that make the split ``eval``, to judge by.
        most_newest: At most so many rows make it.
        time: What a column with the time of the request is to be called; there is none without a name.
        predictions: The folder of the prediction log.
    """
    return examples_of_log(
        predictions,
        model=model,
        label=label,
        since=from_iso(since) if since else None,
        until=from_iso(until) if until else None,
        newest=newest,
        most_newest=most_newest,
        old=old,
        time=time,
    )


@step(requires=("scikit-learn", "lightgbm"))
def choose_training_window(
    examples: Examples,
    transform: Transform,
    *,
    label: str,
    time: str,
    candidates: list[str] = _CANDIDATES,
    estimator: str = "lightgbm.LGBMClassifier",
    params: dict[str, Any] = _NONE,
    seed: int = 0,
    metric: str = "",
    positive: str | None = None,
    least_rows: int = 200,
    split: str = TRAIN,
    trainers: Callable[..., Fit] = resource("trainers"),
) -> Examples:
    """Only that part of the rows to train on which is still right, as tests on the newest of them tell.

    Args:
        examples: The rows.
        transform: How rows become a matrix.
        label: The column of the truth.
        time: The column that says when a row was.
        candidates: Lengths of windows back from now, such as ``30d``, and ``all``; ``$candidates`` of a policy.
        estimator: What is trained to try them.
        params: Arguments of its constructor.
        seed: Of every random choice.
        metric: What they are compared by; a usual one without it.
        positive: The class that a binary task is about.
        least_rows: Windows with fewer rows are not tried.
        split: The split that is cut.
        trainers: Makes what trains.
    """
    rows = examples.split(split)
    fit = trainers(estimator, label=label, params=params, seed=seed, transform=transform)
    found = choose_window(
        rows,
        fit,
        label=label,
        time=time,
        candidates=candidates,
        metric=metric,
        positive=positive,
        least_rows=least_rows,
        seed=seed,
    )
    _LOG.info("trained on %s: %s", found.window, found.because)
    kept = Timeline.of(rows, time=time, label=label).between(found.since, None)
    return replace(examples, splits={**examples.splits, split: kept}, origins={})


@step
def challenge(
    challenger: Predictor,
    examples: Examples,
    champion: Predictor | None = None,
    *,
    label: str,
    metric: str = "",
    must: str = "surely_better",
    margin: float = 0.0,
    positive: str | None = None,
    least_rows: int = 100,
    split: str = "eval",
    name: str = "challenge",
) -> Verdict:
    """Whether a challenger may take the champion's place, judged on the newest labelled rows, from pairs.

    The run goes on either way: use the verdict as a condition, ``with when(verdict): …``.

    Args:
        challenger: The new model.
        examples: The rows.
        champion: The model in use, such as ``latest_blessed(challenger)``; nothing on a first run.
        label: The column of the truth.
        metric: What they are compared by; a usual one without it.
        must: ``surely_better``, ``better`` or ``not_worse``; ``$challenger`` of a policy.
        margin: By how much it must be better, or may be worse.
        positive: The class that a binary task is about.
        least_rows: With fewer rows the challenger does not win.
        split: The split of the newest labelled rows.
        name: Name of the gate in the verdict.
    """
    return hold_against(
        champion,
        challenger,
        examples.split(split),
        label=label,
        metric=metric,
        must=must,
        margin=margin,
        positive=positive,
        least_rows=least_rows,
        gate=name,
    )
