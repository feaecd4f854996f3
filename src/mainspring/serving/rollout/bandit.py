"""A bandit at work: a policy, with what all processes of a server have learned."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from mainspring.serving.decision import Decision
from mainspring.serving.feedback.answers import Answered
from mainspring.serving.feedback.record import Feedback
from mainspring.serving.rollout.context import features
from mainspring.serving.rollout.options import Bandit
from mainspring.serving.rollout.policies.chooser import chooser
from mainspring.serving.rollout.policies.knowledge import Knowledge
from mainspring.serving.rollout.state import Learned, SharedState, Told
from mainspring.serving.rollout.valuing import values_of

REST: Final = 0.05
"""Seconds for which what is known is used, however fast rewards come."""


class SharedBandit:
    """Chooses arms, and learns from rewards. Safe for threads and processes.

    Args:
        options: What kind of bandit.
        folder: Where is kept what it has learned.

    Attributes:
        name: How it chooses, such as ``thompson``.
        contextual: Whether it looks at the row before it chooses.
        state: What was learned.
    """

    def __init__(self, options: Bandit, folder: Path) -> None:
        self.options, self.name = options, options.policy
        self.contextual = bool(options.context)
        self.state = SharedState(folder)
        self._chooser = chooser(options)
        self._chance = random.Random(options.seed)  # noqa: S311  no secret depends on it

    @property
    def arms(self) -> Sequence[str]:
        """The names of its arms."""
        return self.options.arms

    @property
    def known(self) -> Knowledge:
        """What is known of its arms."""
        return self.state.known(self.options.arms)

    def choose(self, row: Mapping[str, Any] | None = None) -> tuple[int, float]:
        """The place of an arm, and how likely it was.

        Args:
            row: The columns of the row, for a policy that looks at them.
        """
        known = self.state.known(self.options.arms, rest=REST)
        return self._chooser.choose(known, self._context(row), self._chance)

    def shares(self, row: Mapping[str, Any] | None = None) -> Sequence[float]:
        """How likely each arm is to be chosen."""
        return self._chooser.shares(self.known, self._context(row))

    def learn(self, told: Iterable[Told]) -> Learned:
        """Learn from rewards, each once, and forget those that others take the place of.

        Raises:
            InputError: If the policy cannot learn from one of them; nothing is learned then.
        """
        rewards = list(told)
        for one in rewards:
            self._chooser.check(one.reward)
        return self.state.learn(rewards)

    def rewards(self, decision: Decision, feedback: Sequence[Feedback], answered: Answered) -> Iterator[Told]:
        """What feedback about a request that was decided says to the policy.

        Args:
            decision: What was decided.
            feedback: About the request.
            answered: What was answered, with the columns that the decision depended on.
        """
        columns = answered.columns or {}
        for one in values_of(self.options.reward, feedback, answered):
            row = one.row or 0
            names = [name for name in self.options.context if name in columns and row < len(columns[name])]
            yield Told(
                id=feedback[0].id,
                arm=decision.arm,
                reward=one.value,
                key=self.options.reward,
                row=one.row,
                context=self.context({name: columns[name][row] for name in names}),
                time=one.time,
                received=one.received,
            )

    def context(self, row: Mapping[str, Any]) -> Mapping[str, float]:
        """What the policy looks at in a row; nothing if it looks at none."""
        return self._context(row)

    def close(self) -> None:
        """Let go of the files."""
        self.state.close()

    def _context(self, row: Mapping[str, Any] | None) -> Mapping[str, float]:
        return features(self.options.context, row or {}) if self.contextual else _NOTHING


_NOTHING: Mapping[str, float] = {}
