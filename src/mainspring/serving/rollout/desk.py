"""How the rollouts of a server stand, for whoever asks, and how people change that."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from mainspring.core.clock import Clock, now
from mainspring.core.errors import ConflictError, InputError, NotFoundError, UnavailableError
from mainspring.core.verdicts import Reason, Verdict
from mainspring.serving.ports import Control
from mainspring.serving.rollout import history, steps, tally
from mainspring.serving.rollout.experiments import Judgement, Readout, judge_all
from mainspring.serving.rollout.experiments import read as read_out
from mainspring.serving.rollout.figures import (
    ACCURACY,
    ERROR,
    ArmFigures,
    Sample,
    figures_of,
    named,
    read_row,
    sample_of,
)
from mainspring.serving.rollout.history import Event, Kind
from mainspring.serving.rollout.options import Canary
from mainspring.serving.rollout.rolling import Rolling
from mainspring.serving.rollout.rollouts import Rollouts
from mainspring.serving.rollout.standing import Counted, Standing

GATE = "rollout"
"""The gate of verdicts about rollouts."""

Verb: TypeAlias = Literal["promote", "rollback", "hold", "resume", "advance", "share"]
VERBS: tuple[Verb, ...] = ("promote", "rollback", "hold", "resume", "advance", "share")

_KINDS: Mapping[Verb, Kind] = {
    "promote": "promoted",
    "rollback": "rolled_back",
    "hold": "held",
    "resume": "resumed",
    "advance": "advanced",
    "share": "shared",
}


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of a rollout at a moment, over all processes.

    Attributes:
        rolling: The rollout.
        all: Its arms, since it was declared so.
        step: Its arms, since its step began.
        counted: What had been counted at that moment.
    """

    rolling: Rolling
    all: tuple[ArmFigures, ...]
    step: tuple[ArmFigures, ...]
    counted: Counted

    def judgements(self) -> list[Judgement]:
        """What the guards of a canary say of its step; nothing for another rollout."""
        canary = self.rolling.rollout.canary
        if canary is None:
            return []
        primary, candidate = self.step
        return judge_all(canary.guards, primary, candidate, canary.confidence, edges=tally.EDGES)

    def readout(self) -> Readout | None:
        """What an experiment says; ``None`` for another rollout."""
        experiment = self.rolling.rollout.experiment
        if experiment is None:
            return None
        figure = experiment.figure
        values = {arm.arm: arm.samples.get(figure, Sample()) for arm in self.all}
        # Callers were dealt, not their requests: those of whom something is known are counted, each once.
        callers = bool(experiment.sticky) and not self.rolling.rollout.learn_forced
        dealt = {arm.arm: values[arm.arm].count if callers else arm.requests for arm in self.all}
        return read_out(
            values,
            dict(experiment.arms),
            kind="share" if figure == ACCURACY and not experiment.sticky else "mean",
            confidence=experiment.confidence,
            effect=experiment.effect,
            less_is_better=figure == ERROR,
            dealt={arm: count if experiment.arms[arm] else 0.0 for arm, count in dealt.items()},
        )


