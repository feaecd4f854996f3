"""Attacks: what somebody can learn from a model, or make of it, by asking."""

from mainspring.evaluation.robustness.attacks.attacking import ATTACKS, attack
from mainspring.evaluation.robustness.attacks.membership import Membership, infer_membership
from mainspring.evaluation.robustness.attacks.ports import HasGradients
from mainspring.evaluation.robustness.attacks.report import Adversarial, AdversarialReport, Attacked
from mainspring.evaluation.robustness.attacks.target import Norm, Target

__all__ = [
    "ATTACKS",
    "Adversarial",
    "AdversarialReport",
    "Attacked",
    "HasGradients",
    "Membership",
    "Norm",
    "Target",
    "attack",
    "infer_membership",
]
