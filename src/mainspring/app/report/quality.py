"""The model's quality: the same parts as on the page of an evaluation, without what needs a script."""

from __future__ import annotations

from mainspring.app.report.nouns import Quality
from mainspring.evaluation.evaluation import Evaluation
from mainspring.evaluation.viewing.figures import change
from mainspring.evaluation.viewing.gathering import judgement_of

MOST_SLICES = 250


def quality_of(name: str, evaluation: Evaluation, baseline: Evaluation | None, main: str) -> Quality:
    """An evaluation as the report shows it.

    Args:
        name: The step that made it.
        evaluation: The candidate.
        baseline: The blessed model on the same rows, if there is one.
        main: The metric that slices are sorted by.
    """
    return Quality(name=name, judgement=judgement_of(evaluation, baseline, main, most_slices=MOST_SLICES))


def headline_change(evaluation: Evaluation, baseline: Evaluation | None, main: str) -> str:
    """The change of the main metric against the baseline."""
    overall = baseline.overall if baseline is not None else {}
    return change(evaluation.overall[main] - overall[main]) if main in overall else ""
