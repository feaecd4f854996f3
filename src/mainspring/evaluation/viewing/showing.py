"""One page of an evaluation."""

from __future__ import annotations

from mainspring.core.verdicts import Verdict
from mainspring.data.viewing.page import Page
from mainspring.evaluation.evaluation import Evaluation
from mainspring.evaluation.viewing.gathering import gather
from mainspring.evaluation.viewing.page import render


def view(
    evaluation: Evaluation,
    *,
    baseline: Evaluation | None = None,
    verdict: Verdict | None = None,
    title: str = "",
) -> Page:
    """One offline page on which to see how good a model is."""
    return render("page.html.j2", gather(evaluation, baseline=baseline, verdict=verdict, title=title))