class Desk:
    """Tells and changes how rollouts stand. For the thread of the event loop.

    Args:
        rollouts: Of this process.
        control: Has all processes of the server follow a change.
    """

    def __init__(self, rollouts: Rollouts, control: Control, *, clock: Clock = now) -> None:
        self._rollouts, self._control, self._clock = rollouts, control, clock

    def rolling(self, model: str) -> Rolling:
        """The rollout of a model.

        Raises:
            NotFoundError: If it has none.
        """
        found = self._rollouts.get(model)
        if found is None:
            raise NotFoundError(
                f"model {model!r} has no rollout",
                expected="one of: " + (", ".join(map(repr, self._rollouts)) or "none"),
                fix="give the model the option rollout",
            )
        return found

    def look(self, model: str) -> Look:
        """What is known of the rollout of a model now.

        Raises:
            NotFoundError: If it has none.
        """
        self._rollouts.catch_up(model)
        rolling = self.rolling(model)
        standing, asked = rolling.standing, figures_of(rolling.rollout)
        rows = tally.total(self._rollouts.folder(model, standing.plan), len(rolling.arms))
        told: dict[str, Sample] = {}
        if rolling.bandit is not None:
            known = rolling.bandit.known
            for place, arm in enumerate(rolling.arms):
                told[named(asked[0], arm.name)] = sample_of(known, place)
        elif rolling.quality is not None:
            known = rolling.quality.known()
            told = {name: sample_of(known, place) for place, name in enumerate(known.arms)}
        counted = Counted(rows, {name: (one.count, one.sum, one.squares) for name, one in told.items()})
        return Look(
            rolling, _arms(rolling, asked, counted), _arms(rolling, asked, _since(counted, standing)), counted
        )

    async def told(self, model: str) -> dict[str, Any]:
        """How the rollout of a model stands, as plain values for JSON.

        What takes milliseconds, guards and readouts, is computed in a thread.

        Raises:
            NotFoundError: If it has none.
        """
        look = self.look(model)
        rolling = look.rolling
        standing, rollout = rolling.standing, rolling.rollout
        found: dict[str, Any] = {
            "model": model,
            "policy": rolling.policy,
            "phase": standing.phase,
            "number": standing.number,
            "since": standing.since,
            "began": standing.began,
            "primary": {"arm": rolling.primary.name, "version": rolling.primary.version},
            "arms": [
                {**one.as_dict(), "share": share} for one, share in zip(look.all, rolling.shares, strict=True)
            ],
        }
        judgements, readout = await asyncio.to_thread(lambda: (look.judgements(), look.readout()))
        if rollout.canary is not None:
            found["canary"] = {
                "step": standing.step + 1,
                "steps": list(rollout.canary.steps),
                "share": 0.0 if standing.over else steps.share_of(standing, rollout.canary),
                "by_hand": standing.share is not None,
                "arms": [one.as_dict() for one in look.step],
                "guards": [one.as_dict() for one in judgements],
                "next": steps.decided(rollout.canary, standing, judgements, self._clock()),
            }
        if readout is not None:
            found["experiment"] = readout.as_dict()
        if rollout.shadow is not None and rolling.shadow is not None:
            shadow = {"arm": rollout.shadow.to, "version": rolling.shadow.served.version}
            found["shadow"] = {**shadow, **rolling.shadow.report().as_dict()}
        return found

    def history(self, model: str) -> list[Event]:
        """What was decided about the rollouts of a model, oldest first."""
        return list(history.read(self._rollouts.state.of(model)))

    async def act(
        self,
        model: str,
        verb: Verb,
        *,
        arm: str = "",
        share: float | None = None,
        by: str = "",
        reason: str = "",
        seen: int | None = None,
    ) -> Event:
        """Do what a person asks for.

        Args:
            model: The model.
            verb: What is asked for.
            arm: Which arm is to be promoted; by default the candidate of a canary.
            share: How many of a hundred requests the candidate of a canary is to get, of ``share``.
            by: Who asks.
            reason: Why.
            seen: The number of the change up to which they know the rollout.

        Raises:
            NotFoundError: If the model has no rollout.
            InputError: If there is no such arm or share, or the rollout is of another kind.
            ConflictError: If the rollout is over, or was changed since they looked or at the same moment.
        """
        look = self.look(model)
        if seen not in (None, look.rolling.standing.number):
            raise self._changed_since(model)
        rolling, moment = look.rolling, self._clock()
        standing, canary = rolling.standing, rolling.rollout.canary
        if verb == "promote":
            fresh, arm = self._promoted(rolling, arm, moment)
        elif verb == "rollback":
            fresh = steps.rolled_back(standing, moment)
        elif canary is None:
            raise InputError(f"{verb} is asked of a rollout by {rolling.policy}", expected="a canary")
        elif verb == "hold":
            fresh = steps.held(standing, moment)
        elif verb == "resume":
            fresh = steps.resumed(standing, look.counted, moment)
        elif verb == "advance":
            fresh = steps.advanced(standing, canary, look.counted, moment)
        else:
            fresh, arm = self._shared(look, canary, share, moment), canary.to
        done = _KINDS[verb].replace("_", " ") if fresh.share is None or verb != "share" else f"{fresh.share:g} %"
        told = f"{done} by {by or 'hand'}" + (f": {reason}" if reason else "")
        judgements = await asyncio.to_thread(look.judgements)
        by_hand = Reason(ok=verb != "rollback", code="BY_HAND", message=told, subject=arm or None)
        verdict = Verdict.of(GATE, [by_hand], figures(look, judgements))
        return await self.change(look, fresh, _KINDS[verb], verdict, arm=arm, by=by or "hand")

    async def change(
        self, look: Look, fresh: Standing, kind: Kind, verdict: Verdict, *, arm: str = "", by: str = ""
    ) -> Event:
        """Write down that a rollout stands otherwise, and have all processes follow. It is written down first: a
        server that is killed in between follows when it is there again.

        Raises:
            ConflictError: If somebody else changed it since the look.
            UnavailableError: If it cannot be written down; then nothing changed.
        """
        rolling = look.rolling
        model, state = rolling.model, self._rollouts.state
        event = Event(
            number=fresh.number,
            time=self._clock(),
            model=model,
            kind=kind,
            verdict=verdict.as_dict(),
            versions={one.arm: one.version for one in look.all},
            arm=arm,
            step=fresh.step,
            share=fresh.share if kind == "shared" else None,
            by=by,
            plan=fresh.plan,
        )
        with state.alone(model):
            before = state.read(model)
            if before is not None and before.plan == fresh.plan and before.number != rolling.standing.number:
                raise ConflictError(
                    f"the rollout of model {model!r} was changed at the same moment",
                    fix="look at it, and ask again",
                )
            try:
                history.append(state.of(model), event)
                state.write(model, fresh)
            except OSError as error:
                raise UnavailableError(
                    f"what is decided about model {model!r} cannot be written down: {error.strerror}",
                    where=str(state.of(model)),
                    fix="make room on the disk, and ask again; nothing has changed",
                ) from error
        await self._control.arrange(model)
        return event

    def _changed_since(self, model: str) -> ConflictError:
        """Somebody decides about what they do not see any more."""
        last = next(reversed(self.history(model)), None)
        what = "" if last is None else f": {last.judged.reasons[0].message if last.judged.reasons else last.kind}"
        told = f"the rollout of model {model!r} has changed since you looked{what}"
        return ConflictError(f"{told}. Nothing was done: look, and decide anew")

    def _shared(self, look: Look, canary: Canary, share: float | None, moment: float) -> Standing:
        if share is None:
            raise InputError("it is not said how many requests the candidate is to get", expected="a share in %")
        return steps.shared(look.rolling.standing, canary, share, look.counted, moment)

    def _promoted(self, rolling: Rolling, name: str, moment: float) -> tuple[Standing, str]:
        canary = rolling.rollout.canary
        if not name and canary is not None:
            name = canary.to
        arm = rolling.named.get(name)
        if arm is None or not arm.version:
            raise InputError(
                f"there is no arm {name!r} to promote" if name else "it is not said which arm is to be promoted",
                expected="one of: " + ", ".join(rolling.named),
            )
        declared = rolling.declared_labels
        return steps.promoted(rolling.standing, rolling.rollout, arm.version, declared, moment), arm.name


