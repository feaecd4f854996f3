"""Attacks: what somebody can learn from a model, or make of it, by asking."""

from mainspring.evaluation.robustness.attacks.attacking import ATTACKS, attack
from mainspring.evaluation.robustness.attacks.extraction import Copied, Extraction, extract_model
from mainspring.evaluation.robustness.attacks.inversion import Inversion, invert_attribute
from mainspring.evaluation.robustness.attacks.membership import Membership, infer_membership
from mainspring.evaluation.robustness.attacks.poison import Contradicted, Poison, Trigger, find_poison
from mainspring.evaluation.robustness.attacks.ports import HasGradients
from mainspring.evaluation.robustness.attacks.report import Adversarial, AdversarialReport, Attacked
from mainspring.evaluation.robustness.attacks.target import Norm, Target

__all__ = [
    "ATTACKS",
    "Adversarial",
    "AdversarialReport",
    "Attacked",
    "Contradicted",
    "Copied",
    "Extraction",
    "HasGradients",
    "Inversion",
    "Membership",
    "Norm",
    "Poison",
    "Target",
    "Trigger",
    "attack",
    "extract_model",
    "find_poison",
    "infer_membership",
    "invert_attribute",
]
