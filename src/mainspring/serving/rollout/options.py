"""What can be said of the rollout of a model: the same in Python and in YAML.

An arm is a version of the model, or a label of it: a rollout that names labels goes on when they are moved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mainspring.core.errors import InputError

HEADER = "x-mainspring-route"
"""The header by which a caller names the arm that answers."""

LATENCIES = ("latency_p50", "latency_p95", "latency_p99")
"""The figures that are about time."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2

Share = Annotated[float, Meta(ge=0, le=100)]
PolicyName = Literal["epsilon_greedy", "ucb", "thompson", "linucb", "linear_thompson"]


class Shadow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A version that is asked the same, and whose answers nobody gets: they are compared.

    Attributes:
        to: The arm.
        percent: How many of a hundred requests.
        queue: How many requests wait for it at most; more are not compared.
        tolerance: Numbers that differ by less, relative to the larger, are equal.
    """

    to: str
    percent: Share = 100.0
    queue: Annotated[int, Meta(ge=1)] = 256
    tolerance: Annotated[float, Meta(ge=0)] = 1e-6


class Guard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a candidate is held to, against the version that it would replace.

    Attributes:
        figure: ``error_rate``, ``latency_p50``, ``latency_p95``, ``latency_p99``, ``accuracy`` (truth told as
            feedback), ``error`` (mean absolute, likewise), ``reward``, or a key of feedback of your own.
        worse: By how much it may be worse: of shares in points (0.01 for one of a hundred), of others relative.
        least: How many values of each are needed before anything is said.
    """

    figure: str
    worse: Annotated[float, Meta(ge=0)] = 0.0
    least: Annotated[int, Meta(ge=1)] = 100

    def __post_init__(self) -> None:
        if self.figure.startswith("latency") and self.figure not in LATENCIES:
            raise InputError(f"a guard is for {self.figure!r}", expected="one of: " + ", ".join(LATENCIES))
        if not self.figure:
            raise InputError("a guard is for no figure", expected="such as error_rate, latency_p95, accuracy")


class Canary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A version that gets more and more of the requests as long as it is no worse, and none as soon as it is.

    Attributes:
        to: The arm.
        steps: How many of a hundred requests it gets, step by step; after the last it is the primary one.
        every: The least seconds of a step.
        guards: What it is held to: all must be satisfied for the next step; one that is broken ends the rollout.
        confidence: How sure a judgement must be, whenever it is looked at.
        sticky: The header or, as ``column:name``, the column of the row whose value always gets the same arm.
        hold: Stay at the first step, and judge nothing: for a person who moves it by hand.
    """

    to: str
    steps: tuple[Share, ...] = (5.0, 25.0, 50.0)
    every: Annotated[float, Meta(ge=0)] = 60.0
    guards: tuple[Guard, ...] = (Guard(figure="error_rate", worse=0.01), Guard(figure="latency_p95", worse=0.5))
    confidence: Annotated[float, Meta(gt=0.5, lt=1)] = 0.95
    sticky: str = ""
    hold: bool = False

    def __post_init__(self) -> None:
        _check_sticky(self.sticky)
        if not self.steps:
            raise InputError("the canary has no steps", expected="one or more percents, such as 5, 25, 50")


class Experiment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An A/B test.

    Attributes:
        arms: The arms and their weights; the first is what the others are compared with.
        sticky: The header or, as ``column:name``, the column of the row whose value always gets the same arm.
        figure: What is compared: ``reward``, ``accuracy``, ``error``, or a key of feedback.
        confidence: How sure the readout must be, whenever it is looked at.
        effect: The smallest difference that matters: with it the readout says how much feedback is still needed.
        salt: Another one deals the same callers differently.
    """

    arms: Mapping[str, Annotated[float, Meta(ge=0)]]
    sticky: str = ""
    figure: str = "reward"
    confidence: Annotated[float, Meta(gt=0.5, lt=1)] = 0.95
    effect: float | None = None
    salt: str = ""

    def __post_init__(self) -> None:
        _check_sticky(self.sticky)
        if len(self.arms) < 2 or not sum(self.arms.values()) > 0:
            raise InputError(
                f"the arms of the experiment are {dict(self.arms)}", expected="two or more, with weights"
            )


