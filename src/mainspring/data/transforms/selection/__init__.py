"""Choosing columns: scores without a model, columns that repeat others, and the choice as a noun.

What trains models to choose lives in :mod:`mainspring.models.selection`.
"""

from __future__ import annotations

from mainspring.data.transforms.selection.redundancy import Redundant, find_redundant
from mainspring.data.transforms.selection.scoring import METHODS, Score, score_features

__all__ = ["METHODS", "Redundant", "Score", "find_redundant", "score_features"]
