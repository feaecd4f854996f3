"""Robustness: what becomes of a model's answers when data goes wrong, or when somebody means harm."""

from mainspring.evaluation.robustness.assessing import assess_robustness
from mainspring.evaluation.robustness.attacks import Membership, infer_membership
from mainspring.evaluation.robustness.outcomes import RemedyComparison, RemedyOutcome
from mainspring.evaluation.robustness.perturbations import Perturbation
from mainspring.evaluation.robustness.relations import Kept, Relation, check_relations, judge_relations
from mainspring.evaluation.robustness.remedies import compare_remedies, retrained
from mainspring.evaluation.robustness.report import Perturbed, Robustness

__all__ = [
    "Kept",
    "Membership",
    "Perturbation",
    "Perturbed",
    "Relation",
    "RemedyComparison",
    "RemedyOutcome",
    "Robustness",
    "assess_robustness",
    "check_relations",
    "compare_remedies",
    "infer_membership",
    "judge_relations",
    "retrained",
]
