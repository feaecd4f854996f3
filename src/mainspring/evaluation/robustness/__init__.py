"""Robustness: what becomes of a model's answers when data goes wrong, or when somebody means harm."""

from mainspring.evaluation.robustness.assessing import assess_robustness
from mainspring.evaluation.robustness.attacks import (
    AdversarialReport,
    Extraction,
    Inversion,
    Membership,
    Poison,
    attack,
    extract_model,
    find_poison,
    infer_membership,
    invert_attribute,
)
from mainspring.evaluation.robustness.defences import DefenceComparison, compare_defences
from mainspring.evaluation.robustness.fuzzing import Fuzzing, fuzz_model, fuzz_server
from mainspring.evaluation.robustness.outcomes import RemedyComparison, RemedyOutcome
from mainspring.evaluation.robustness.perturbations import Perturbation
from mainspring.evaluation.robustness.relations import Kept, Relation, check_relations, judge_relations
from mainspring.evaluation.robustness.remedies import compare_remedies, retrained
from mainspring.evaluation.robustness.report import Perturbed, Robustness
from mainspring.evaluation.robustness.smoothing import Smoothed

__all__ = [
    "AdversarialReport",
    "DefenceComparison",
    "Extraction",
    "Fuzzing",
    "Inversion",
    "Kept",
    "Membership",
    "Perturbation",
    "Perturbed",
    "Poison",
    "Relation",
    "RemedyComparison",
    "RemedyOutcome",
    "Robustness",
    "Smoothed",
    "assess_robustness",
    "attack",
    "check_relations",
    "compare_defences",
    "compare_remedies",
    "extract_model",
    "find_poison",
    "fuzz_model",
    "fuzz_server",
    "infer_membership",
    "invert_attribute",
    "judge_relations",
    "retrained",
]
