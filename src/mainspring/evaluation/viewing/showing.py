"""One page of an evaluation, and of all that goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.verdicts import Verdict
from mainspring.data.viewing.page import Page
from mainspring.evaluation.evaluation import Evaluation
from mainspring.evaluation.viewing.gathering import gather
from mainspring.evaluation.viewing.material import Section
from mainspring.evaluation.viewing.page import render

if TYPE_CHECKING:
    from mainspring.evaluation.audit.audit import Audit
    from mainspring.evaluation.fairness.fairness import Fairness
    from mainspring.evaluation.fairness.mitigation.outcomes import MitigationComparison
    from mainspring.evaluation.metrics.residuals import ResidualDiagnosis
    from mainspring.evaluation.operation import Operation
    from mainspring.evaluation.search.found import SliceSearch


def view(
    evaluation: Evaluation,
    *,
    baseline: Evaluation | None = None,
    verdict: Verdict | None = None,
    fairness: Fairness | None = None,
    mitigation: MitigationComparison | None = None,
    search: SliceSearch | None = None,
    audit: Audit | None = None,
    operation: Operation | None = None,
    flips: Evaluation | None = None,
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
        mitigation: Mitigations side by side with the untouched model.
        search: Slices that were found to be worse than the rest.
        audit: The checklist of ways to go wrong.
        operation: What it takes to serve the model.
        flips: Where it answers otherwise than another model, as measured by
            :mod:`mainspring.evaluation.metrics.flips`.
        diagnosis: What a regression leaves in its residuals.
        title: The title of the page.

    Example:
        ``view(evaluation, baseline=blessed, verdict=verdict, title="Census income").save("income.html")``
    """
    sections = sections_of(
        fairness=fairness,
        mitigation=mitigation,
        search=search,
        audit=audit,
        operation=operation,
        flips=flips,
        diagnosis=diagnosis,
    )
    page = gather(evaluation, baseline=baseline, verdict=verdict, sections=sections, title=title)
    return render("page.html.j2", page)


def sections_of(
    *,
    fairness: Fairness | None = None,
    mitigation: MitigationComparison | None = None,
    search: SliceSearch | None = None,
    audit: Audit | None = None,
    operation: Operation | None = None,
    flips: Evaluation | None = None,
    diagnosis: ResidualDiagnosis | None = None,
) -> list[Section]:
    """The sections of whatever there is, in the order of the page."""
    # Imported on use: each brings a part of the room that most pages do without.
    found = []
    if diagnosis is not None:
        from mainspring.evaluation.viewing.sections.diagnosis import diagnosis_section

        found.append(diagnosis_section(diagnosis))
    if flips is not None:
        from mainspring.evaluation.viewing.sections.flips import flips_section

        found.append(flips_section(flips))
    if search is not None:
        from mainspring.evaluation.viewing.sections.search import search_section

        found.append(search_section(search))
    if fairness is not None:
        from mainspring.evaluation.viewing.sections.fairness import fairness_section

        found.append(fairness_section(fairness))
    if mitigation is not None:
        from mainspring.evaluation.viewing.sections.mitigation import mitigation_section

        found.append(mitigation_section(mitigation))
    if audit is not None:
        from mainspring.evaluation.viewing.sections.audit import audit_section

        found.append(audit_section(audit))
    if operation is not None:
        from mainspring.evaluation.viewing.sections.operation import operation_section

        found.append(operation_section(operation))
    return found
