"""An algorithm, made a policy: a least share for every arm, and shares that are kept as long as they hold."""

from __future__ import annotations

import time
from collections.abc import Sequence
from random import Random

from mainspring.core.errors import InputError
from mainspring.serving.rollout.options import Bandit
from mainspring.serving.rollout.policies.drawing import draw, mixed
from mainspring.serving.rollout.policies.epsilon_greedy import EpsilonGreedy
from mainspring.serving.rollout.policies.knowledge import Knowledge
from mainspring.serving.rollout.policies.linear_thompson import LinearThompson
from mainspring.serving.rollout.policies.linucb import LinUcb
from mainspring.serving.rollout.policies.ports import Algorithm, Context
from mainspring.serving.rollout.policies.thompson import Thompson
from mainspring.serving.rollout.policies.ucb import Ucb


class Chooser:
    """A :class:`mainspring.serving.rollout.policies.ports.Policy`.

    Shares that do not depend on the request are kept until something is learned.

    Args:
        algorithm: How likely each arm is to be chosen.
        least: Each arm's least share, from 0 to 1.
        unit: Whether rewards must be from 0 to 1.
        rest: For so many seconds shares are kept in any case: where rewards come as often as requests, their
            quadrature is not done for every one. Propensities stay exact: they are those of the shares used.
    """

    def __init__(self, algorithm: Algorithm, *, least: float = 0.0, unit: bool = False, rest: float = 0.0) -> None:
        self.algorithm, self.least, self.unit, self.rest = algorithm, least, unit, rest
        self._contextual = algorithm.contextual
        self._kept: tuple[Knowledge, int, float, list[float]] | None = None

    def choose(self, known: Knowledge, context: Context, chance: Random) -> tuple[int, float]:
        """The place of an arm, and how likely it was."""
        shares = self.shares(known, context)
        place = draw(shares, chance.random())
        return place, shares[place]

    def shares(self, known: Knowledge, context: Context) -> Sequence[float]:
        """How likely each arm is to be chosen."""
        if self._contextual:
            shares = self.algorithm.shares(known, context)
            return mixed(shares, self.least) if self.least else shares
        kept = self._kept
        if kept is not None and (
            (kept[0] is known and kept[1] == known.generation)
            or (self.rest and time.monotonic() < kept[2] and kept[0].arms == known.arms)
        ):
            return kept[3]
        generation = known.generation
        fresh = mixed(self.algorithm.shares(known, context), self.least)
        self._kept = (known, generation, time.monotonic() + self.rest, fresh)
        return fresh

    def check(self, reward: float) -> None:
        """Refuse a reward that this policy cannot learn from.

        Raises:
            InputError: If rewards are 0 or 1, and this one is not between them.
        """
        if self.unit and not 0.0 <= reward <= 1.0:
            raise InputError(
                f"the reward is {reward}",
                expected=f"from 0 to 1, for policy {self.algorithm.name!r} with kind 'binary'",
                fix="give the bandit kind: number",
            )

    def learn(self, known: Knowledge, place: int, reward: float, context: Context) -> None:
        """Add a reward to what is known.

        Raises:
            InputError: If the reward is none that can be learned from.
        """
        self.check(reward)
        known.add(place, reward, context if self._contextual else None)


def chooser(bandit: Bandit, *, rest: float = 0.0) -> Chooser:
    """The policy that the options of a bandit ask for.

    Args:
        bandit: Its options.
        rest: See :class:`Chooser`.
    """
    binary = bandit.kind == "binary"
    least = bandit.explore / 100.0
    match bandit.policy:
        case "epsilon_greedy":
            return Chooser(EpsilonGreedy(epsilon=bandit.epsilon, decay=bandit.decay), least=least, rest=rest)
        case "ucb":
            return Chooser(Ucb(alpha=bandit.alpha, kind=bandit.kind), least=least, unit=binary, rest=rest)
        case "thompson":
            algorithm = Thompson(kind=bandit.kind, prior=bandit.prior)
            return Chooser(algorithm, least=least, unit=binary, rest=rest)
        case "linucb":
            return Chooser(LinUcb(alpha=bandit.alpha, ridge=bandit.ridge), least=least)
        case "linear_thompson":
            return Chooser(LinearThompson(noise=bandit.noise, ridge=bandit.ridge), least=least)
