"""What a policy would be worth, from the log of another one: before it is released.

:func:`joined` puts decisions and rewards side by side, and :func:`evaluate` estimates.
"""

from __future__ import annotations

from mainspring.serving.rollout.off_policy.estimating import METHODS, Estimate, Evaluation, Method, evaluate
from mainspring.serving.rollout.off_policy.logged import Log, Logged, joined
from mainspring.serving.rollout.off_policy.targets import Target, always, halves, learned, split

__all__ = [
    "Estimate",
    "Evaluation",
    "Log",
    "Logged",
    "METHODS",
    "Method",
    "Target",
    "always",
    "evaluate",
    "halves",
    "joined",
    "learned",
    "split",
]
