"""Rollouts, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mainspring.app.api.subjects.deployments.rollouts import Guard, Standing
from mainspring.serving.rollout.history import Event
from mainspring.serving.rollout.options import Rollout

PHASES: Final[Mapping[str, tuple[str, str]]] = {
    "running": ("running", "runs"),
    "held": ("held", "held"),
    "promoted": ("complete", "promoted"),
    "rolled_back": ("failed", "rolled back"),
}
"""The sign and the word of every phase."""

POLICIES: Final[Mapping[str, str]] = {
    "canary": "canary",
    "experiment": "A/B test",
    "primary": "one version",
    "epsilon_greedy": "bandit (epsilon-greedy)",
    "ucb": "bandit (UCB)",
    "thompson": "bandit (Thompson sampling)",
    "linucb": "bandit (LinUCB)",
    "linear_thompson": "bandit (linear Thompson sampling)",
}

EVENTS: Final[Mapping[str, tuple[str, str]]] = {
    "began": ("running", "began"),
    "advanced": ("running", "went to its next step"),
    "shared": ("running", "its share was set"),
    "promoted": ("complete", "was promoted"),
    "rolled_back": ("failed", "was rolled back"),
    "held": ("held", "was held"),
    "resumed": ("running", "went on"),
    "concluded": ("complete", "found a better arm"),
}

ANSWERS: Final[Mapping[str, tuple[str, str]]] = {
    "good": ("ok", "satisfied"),
    "bad": ("failed", "broken"),
    "unknown": ("waiting", "not sure yet"),
}

_NEXT: Final[Mapping[str, str]] = {
    "stay": "It stays at this step.",
    "advance": "It goes to the next step at the next look.",
    "promote": "It is promoted at the next look.",
    "roll back": "It is rolled back at the next look.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of a canary.

    Attributes:
        percent: How many of a hundred requests its candidate gets.
        state: ``done``, ``now``, or ``next``.
    """

    percent: float
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """How a rollout stands, in words.

    Attributes:
        sign: The name of its sign.
        word: Its phase in a word.
        kind: What kind of rollout it is.
        sentences: What there is to say.
        until: When its step may end; ``None`` if that is not said.
        steps: The steps of a canary.
        candidate: The arm of a canary that gets more and more.
    """

    sign: str
    word: str
    kind: str
    sentences: Sequence[str]
    until: float | None
    steps: Sequence[Step]
    candidate: str


def told(standing: Standing, rollout: Rollout | None) -> Story:
    """How a rollout stands, in words."""
    sign, word = PHASES.get(standing.phase, ("waiting", standing.phase))
    canary = standing.canary
    declared = None if rollout is None else rollout.canary
    until = None
    if canary is not None and declared is not None and standing.phase == "running":
        until = standing.since + declared.every
    return Story(
        sign=sign,
        word=word,
        kind=_kind(standing, rollout),
        sentences=_sentences(standing),
        until=until,
        steps=_steps(standing),
        candidate=declared.to if declared is not None else "",
    )


def reason_of(event: Event) -> str:
    """Why something was decided, without who did, who is told beside it."""
    messages = [one.message for one in event.judged.reasons]
    if event.by and len(messages) == 1:
        _, mark, rest = messages[0].partition(": ")
        return rest if mark else ""
    return "; ".join(messages)


def _kind(standing: Standing, rollout: Rollout | None) -> str:
    if rollout is None:
        return POLICIES.get(standing.policy, standing.policy)
    if rollout.canary is not None and standing.canary is not None:
        return "canary"
    if rollout.experiment is not None:
        return "A/B test"
    if rollout.bandit is not None:
        return POLICIES[rollout.bandit.policy]
    return "shadow" if rollout.shadow is not None else "one version"


def _sentences(standing: Standing) -> list[str]:
    version = standing.primary["version"]
    if standing.phase == "promoted":
        return [f"Version {version} was promoted, and answers everything."]
    if standing.phase == "rolled_back":
        return [f"Version {version} alone answers, as before the rollout."]
    canary = standing.canary
    if canary is None:
        return _others(standing)
    by_hand = ", set by hand" if canary.by_hand else ""
    step = f"step {canary.step} of {len(canary.steps)}"
    found = [f"The candidate gets {canary.share:g} % of the requests{by_hand}: {step}."]
    if standing.phase == "held":
        return [*found, "Nothing is decided until somebody resumes it."]
    return [*found, _guards(canary.guards), _NEXT.get(canary.next, "")]


def _others(standing: Standing) -> list[str]:
    """What there is to say of a rollout that is no canary."""
    if standing.experiment is not None:
        best = standing.experiment.best
        return [f"{best} is surely better: promote it when you like." if best else "No arm is surely better yet."]
    if standing.policy == "primary":
        return [f"Version {standing.primary['version']} answers everything."]
    return ["The likelier an arm is the best, the more requests it gets."]


def _guards(guards: Sequence[Guard]) -> str:
    if not guards:
        return "Nothing is asked of it but to wait."
    counts = {answer: sum(one.answer == answer for one in guards) for answer in ANSWERS}
    said = [f"{count} {ANSWERS[answer][1]}" for answer, count in counts.items() if count]
    return (
        f"Of its {len(guards)} guards: {', '.join(said)}." if len(guards) > 1 else f"Its guard is {said[0][2:]}."
    )


def _steps(standing: Standing) -> list[Step]:
    if standing.canary is None:
        return []
    now = standing.canary.step - 1
    over = standing.phase == "promoted"

    def state(place: int) -> str:
        if over or place < now:
            return "done"
        return "now" if place == now and not standing.over else "next"

    return [Step(percent=percent, state=state(place)) for place, percent in enumerate(standing.canary.steps)]
