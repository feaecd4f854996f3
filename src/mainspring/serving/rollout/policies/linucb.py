"""LinUCB: upper confidence bounds that depend on the request.

Li, Chu, Langford and Schapire, "A contextual-bandit approach to personalized news article recommendation"
(WWW 2010), algorithm 1, with disjoint linear models.
"""

from __future__ import annotations

import math

from mainspring.serving.rollout.policies.drawing import best
from mainspring.serving.rollout.policies.knowledge import Knowledge
from mainspring.serving.rollout.policies.linear import Solved, solve
from mainspring.serving.rollout.policies.ports import Context


class LinUcb:
    """The arm with the largest ``xᵀ weights + alpha * sqrt(xᵀ A⁻¹ x)``; of equal ones, chance decides.

    Args:
        alpha: How much an arm is favoured for being little known where the request is.
        ridge: How strongly weights are held to zero; 1 in the paper.
    """

    name = "linucb"
    contextual = True

    def __init__(self, *, alpha: float = 1.0, ridge: float = 1.0) -> None:
        self.alpha, self.ridge = alpha, ridge
        self._solved: tuple[Knowledge, int, Solved] | None = None

    def shares(self, known: Knowledge, context: Context) -> list[float]:
        """How likely each arm is to be chosen."""
        kept = self._solved
        if kept is None or kept[0] is not known or kept[1] != known.generation:
            kept = self._solved = (known, known.generation, solve(known, self.ridge))
        means, unknown = kept[2].read(context)
        alpha, sqrt = self.alpha, math.sqrt
        return best([mean + alpha * sqrt(max(0.0, width)) for mean, width in zip(means, unknown, strict=True)])
