"""Epsilon-greedy: the best arm so far, and now and then any.

Sutton and Barto, "Reinforcement Learning: An Introduction" (2nd edition, 2018), section 2.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mainspring.serving.rollout.policies.drawing import best, even
from mainspring.serving.rollout.policies.knowledge import Knowledge
from mainspring.serving.rollout.policies.ports import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class EpsilonGreedy:
    """The arm with the best mean, and with probability epsilon any of them.

    Before any reward, all arms are equal. An arm without a reward waits for its turn by chance: one that never is
    rewarded, because it fails, does not attract requests.

    Attributes:
        epsilon: The share of requests for which chance decides.
        decay: By how much that share shrinks with every reward: after ``n`` it is ``epsilon * (1 - decay) ** n``.

    Example:
        >>> known = Knowledge(["a", "b"])
        >>> known.add(1, 1.0)
        >>> [round(share, 2) for share in EpsilonGreedy(epsilon=0.1).shares(known, {})]
        [0.05, 0.95]
    """

    name: ClassVar[str] = "epsilon_greedy"
    contextual: ClassVar[bool] = False

    epsilon: float = 0.1
    decay: float = 0.0

    def shares(self, known: Knowledge, context: Context) -> list[float]:
        """How likely each arm is to be chosen."""
        size = len(known.arms)
        rewarded = known.count > 0
        if not rewarded.any():
            return even(size)
        epsilon = self.epsilon * (1.0 - self.decay) ** float(known.count.sum())
        greedy = best(np.where(rewarded, known.mean, -np.inf).tolist())
        return [epsilon / size + (1.0 - epsilon) * share for share in greedy]
