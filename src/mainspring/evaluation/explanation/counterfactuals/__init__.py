"""Counterfactuals: what would have had to be different for another answer."""

from mainspring.evaluation.explanation.counterfactuals.constraints import Constraints
from mainspring.evaluation.explanation.counterfactuals.nouns import Change, Counterfactual, Counterfactuals
from mainspring.evaluation.explanation.counterfactuals.search import counterfactuals, nearest_alone

__all__ = ["Change", "Constraints", "Counterfactual", "Counterfactuals", "counterfactuals", "nearest_alone"]