class Bandit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A policy that learns from rewards which arm is best, and asks it more and more often.

    Attributes:
        arms: The arms; nothing is known of any of them at first.
        policy: How it chooses.
        epsilon: With ``epsilon_greedy``: the share of requests for which chance decides.
        decay: With ``epsilon_greedy``: by how much that share shrinks with every reward.
        alpha: With ``ucb`` and ``linucb``: how much an arm is favoured for being little known.
        prior: With ``thompson``: successes and failures that every arm begins with (Beta).
        kind: With ``thompson`` and ``ucb``: what rewards are: 0 or 1, or any numbers.
        context: With ``linucb`` and ``linear_thompson``: the columns of the row that the choice depends on; texts
            as ``name=value``. A constant is always among them.
        ridge: With these: how strongly weights are held to zero.
        noise: With ``linear_thompson``: the standard deviation of rewards around what is expected.
        reward: The key of feedback that is the reward.
        explore: Each arm's least share of a hundred requests, whatever the policy says.
        seed: Of the chance; another one for each process by default.
    """

    arms: tuple[str, ...]
    policy: PolicyName = "thompson"
    epsilon: Annotated[float, Meta(ge=0, le=1)] = 0.1
    decay: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    alpha: Annotated[float, Meta(ge=0)] = 1.0
    prior: tuple[float, float] = (1.0, 1.0)
    kind: Literal["binary", "number"] = "binary"
    context: tuple[str, ...] = ()
    ridge: Annotated[float, Meta(gt=0)] = 1.0
    noise: Annotated[float, Meta(gt=0)] = 1.0
    reward: str = "reward"
    explore: Share = 0.0
    seed: int | None = None

    def __post_init__(self) -> None:
        if not self.arms or len(set(self.arms)) < len(self.arms):
            raise InputError(f"the arms of the bandit are {list(self.arms)}", expected="at least one, each once")
        linear = self.policy in ("linucb", "linear_thompson")
        if linear is not bool(self.context):
            wanted = "columns for its context" if linear else "no context, or policy linucb or linear_thompson"
            raise InputError(f"policy {self.policy!r} with context {list(self.context)}", expected=wanted)


class Rollout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which version of a model answers those who ask for none: at most one of canary, experiment and bandit.

    Attributes:
        primary: The label or version that answers; by default the newest version. Moving a label from one loaded
            version to another is what is called blue-green.
        shadow: A version that is asked besides.
        canary: A version that replaces the primary one step by step.
        experiment: Versions that are compared.
        bandit: Versions of which the best is to be found.
        header: The header by which a caller names the arm that answers; empty if nobody may.
        learn_forced: Whether feedback about requests whose caller named the arm counts like any other. Such
            callers are seldom like the others, and a bandit that believes them is misled.
    """

    primary: str = ""
    shadow: Shadow | None = None
    canary: Canary | None = None
    experiment: Experiment | None = None
    bandit: Bandit | None = None
    header: str = HEADER
    learn_forced: bool = False

    def __post_init__(self) -> None:
        _check_header(self.header, "header")
        given = [name for name in ("canary", "experiment", "bandit") if getattr(self, name) is not None]
        if len(given) > 1:
            raise InputError(f"the rollout says {' and '.join(given)}", expected="one of them")


def _check_sticky(sticky: str) -> None:
    if sticky == "column:":
        raise InputError("sticky names no column", expected="column:NAME")
    if not sticky.startswith("column:"):
        _check_header(sticky, "sticky")


def _check_header(name: str, what: str) -> None:
    if name and _TOKEN.fullmatch(name) is None:
        raise InputError(f"{what} is {name!r}, which no header can be called", expected="such as x-user")
