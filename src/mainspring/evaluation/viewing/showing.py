"""One page of an evaluation, and of all that goes with it."""

from __future__ import annotations

import importlib
from typing import Any, Final

from mainspring.core.verdicts import Verdict
from mainspring.data.viewing.page import Page
from mainspring.evaluation.audit.audit import Audit
from mainspring.evaluation.errors.analysis import ErrorAnalysis
from mainspring.evaluation.evaluation import Evaluation
from mainspring.evaluation.fairness.fairness import Fairness
from mainspring.evaluation.fairness.flipped import Flips
from mainspring.evaluation.fairness.mitigation.outcomes import MitigationComparison
from mainspring.evaluation.metrics.residuals import ResidualDiagnosis
from mainspring.evaluation.operation import Operation
from mainspring.evaluation.search.found import SliceSearch
from mainspring.evaluation.viewing.gathering import gather
from mainspring.evaluation.viewing.material import Section
from mainspring.evaluation.viewing.page import render

# Imported on use: each brings a part of the room that most pages do without.
_SECTIONS: Final = {
    "diagnosis": "diagnosis:diagnosis_section",
    "flips": "flips:flips_section",
    "search": "search:search_section",
    "errors": "errors:errors_section",
    "fairness": "fairness:fairness_section",
    "protected": "protected:protected_section",
    "mitigation": "mitigation:mitigation_section",
    "audit": "audit:audit_section",
    "operation": "operation:operation_section",
}
"""What may be given, in the order of the page, and what makes a section of it."""


def view(
    evaluation: Evaluation,
    *,
    baseline: Evaluation | None = None,
    verdict: Verdict | None = None,
    fairness: Fairness | None = None,
    errors: ErrorAnalysis | None = None,
    search: SliceSearch | None = None,
    audit: Audit | None = None,
    operation: Operation | None = None,
    flips: Flips | Evaluation | None = None,
    mitigation: MitigationComparison | None = None,
    diagnosis: ResidualDiagnosis | None = None,
    title: str = "",
) -> Page:
    """One offline page on which to see how good a model is: metrics, curves, the threshold, slices and more.

    It shows itself in a notebook. What is not given does not appear.

    Args:
        evaluation: The candidate's.
        baseline: That of the model in use, on the same rows: curves are laid over each other, changes shown.
        verdict: What a gate said; the metric that it asked for first is the one that slices are sorted by.
        fairness: Figures by group and the gaps between groups.
        errors: What the errors have in common.
        search: Slices that were found to be worse than the rest.
        audit: The checklist of ways to go wrong.
        operation: What it takes to serve the model.
        flips: Rows that are answered otherwise with other protected values; or than by another model, as
            :mod:`mainspring.evaluation.metrics.flips` measures it.
        mitigation: Mitigations side by side with the untouched model.
        diagnosis: What a regression leaves in its residuals.
        title: The title of the page.

    Example:
        ``view(evaluation, baseline=blessed, verdict=verdict, title="Census income").save("income.html")``
    """
    sections = sections_of(
        fairness=fairness,
        errors=errors,
        search=search,
        audit=audit,
        operation=operation,
        flips=flips,
        mitigation=mitigation,
        diagnosis=diagnosis,
    )
    page = gather(evaluation, baseline=baseline, verdict=verdict, sections=sections, title=title)
    return render("page.html.j2", page)


def sections_of(**given: Any) -> list[Section]:
    """The sections of whatever there is, by the names of :func:`view`, in the order of the page."""
    flips = given.pop("flips", None)
    given["flips" if isinstance(flips, Evaluation) else "protected"] = flips
    found: list[Section] = []
    for name, target in _SECTIONS.items():
        if given.get(name) is not None:
            module, _, function = target.partition(":")
            make = getattr(importlib.import_module(f"mainspring.evaluation.viewing.sections.{module}"), function)
            found.append(make(given[name]))
    return found
