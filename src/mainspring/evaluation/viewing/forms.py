"""What the page says, as JSON for machines."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from mainspring.core.verdicts import Verdict
from mainspring.evaluation.evaluation import ALL_ROWS, Evaluation
from mainspring.evaluation.metrics.facts import Facts
from mainspring.evaluation.metrics.measured import Measured
from mainspring.evaluation.viewing.figures import hint, main_metric, side_of, tone, words
from mainspring.evaluation.viewing.gathering import asked_for, summary_of
from mainspring.evaluation.viewing.metrics import is_many
from mainspring.evaluation.viewing.slices import worst_first
from mainspring.evaluation.viewing.thresholds import Ground, ground_of

FORM: Final = "mainspring.evaluation/1"
"""The name of the form; another number means that a reader of this one may fail."""


def evaluation_form(
    evaluation: Evaluation,
    *,
    baseline: Evaluation | None = None,
    verdict: Verdict | None = None,
    parts: Mapping[str, Any] | None = None,
    title: str = "",
) -> dict[str, Any]:
    """The content of the page as plain JSON; a figure that does not exist is ``None`` and has its reason.

    Args:
        evaluation: The candidate's.
        baseline: That of the model to compare with.
        verdict: What a gate said.
        parts: Further values with ``as_dict()``, by the name of their section: ``{"fairness": …}``.
        title: The title of the page.

    Returns:
        ``form``, ``title``, ``summary``, ``task``, ``label``, ``split``, ``classes``, ``positive``, ``rows``,
        ``weight``, ``cutoff``, ``intervals`` (how they were made), ``unreadable``, ``main_metric``, ``verdict``,
        ``metrics``, ``confusion``, ``curves``, ``thresholds``, ``slices`` (the worst first), ``notes``, and every
        given part under its name.
    """
    main = main_metric(evaluation, asked_for(verdict))
    overall, before = evaluation.measured[ALL_ROWS], baseline.measured if baseline is not None else {}
    many, ground, own = is_many(evaluation), ground_of(evaluation), evaluation.facts
    return {
        "form": FORM,
        "title": title or None,
        "summary": summary_of(evaluation),
        "task": evaluation.task,
        "label": evaluation.label,
        "split": evaluation.split,
        "classes": None if evaluation.classes is None else list(evaluation.classes),
        "positive": evaluation.positive,
        "rows": evaluation.count,
        "weight": evaluation.weight,
        "cutoff": evaluation.cutoff,
        "intervals": evaluation.intervals.as_dict(),
        "unreadable": evaluation.unreadable,
        "main_metric": main,
        "verdict": None if verdict is None else verdict.as_dict(),
        "metrics": [
            {
                "metric": name,
                "title": words(name, own),
                "says": hint(name, own, many=many),
                "better": side_of(name, own).value,
                **_figures(name, overall, before.get(ALL_ROWS), own),
            }
            for name in overall.values
            if name != "count"
        ],
        "confusion": [list(row) for row in evaluation.confusion],
        "curves": {name: curves.as_dict() for name, curves in evaluation.curves.items()},
        "thresholds": None if ground is None else _thresholds(ground),
        "slices": [
            {
                "slice": dict(key.values),
                "name": str(key),
                "rows": measured.count,
                "metrics": _all_figures(measured, before.get(key), own),
            }
            for key, measured in worst_first(evaluation, main)
        ],
        "notes": list(evaluation.notes),
        **{name: value.as_dict() for name, value in (parts or {}).items() if value is not None},
    }


def _all_figures(measured: Measured, before: Measured | None, own: Facts) -> dict[str, Any]:
    return {name: _figures(name, measured, before, own) for name in measured.values if name != "count"}


def _figures(name: str, measured: Measured, before: Measured | None, own: Facts) -> dict[str, Any]:
    value, interval = measured.values[name], measured.intervals.get(name)
    found: dict[str, Any] = {
        "value": _finite(value),
        "interval": None if interval is None else [_finite(end) for end in interval],
    }
    if math.isnan(value):
        found["reason"] = measured.reasons.get(name, "")
    if before is not None:
        old = before.values.get(name, math.nan)
        found |= {"baseline": _finite(old), "change": _finite(value - old), "tone": tone(name, value, old, own)}
    return found


def _thresholds(ground: Ground) -> dict[str, Any]:
    return {
        "positives": ground.positives,
        "negatives": ground.negatives,
        "own": ground.stops[ground.own].threshold,
        "stops": [
            {"threshold": stop.threshold, "true_positives": stop.hits, "false_positives": stop.alarms}
            for stop in ground.stops
        ],
    }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
