"""Log-odds of probabilities, and back, in the order of operations that an exported graph repeats."""

from __future__ import annotations

import numpy as np

from mainspring.models.calibration.ports import Floats

LEAST = 1e-6
"""Probabilities are taken to be at least this far from 0 and 1: a forest may say 0, which has no logarithm."""


def log_odds(probability: Floats) -> Floats:
    """``log(p) - log(1 - p)``, of probabilities kept away from 0 and 1."""
    inside = np.clip(probability, LEAST, 1.0 - LEAST)
    odds: Floats = np.log(inside) - np.log(1.0 - inside)
    return odds


def sigmoid(value: Floats) -> Floats:
    """``1 / (1 + exp(-x))``, without overflow."""
    small = np.exp(-np.abs(value))
    share: Floats = np.where(value >= 0, 1.0, small) / (1.0 + small)
    return share


def against_rest(scores: Floats) -> list[int]:
    """The classes that get a curve of their own: the second of two, or each of many."""
    return [1] if scores.shape[1] == 2 else list(range(scores.shape[1]))


def joined(parts: list[Floats]) -> Floats:
    """Probabilities of all classes from those of :func:`against_rest`: the complement, or shares of their sum.

    A row in which every class got 0 is spread evenly.
    """
    if len(parts) == 1:
        return np.stack([1.0 - parts[0], parts[0]], axis=1)
    each = np.stack(parts, axis=1)
    total = each.sum(axis=1, keepdims=True)
    shares: Floats = np.where(total == 0.0, 1.0 / each.shape[1], each / np.where(total == 0.0, 1.0, total))
    return shares
