"""Upper confidence bounds: the arm that could be best.

Auer, Cesa-Bianchi and Fischer, "Finite-time analysis of the multiarmed bandit problem" (Machine Learning, 2002):
UCB1, for rewards from 0 to 1. Lattimore and Szepesvári, "Bandit Algorithms" (2020), chapter 8, for rewards of any
size, here with the standard deviation that was seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from mainspring.serving.rollout.policies.drawing import best
from mainspring.serving.rollout.policies.knowledge import Knowledge
from mainspring.serving.rollout.policies.ports import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Ucb:
    """The arm whose mean plus ``alpha * scale * sqrt(2 ln(t) / n)`` is largest, after ``n`` of ``t`` rewards.

    Arms without a reward come first; of equal ones, chance decides. It needs rewards for what it sends: between
    two of them, all requests go the same way. Give a bandit of this policy a share to ``explore`` if other
    policies shall be estimated from its log, or if an arm may fail to be rewarded.

    Attributes:
        alpha: How much an arm is favoured for being little known; 1 is UCB1.
        kind: ``"binary"``: rewards from 0 to 1, with a scale of 1. ``"number"``: any, with a scale of the standard
            deviation of the rewards around the means of their arms.
    """

    name: ClassVar[str] = "ucb"
    contextual: ClassVar[bool] = False

    alpha: float = 1.0
    kind: Literal["binary", "number"] = "binary"

    def shares(self, known: Knowledge, context: Context) -> list[float]:
        """How likely each arm is to be chosen."""
        new = known.count == 0
        if new.any():
            return best(new.astype(float).tolist())
        total = float(known.count.sum())
        scale = 1.0
        if self.kind == "number":
            # One degree of freedom per arm is gone; with one reward each, the arms themselves tell the scale.
            within = total - len(known.arms)
            spread = known.squares.sum() / within if within > 0 else known.mean.var()
            scale = float(np.sqrt(spread))
        bonus = self.alpha * scale * np.sqrt(2.0 * np.log(total) / known.count)
        return best((known.mean + bonus).tolist())
