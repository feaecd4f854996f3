"""How rollouts stand, as the server tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from mainspring.app.api.subjects.deployments.asking import looked, place_of
from mainspring.core.errors import NotFoundError
from mainspring.serving.rollout.history import Event
from mainspring.serving.rollout.options import Rollout

if TYPE_CHECKING:
    from mainspring.serving.client import Client


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What feedback says of an arm, for one figure.

    Attributes:
        count: How many values.
        mean: Of them; ``None`` without any.
        deviation: Their standard deviation.
    """

    count: int = 0
    mean: float | None = None
    deviation: float = 0.0


class Arm(msgspec.Struct, frozen=True, kw_only=True):
    """One way that requests may go.

    Attributes:
        arm: Its name.
        version: The version that it stands for.
        share: The share of requests that it gets now; ``None`` where that depends on the request.
        requests: How many it was sent.
        errors: How many of them failed through the server's fault.
        error_rate: Their share.
        mean_seconds: How long one took on average.
        latency_p50: The time within which half of them was answered, in seconds.
        latency_p95: Likewise, of 95 of 100.
        latency_p99: Likewise, of 99 of 100.
        feedback: By figure.
    """

    arm: str
    version: str
    share: float | None = None
    requests: int = 0
    errors: int = 0
    error_rate: float | None = None
    mean_seconds: float | None = None
    latency_p50: float | None = None
    latency_p95: float | None = None
    latency_p99: float | None = None
    feedback: Mapping[str, Told] = {}


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two arms, compared; the interval holds whenever it is looked at.

    Attributes:
        primary: The figure of the primary arm.
        candidate: That of the other.
        difference: The other's less the primary's.
        lower: It is no less than that,
        upper: and no more, with the confidence.
        p_value: How odd this would be if there were no difference, for who looks again and again.
        counts: How many values of each.
        confidence: Of the interval.
        significant: Whether there surely is a difference.
    """

    primary: float | None = None
    candidate: float | None = None
    difference: float | None = None
    lower: float | None = None
    upper: float | None = None
    p_value: float | None = None
    counts: tuple[float, float] = (0, 0)
    confidence: float = 0.95
    significant: bool = False


class Guard(msgspec.Struct, frozen=True, kw_only=True):
    """What a guard says.

    Attributes:
        figure: What it compares.
        answer: ``good``, ``bad`` or ``unknown``.
        worse: By how much the candidate may be worse.
        lower: It is worse by no less,
        upper: and by no more; negative where it is better.
        comparison: The figures of both.
    """

    figure: str
    answer: str
    worse: float
    lower: float | None = None
    upper: float | None = None
    comparison: Comparison = Comparison()


class Canary(msgspec.Struct, frozen=True, kw_only=True):
    """Where a canary is on its way.

    Attributes:
        step: The number of its step, from 1.
        steps: How many of a hundred requests its candidate gets, step by step.
        share: How many it gets now.
        by_hand: Whether somebody set that.
        arms: Both arms, since the step began.
        guards: What they say.
        next: What it comes to: ``stay``, ``advance``, ``promote`` or ``roll back``.
    """

    step: int
    steps: tuple[float, ...]
    share: float = 0.0
    by_hand: bool = False
    arms: tuple[Arm, ...] = ()
    guards: tuple[Guard, ...] = ()
    next: str = "stay"


class Mismatch(msgspec.Struct, frozen=True, kw_only=True):
    """Whether arms got as many as they should.

    Attributes:
        counts: How many each got.
        expected: How many it should have got.
        p_value: For who looks once.
        always: For who looks again and again.
        found: Whether they surely did not.
    """

    counts: Mapping[str, float] = {}
    expected: Mapping[str, float] = {}
    p_value: float | None = None
    always: float | None = None
    found: bool = False


class Experiment(msgspec.Struct, frozen=True, kw_only=True):
    """What an A/B test says so far.

    Attributes:
        primary: The arm that others are compared with.
        comparisons: Each other arm, compared with it.
        mismatch: How the counts fit to the shares.
        sound: Whether anything may be concluded.
        best: The arm that is surely better; empty if none is.
        needed: How many more values it takes.
    """

    primary: str
    comparisons: Mapping[str, Comparison]
    mismatch: Mismatch = Mismatch()
    sound: bool = True
    best: str = ""
    needed: Mapping[str, int] | None = None


class OutputDifference(msgspec.Struct, frozen=True, kw_only=True):
    """How one output of a shadow differs.

    Attributes:
        rows: How many were compared.
        different: How many were different.
        share_different: Their share.
        mean_difference: Of numbers.
        largest_difference: Likewise.
    """

    rows: int = 0
    different: int = 0
    share_different: float | None = None
    mean_difference: float | None = None
    largest_difference: float | None = None


class ShadowExample(msgspec.Struct, frozen=True, kw_only=True):
    """A row that both were asked, and answered differently.

    Attributes:
        id: Of the request.
        row: Its place there.
        time: When.
        columns: What was asked.
        primary: What went out.
        shadow: What the shadow said.
        distance: How far that is from each other.
    """

    id: str
    row: int = 0
    time: float = 0.0
    columns: Mapping[str, Any] = {}
    primary: Mapping[str, Any] = {}
    shadow: Mapping[str, Any] = {}
    distance: float = 0.0


class Shadow(msgspec.Struct, frozen=True, kw_only=True):
    """How the answers of a shadow differ from those that went out.

    Attributes:
        arm: Its name.
        version: The version that it stands for.
        asked: Requests that both answered.
        different: How many of them differently.
        failed: Requests that it failed to answer.
        shed: Requests that it was spared.
        rows: Rows that were compared.
        rows_different: How many were different.
        share_different: Their share.
        outputs: By output.
        primary_mean_seconds: How long the model took that answered.
        shadow_mean_seconds: How long the shadow took.
        errors: Why it failed, and how often.
        examples: Rows that were answered differently, the most different first.
    """

    arm: str
    version: str
    asked: int = 0
    different: int = 0
    failed: int = 0
    shed: int = 0
    rows: int = 0
    rows_different: int = 0
    share_different: float | None = None
    outputs: Mapping[str, OutputDifference] = {}
    primary_mean_seconds: float | None = None
    shadow_mean_seconds: float | None = None
    errors: Mapping[str, int] = {}
    examples: tuple[ShadowExample, ...] = ()


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a rollout stands.

    Attributes:
        model: The model.
        policy: How requests are divided: ``canary``, ``experiment``, ``thompson`` …, ``primary`` if they are not.
        phase: ``running``, ``held``, ``promoted`` or ``rolled_back``.
        number: How often it has changed.
        since: When the step or phase began.
        began: When the rollout began.
        primary: The arm and the version that answer otherwise.
        arms: Its arms, since it was declared so.
        canary: Where a canary is.
        experiment: What an A/B test says.
        shadow: How a shadow differs.
    """

    model: str
    policy: str
    phase: str
    number: int
    since: float
    began: float
    primary: Mapping[str, str]
    arms: tuple[Arm, ...]
    canary: Canary | None = None
    experiment: Experiment | None = None
    shadow: Shadow | None = None

    @property
    def over(self) -> bool:
        """Whether requests are divided no more."""
        return self.phase in ("promoted", "rolled_back")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How a model is served, as far as pages show it.

    Attributes:
        labels: Versions by label, as they are declared.
        rollout: What is declared of its rollout.
        graph: What it is made of, if it is a graph.
    """

    labels: Mapping[str, str] = {}
    rollout: Rollout | None = None
    graph: Mapping[str, Any] | None = None


def standing_of(client: Client, model: str) -> Standing | None:
    """How the rollout of a model stands; ``None`` if it has none."""
    try:
        return msgspec.convert(looked(client, place_of(model, "/rollout")), Standing)
    except NotFoundError:
        return None


def history_of(client: Client, model: str) -> Sequence[Event]:
    """What was decided about the rollouts of a model, the newest first."""
    told = looked(client, place_of(model, "/rollout/history"))
    return [msgspec.convert(one, Event) for one in reversed(told["history"])]


def options_of(client: Client, model: str) -> Options:
    """How a model is served."""
    config = looked(client, place_of(model, "/config"))
    text = config.get("parameters", {}).get("options", {}).get("string_value", "{}")
    return msgspec.json.decode(text, type=Options)
