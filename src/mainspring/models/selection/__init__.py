"""Choosing features by training models, and all methods side by side."""

from __future__ import annotations

from mainspring.models.selection.methods import DEFAULT, METHODS
from mainspring.models.selection.selecting import select_features

__all__ = [
    "DEFAULT",
    "METHODS",
    "select_features",
]
