"""From one standing to the next: pure rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from msgspec.structs import replace

from mainspring.core.errors import ConflictError, InputError
from mainspring.serving.rollout.experiments import Judgement
from mainspring.serving.rollout.options import Canary, Rollout
from mainspring.serving.rollout.standing import Counted, Phase, Standing

Next: TypeAlias = Literal["stay", "advance", "promote", "roll back"]


def decided(canary: Canary, standing: Standing, judgements: Sequence[Judgement], now: float) -> Next:
    """What a canary comes to, by what its guards say of the step that it is at.

    A guard that is broken ends it at once. For the next step every guard must be satisfied, and the step must have
    lasted; the last is followed by promotion. Without guards it goes on by time alone.

    Args:
        canary: Its options.
        standing: How it stands.
        judgements: What each guard says.
        now: The time, in seconds since the epoch.
    """
    if standing.phase != "running":
        return "stay"
    if any(one.answer == "bad" for one in judgements):
        return "roll back"
    if now - standing.since < canary.every or any(one.answer != "good" for one in judgements):
        return "stay"
    return "promote" if following(standing, canary) is None else "advance"


def share_of(standing: Standing, canary: Canary) -> float:
    """How many of a hundred requests the candidate of a canary gets, as long as requests are divided."""
    if standing.share is not None:
        return standing.share
    return canary.steps[min(standing.step, len(canary.steps) - 1)]


def following(standing: Standing, canary: Canary) -> int | None:
    """The step that comes next, from 0; ``None`` behind the last.

    Of a share that was set by hand, and that is less than what its step says, it is this step itself.
    """
    step = min(standing.step, len(canary.steps) - 1)
    if standing.share is not None and standing.share < canary.steps[step]:
        return step
    return step + 1 if step + 1 < len(canary.steps) else None


def begun(standing: Standing, counted: Counted) -> Standing:
    """The first of a declaration, with what had been counted before."""
    return replace(standing, number=standing.number + 1, counted=counted)


def concluded(standing: Standing, arm: str) -> Standing:
    """An experiment has found a better arm; requests are divided as before."""
    return replace(standing, number=standing.number + 1, concluded=arm)


def advanced(standing: Standing, canary: Canary, counted: Counted, now: float) -> Standing:
    """The next step; counting begins anew.

    Raises:
        ConflictError: If there is none.
    """
    step = following(standing, canary)
    if standing.over or step is None:
        raise ConflictError(
            f"the canary is at step {standing.step + 1} of {len(canary.steps)}", fix="promote it, or roll it back"
        )
    return _next(standing, now, phase=standing.phase, step=step, counted=counted)


def shared(standing: Standing, canary: Canary, percent: float, counted: Counted, now: float) -> Standing:
    """The candidate gets so many of a hundred requests from now on; counting begins anew, and guards go on.

    The step is the last one that gives no more than that, so that the next one gives more.

    Args:
        standing: How the rollout stood.
        canary: Its options.
        percent: From 0 to 100.
        counted: What had been counted.
        now: The time, in seconds since the epoch.

    Raises:
        InputError: If it is no share.
        ConflictError: If the rollout is over.
    """
    if not 0 <= percent <= 100:
        raise InputError(f"the share is {percent:g} %", expected="from 0 to 100 % of the requests")
    if standing.over:
        raise ConflictError(
            f"the rollout is over: it was {standing.phase.replace('_', ' ')}", fix="resume it, and ask again"
        )
    step = max((place for place, share in enumerate(canary.steps) if share <= percent), default=0)
    fresh = _next(standing, now, phase=standing.phase, step=step, counted=counted)
    return replace(fresh, share=float(percent))


def promoted(
    standing: Standing, rollout: Rollout, version: str, labels: Mapping[str, str], now: float
) -> Standing:
    """A version is the primary one from now on, and so is the label of the primary one; the rollout is over.

    Args:
        standing: How the rollout stood.
        rollout: Its declaration.
        version: The version that becomes the primary one.
        labels: The labels of the model, as they are declared.
        now: The time, in seconds since the epoch.
    """
    moved = {rollout.primary: version} if rollout.primary in labels else {}
    return replace(_next(standing, now, phase="promoted", step=standing.step), primary=version, labels=moved)


def rolled_back(standing: Standing, now: float) -> Standing:
    """The version that was the primary one by declaration is it again, alone; the rollout is over."""
    return replace(_next(standing, now, phase="rolled_back", step=standing.step), primary="", labels={})


def held(standing: Standing, now: float) -> Standing:
    """Nothing is decided until it goes on.

    Raises:
        ConflictError: If the rollout is over.
    """
    if standing.over:
        raise ConflictError(f"the rollout is over: it was {standing.phase.replace('_', ' ')}")
    return replace(standing, number=standing.number + 1, phase="held")


def resumed(standing: Standing, counted: Counted, now: float) -> Standing:
    """It goes on at its step, counting anew; one that is over begins again at its first.

    Raises:
        InputError: If it runs.
    """
    if standing.phase == "running":
        raise InputError("the rollout runs already", expected="one that is held or over")
    step = 0 if standing.over else standing.step
    fresh = _next(standing, now, phase="running", step=step, counted=counted)
    return replace(fresh, primary="", labels={}, share=None if standing.over else standing.share)


def _next(standing: Standing, now: float, *, phase: Phase, step: int, counted: Counted | None = None) -> Standing:
    counted = counted or Counted()
    return Standing(
        plan=standing.plan,
        number=standing.number + 1,
        phase=phase,
        step=step,
        since=now,
        began=standing.began,
        primary=standing.primary,
        labels=standing.labels,
        counted=counted,
    )
