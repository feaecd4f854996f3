"""Robustness: what becomes of a model's answers when data goes wrong, or when somebody means harm."""

from mainspring.evaluation.robustness.assessing import assess_robustness
from mainspring.evaluation.robustness.attacks import Membership, infer_membership
from mainspring.evaluation.robustness.perturbations import Perturbation
from mainspring.evaluation.robustness.relations import Kept, Relation, check_relations, judge_relations
from mainspring.evaluation.robustness.report import Perturbed, Robustness

__all__ = [
    "Kept",
    "Membership",
    "Perturbation",
    "Perturbed",
    "Relation",
    "Robustness",
    "assess_robustness",
    "check_relations",
    "infer_membership",
    "judge_relations",
]
