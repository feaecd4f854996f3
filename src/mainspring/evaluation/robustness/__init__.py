"""Robustness: what becomes of a model's answers when data goes wrong."""

from mainspring.evaluation.robustness.assessing import assess_robustness
from mainspring.evaluation.robustness.perturbations import Perturbation
from mainspring.evaluation.robustness.report import Perturbed, Robustness

__all__ = ["Perturbation", "Perturbed", "Robustness", "assess_robustness"]
