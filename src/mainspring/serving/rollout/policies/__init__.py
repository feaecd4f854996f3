"""How to choose among arms whose worth is not known, and to learn it by choosing.

An algorithm says how likely each arm is to be chosen; :class:`Chooser` draws by that. So the propensity of every
choice is known exactly, which is what an estimate of other policies from the log needs.
"""

from __future__ import annotations

from mainspring.serving.rollout.policies.chooser import Chooser, chooser
from mainspring.serving.rollout.policies.epsilon_greedy import EpsilonGreedy
from mainspring.serving.rollout.policies.knowledge import Knowledge
from mainspring.serving.rollout.policies.linear_thompson import LinearThompson
from mainspring.serving.rollout.policies.linucb import LinUcb
from mainspring.serving.rollout.policies.ports import Algorithm, Context, Policy
from mainspring.serving.rollout.policies.thompson import Thompson
from mainspring.serving.rollout.policies.ucb import Ucb

__all__ = [
    "Algorithm",
    "Chooser",
    "Context",
    "EpsilonGreedy",
    "Knowledge",
    "LinUcb",
    "LinearThompson",
    "Policy",
    "Thompson",
    "Ucb",
    "chooser",
]
