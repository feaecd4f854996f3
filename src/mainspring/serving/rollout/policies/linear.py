"""Ridge regression of rewards on features, one for each arm, solved from sums."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mainspring.serving.rollout.policies.knowledge import Floats, Knowledge
from mainspring.serving.rollout.policies.ports import Context


class Solved:
    """The regressions at one generation of knowledge. Safe for threads.

    Args:
        places: The place of each feature.
        arms: How many there are.
        rows: Of shape ``(arms * features + arms, features)``: the inverses of the matrices above each other, and
            below them the weights.
    """

    __slots__ = ("_arms", "_places", "_rows", "_sheets")

    def __init__(self, places: Mapping[str, int], arms: int, rows: Floats) -> None:
        self._places, self._arms, self._rows = places, arms, rows
        self._sheets: list[_Sheet] = []

    def read(self, context: Context) -> tuple[list[float], list[float]]:
        """What each arm is expected to be worth, and ``xᵀ A⁻¹ x``: how little is known of it there."""
        places, arms, sheets = self._places, self._arms, self._sheets
        if not places:
            return [0.0] * arms, [1.0] * arms
        try:
            sheet = sheets.pop()  # nobody else has it until it is laid back
        except IndexError:
            sheet = _Sheet(arms, len(places))
        row = sheet.row
        row.fill(0.0)
        for name, value in context.items():
            place = places.get(name)
            if place is not None:
                row[place] = value
        np.dot(self._rows, row, out=sheet.product)
        np.dot(sheet.halves, row, out=sheet.unknown)
        found: list[float] = sheet.found.tolist()
        sheets.append(sheet)
        return found[:arms], found[arms:]


class _Sheet:
    """Room for one calculation, made once: to make it takes as long as the calculation.

    Attributes:
        row: The features of a request.
        product: All rows times it.
        halves: ``A⁻¹ x`` of each arm, a part of the product.
        unknown: ``xᵀ A⁻¹ x`` of each arm.
        found: What each arm is expected to be worth, and behind that what is unknown.
    """

    __slots__ = ("found", "halves", "product", "row", "unknown")

    def __init__(self, arms: int, width: int) -> None:
        depth = arms * width
        room = np.zeros(depth + 2 * arms)
        self.row: Floats = np.zeros(width)
        self.product, self.halves = room[: depth + arms], room[:depth].reshape(arms, width)
        self.unknown, self.found = room[depth + arms :], room[depth:]


def solve(known: Knowledge, ridge: float) -> Solved:
    """Solve ``A = Σ x xᵀ + ridge`` and ``weights = A⁻¹ Σ reward x`` for each arm.

    Features that are numbers are standardised, by the mean and the standard deviation over all rows of all arms
    for which a reward is known, from ten on, so that the ridge means the same for metres and millimetres.
    Indicators and the constant are left as they are. The sums are of features as they came, which makes that exact
    at any time.

    Args:
        known: What is known.
        ridge: How strongly weights are held to zero.
    """
    arms, width = len(known.arms), len(known.features)
    scaled = _standardised(known)
    grams = scaled @ known.gram @ scaled.T + ridge * np.eye(width)
    inverses = np.linalg.inv(grams)
    weights = (inverses @ (known.moment @ scaled.T)[..., None])[..., 0]
    # Back to features as they come: x' = T x.
    inverses, weights = scaled.T @ inverses @ scaled, weights @ scaled
    return Solved(known.places, arms, np.concatenate([inverses.reshape(arms * width, width), weights]))


def _standardised(known: Knowledge) -> Floats:
    """The matrix that standardises features."""
    matrix = np.eye(len(known.features))
    constant = known.places.get(CONSTANT)
    if constant is None:
        return matrix
    gram = known.gram.sum(axis=0)
    rows = gram[constant, constant]
    if rows < _FEW:
        return matrix
    for name, place in known.places.items():
        if place == constant or "=" in name:
            continue
        mean = gram[constant, place] / rows
        variance = gram[place, place] / rows - mean * mean
        if variance > max(1e-12 * mean * mean, _TINY):
            deviation = float(np.sqrt(variance))
            matrix[place, place] = 1.0 / deviation
            matrix[place, constant] = -mean / deviation
        elif mean * mean > _TINY:
            # It never changed: beside the constant it tells nothing.
            matrix[place, place] = 1.0 / abs(mean)
            matrix[place, constant] = -mean / abs(mean)
    return matrix


_TINY = 1e-60
_FEW = 10

CONSTANT = "1"
"""The name of the feature that is 1 for every row."""