def figures(look: Look, judgements: Sequence[Judgement] | None = None) -> dict[str, Any]:
    """The figures of a look, as details of a verdict.

    Args:
        look: The look.
        judgements: What guards say of it, if that is known already.
    """
    judgements = look.judgements() if judgements is None else judgements
    standing = look.rolling.standing
    return {
        "model": look.rolling.model,
        "policy": look.rolling.policy,
        "step": standing.step + 1,
        "since": standing.since,
        "arms": [one.as_dict() for one in look.step],
        "judgements": [one.as_dict() for one in judgements],
    }


def _since(counted: Counted, standing: Standing) -> Counted:
    before = standing.counted
    told = {name: _less(values, before.told.get(name, (0.0, 0.0, 0.0))) for name, values in counted.told.items()}
    return Counted(tally.since(counted.rows, before.rows), told)


def _less(now: tuple[float, float, float], before: tuple[float, float, float]) -> tuple[float, float, float]:
    return max(0.0, now[0] - before[0]), now[1] - before[1], max(0.0, now[2] - before[2])


def _arms(rolling: Rolling, names: list[str], counted: Counted) -> tuple[ArmFigures, ...]:
    # Hits are whole, but for the means of callers; that they were kept as a mean leaves a trace.
    experiment = rolling.rollout.experiment
    whole = ACCURACY if experiment is None or not experiment.sticky else None
    return tuple(
        read_row(
            row,
            arm.name,
            arm.version,
            {name: _sample(counted.told.get(named(name, arm.name)), whole=name == whole) for name in names},
        )
        for arm, row in zip(rolling.arms, counted.rows, strict=True)
    )


def _sample(values: tuple[float, float, float] | None, *, whole: bool) -> Sample:
    if values is None:
        return Sample()
    count, total, squares = values
    return Sample(count, min(float(round(total)), count), squares) if whole else Sample(*values)
