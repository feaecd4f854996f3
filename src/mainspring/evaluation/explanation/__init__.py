"""Explanation: why a model answers as it does, for one row and for all, whatever the model is.

:func:`explain` asks a predictor through :class:`Asked`, which counts and bounds what that costs. Features are raw
columns, never those of a matrix behind them.
"""

from mainspring.evaluation.explanation.asking import Asked
from mainspring.evaluation.explanation.attributions import Attributions, Contribution, ResidualError
from mainspring.evaluation.explanation.background import Background
from mainspring.evaluation.explanation.budgets import Budget, BudgetError, Spent
from mainspring.evaluation.explanation.explaining import explain

__all__ = [
    "Asked",
    "Attributions",
    "Background",
    "Budget",
    "BudgetError",
    "Contribution",
    "ResidualError",
    "Spent",
    "explain",
]
