"""Choosing columns: scores without a model, columns that repeat others, and the choice as a noun.

What trains models to choose lives in :mod:`mainspring.models.selection`.
"""

from __future__ import annotations

from mainspring.data.transforms.selection.choice import FeatureSelection, Figure, SelectionRow, lower_is_better
from mainspring.data.transforms.selection.redundancy import Redundant, find_redundant
from mainspring.data.transforms.selection.scoring import METHODS, Score, score_columns, score_features

__all__ = [
    "FeatureSelection",
    "Figure",
    "METHODS",
    "Redundant",
    "Score",
    "SelectionRow",
    "find_redundant",
    "lower_is_better",
    "score_columns",
    "score_features",
]
