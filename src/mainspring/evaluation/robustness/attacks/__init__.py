"""Attacks: what somebody can learn from a model, or make of it, by asking."""

from mainspring.evaluation.robustness.attacks.membership import Membership, infer_membership

__all__ = ["Membership", "infer_membership"]
