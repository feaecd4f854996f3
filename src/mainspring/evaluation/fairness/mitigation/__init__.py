"""Mitigation: narrowing the gaps between groups, before, during and after training; each has its price.

=========  ==================================================================================================
before     :func:`reweigh`, :func:`resample`, :class:`Repair`: other rows to learn from
during     :func:`grid_search`, :func:`exponentiated_gradient`: a learner asked with other labels and weights
after      :func:`optimise_thresholds`, :func:`reject_option`: cutoffs by group, as :class:`GroupCutoffs`
=========  ==================================================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.evaluation.fairness.mitigation.constraints import Constraint
    from mainspring.evaluation.fairness.mitigation.cutoffs import GroupCutoffs
    from mainspring.evaluation.fairness.mitigation.exponentiated import Mixture, exponentiated_gradient
    from mainspring.evaluation.fairness.mitigation.grid import GridSearch, grid_search
    from mainspring.evaluation.fairness.mitigation.pricing import Candidate, Fit
    from mainspring.evaluation.fairness.mitigation.rejecting import reject_option
    from mainspring.evaluation.fairness.mitigation.repairing import Repair
    from mainspring.evaluation.fairness.mitigation.reweighing import resample, reweigh
    from mainspring.evaluation.fairness.mitigation.thresholds import Costs, ThresholdChoice, optimise_thresholds

_EXPORTS = {
    "Candidate": "pricing",
    "Constraint": "constraints",
    "Costs": "thresholds",
    "Fit": "pricing",
    "GridSearch": "grid",
    "GroupCutoffs": "cutoffs",
    "Mixture": "exponentiated",
    "Repair": "repairing",
    "ThresholdChoice": "thresholds",
    "exponentiated_gradient": "exponentiated",
    "grid_search": "grid",
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
    "Mixture",
    "Repair",
    "ThresholdChoice",
    "exponentiated_gradient",
    "grid_search",
    "optimise_thresholds",
    "reject_option",
    "resample",
    "reweigh",
]

__getattr__, __dir__ = lazily(__name__, _EXPORTS)
