"""Explanation: why a model answers as it does, for one row and for all, whatever the model is.

:func:`explain` asks a predictor through :class:`Asked`, which counts and bounds what that costs. Features are raw
columns, never those of a matrix behind them.
"""

from mainspring.evaluation.explanation.anchors import Anchor, Predicate, anchors
from mainspring.evaluation.explanation.answers import Answer
from mainspring.evaluation.explanation.asking import Asked
from mainspring.evaluation.explanation.attributions import Attributions, Contribution, ResidualError
from mainspring.evaluation.explanation.background import Background
from mainspring.evaluation.explanation.budgets import Budget, BudgetError, Spent
from mainspring.evaluation.explanation.contrast import Contrast, contrast
from mainspring.evaluation.explanation.counterfactuals import (
    Change,
    Constraints,
    Counterfactual,
    Counterfactuals,
    counterfactuals,
)
from mainspring.evaluation.explanation.effects import Effect, accumulated_local_effects, partial_dependence
from mainspring.evaluation.explanation.explainer import Explainer, fit_explainer
from mainspring.evaluation.explanation.explaining import explain
from mainspring.evaluation.explanation.what_if import WhatIf, what_if

__all__ = [
    "Anchor",
    "Answer",
    "Asked",
    "Attributions",
    "Background",
    "Budget",
    "BudgetError",
    "Change",
    "Constraints",
    "Contrast",
    "Contribution",
    "Counterfactual",
    "Counterfactuals",
    "Effect",
    "Explainer",
    "Predicate",
    "ResidualError",
    "Spent",
    "WhatIf",
    "accumulated_local_effects",
    "anchors",
    "contrast",
    "counterfactuals",
    "explain",
    "fit_explainer",
    "partial_dependence",
    "what_if",
]
