"""What a policy is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Protocol, TypeAlias

from mainspring.serving.rollout.policies.knowledge import Knowledge

Context: TypeAlias = Mapping[str, float]
"""What is known of a request, as features by name; see :func:`mainspring.serving.rollout.context.features`."""


class Algorithm(Protocol):
    """How likely each arm is to be chosen, from what is known of all of them.

    Promises:
        - Pure: the same knowledge and context give the same shares; nothing is drawn here.
        - Shares are in the order of the arms, none is negative, and they add up to 1.
        - One arm gets 1. Arms of which the same is known get the same: arm 0 is an arm like any other.
        - With another generation of the knowledge, nothing that was worked out for an earlier one is used.
    """

    @property
    def name(self) -> str:
        """As in the options of a bandit."""
        ...

    @property
    def contextual(self) -> bool:
        """Whether shares depend on the context."""
        ...

    def shares(self, known: Knowledge, context: Context) -> Sequence[float]:
        """How likely each arm is to be chosen."""
        ...


class Policy(Protocol):
    """Chooses an arm, and learns from what it was worth. Safe for threads that choose; one at a time learns.

    Promises:
        - The arm is drawn from exactly the shares that are told, so the propensity is exact: it holds for the draw
          that was made, also where the shares themselves are found by quadrature.
    """

    def choose(self, known: Knowledge, context: Context, chance: Random) -> tuple[int, float]:
        """The place of an arm, and how likely it was."""
        ...

    def shares(self, known: Knowledge, context: Context) -> Sequence[float]:
        """How likely each arm is to be chosen."""
        ...

    def learn(self, known: Knowledge, place: int, reward: float, context: Context) -> None:
        """Add a reward to what is known."""
        ...
