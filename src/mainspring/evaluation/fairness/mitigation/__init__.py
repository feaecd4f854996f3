"""Mitigation: narrowing the gaps between groups, before, during and after training; each has its price.

=========  ==================================================================================================
before     :func:`reweigh`, :func:`resample`, :class:`Repair`: other rows to learn from
during     :func:`grid_search`, :func:`exponentiated_gradient`: a learner asked with other labels and weights
after      :func:`optimise_thresholds`, :func:`reject_option`: cutoffs by group, as :class:`GroupCutoffs`
compared   :func:`compare_mitigations`, :func:`compare_cutoffs`: side by side with the untouched model
=========  ==================================================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.evaluation.fairness.mitigation.applying import METHODS, Mitigated, Task, mitigate
    from mainspring.evaluation.fairness.mitigation.comparing import compare_cutoffs, compare_mitigations
    from mainspring.evaluation.fairness.mitigation.constraints import Constraint
    from mainspring.evaluation.fairness.mitigation.cutoffs import GroupCutoffs
    from mainspring.evaluation.fairness.mitigation.exponentiated import Mixture, exponentiated_gradient
    from mainspring.evaluation.fairness.mitigation.grid import GridSearch, grid_search
    from mainspring.evaluation.fairness.mitigation.outcomes import MitigationComparison, Outcome
    from mainspring.evaluation.fairness.mitigation.pricing import Candidate, Fit
    from mainspring.evaluation.fairness.mitigation.rejecting import reject_option
    from mainspring.evaluation.fairness.mitigation.repairing import Repair
    from mainspring.evaluation.fairness.mitigation.reweighing import resample, reweigh
    from mainspring.evaluation.fairness.mitigation.thresholds import Costs, ThresholdChoice, optimise_thresholds

_EXPORTS = {
    "METHODS": "applying",
    "Candidate": "pricing",
    "Constraint": "constraints",
    "Costs": "thresholds",
    "Fit": "pricing",
    "GridSearch": "grid",
    "GroupCutoffs": "cutoffs",
    "Mitigated": "applying",
    "MitigationComparison": "outcomes",
    "Mixture": "exponentiated",
    "Outcome": "outcomes",
    "Repair": "repairing",
    "Task": "applying",
    "ThresholdChoice": "thresholds",
    "compare_cutoffs": "comparing",
    "compare_mitigations": "comparing",
    "exponentiated_gradient": "exponentiated",
    "grid_search": "grid",
    "mitigate": "applying",
    "optimise_thresholds": "thresholds",
    "reject_option": "rejecting",
    "resample": "reweighing",
    "reweigh": "reweighing",
}

__all__ = [
    "Candidate",
    "Constraint",
    "Costs",
    "Fit",
    "GridSearch",
    "GroupCutoffs",
    "METHODS",
    "Mitigated",
    "MitigationComparison",
    "Mixture",
    "Outcome",
    "Repair",
    "Task",
    "ThresholdChoice",
    "compare_cutoffs",
    "compare_mitigations",
    "exponentiated_gradient",
    "grid_search",
    "mitigate",
    "optimise_thresholds",
    "reject_option",
    "resample",
    "reweigh",
]

__getattr__, __dir__ = lazily(__name__, _EXPORTS)
