"""Canaries that go on by themselves: judged again and again, promoted or rolled back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec.structs import replace

from mainspring.core.clock import Clock, now
from mainspring.core.errors import MainspringError
from mainspring.core.verdicts import Reason, Verdict
from mainspring.serving.repeating import repeated
from mainspring.serving.rollout import steps
from mainspring.serving.rollout.desk import GATE, Desk, Look, figures
from mainspring.serving.rollout.history import Kind
from mainspring.serving.rollout.leading import Leadership
from mainspring.serving.rollout.options import Canary
from mainspring.serving.rollout.rollouts import Rollouts
from mainspring.serving.rollout.standing import Counted, Standing

_LOG = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
"""How often rollouts are looked at."""


class Conductor:
    """Decides about the canaries of a server, in one of its processes; all of them follow.

    Args:
        rollouts: Of this process.
        desk: Where figures are, and decisions are written down.
    """

    def __init__(self, rollouts: Rollouts, desk: Desk, *, clock: Clock = now) -> None:
        self._rollouts, self._desk, self._clock = rollouts, desk, clock
        self._leading: Leadership | None = None
        self._set_back: dict[str, tuple[int, float]] = {}

    async def look(self) -> None:
        """Look at every rollout once."""
        for model in list(self._rollouts):
            self._rollouts.catch_up(model)
        if not self._rollouts:
            return
        if self._leading is None:
            self._leading = Leadership(self._rollouts.state.folder / ".leader")
        if not self._leading.hold():
            return
        for model in list(self._rollouts):
            try:
                await self._decide(model)
            except MainspringError as error:
                _LOG.warning("the rollout of model %r was not judged: %s", model, error)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look again and again, on the loop of the server."""
        try:
            async with repeated(self.look, seconds=LOOK_SECONDS, complaint="rollouts could not be looked at"):
                yield
        finally:
            if self._leading is not None:
                self._leading.let_go()

    async def _decide(self, model: str) -> None:
        rolling = self._rollouts.get(model)
        if rolling is None:
            return
        standing, rollout = rolling.standing, rolling.rollout
        known = self._rollouts.kept(model)
        if known is None or known.plan != standing.plan:
            if rollout.canary is not None or rollout.experiment is not None or rollout.bandit is not None:
                await self._begin(self._desk.look(model))
        elif standing.phase == "running" and rollout.canary is not None:
            await self._judge(self._desk.look(model), rollout.canary)
        elif standing.phase == "running" and rollout.experiment is not None and not standing.concluded:
            await self._read_out(self._desk.look(model))

    async def _begin(self, look: Look) -> None:
        standing, model = look.rolling.standing, look.rolling.model
        again = any(one.plan == standing.plan for one in self._desk.history(model))
        began = steps.begun(standing, look.counted if again else Counted())
        arms = ", ".join(f"{arm.name} (version {arm.version})" for arm in look.rolling.arms)
        told = f"requests are divided by {look.rolling.policy}: {arms}"
        verdict = Verdict.of(GATE, [Reason(ok=True, code="BEGAN", message=told)], figures(look))
        await self._desk.change(look, began, "began", verdict)

    async def _judge(self, look: Look, canary: Canary) -> None:
        """Bring a canary on its way, as its guards say."""
        rolling, moment = look.rolling, self._clock()
        standing = rolling.standing
        # It takes milliseconds for each guard: others shall be answered meanwhile.
        judgements = await asyncio.to_thread(look.judgements)
        answer = steps.decided(canary, self._by_clock(rolling.model, standing, moment), judgements, moment)
        if answer == "stay":
            return
        reasons = [one.reason() for one in judgements] or [
            Reason(ok=True, code="NO_GUARDS", message="nothing is asked of the candidate but to wait")
        ]
        verdict = Verdict.of(GATE, reasons, figures(look, judgements))
        candidate = rolling.arms[1]
        kind: Kind
        if answer == "roll back":
            kind, fresh = "rolled_back", steps.rolled_back(standing, moment)
        elif answer == "advance":
            kind, fresh = "advanced", steps.advanced(standing, canary, look.counted, moment)
        else:
            labels = rolling.declared_labels
            kind, fresh = (
                "promoted",
                steps.promoted(standing, rolling.rollout, candidate.version, labels, moment),
            )
        await self._desk.change(look, fresh, kind, verdict, arm=candidate.name)
        _LOG.warning("the rollout of model %r: %s %s", rolling.model, candidate.name, kind.replace("_", " "))

    def _by_clock(self, model: str, standing: Standing, moment: float) -> Standing:
        """How a rollout stands by a clock that may have been set back: no step began in the future."""
        number, since = self._set_back.get(model, (-1, 0.0))
        if number != standing.number:
            if moment >= standing.since:
                return standing
            since = moment
            self._set_back[model] = (standing.number, since)
        return replace(standing, since=min(since, standing.since))

    async def _read_out(self, look: Look) -> None:
        """Say once that an experiment has found a better arm; what becomes of it is for people to decide."""
        readout = await asyncio.to_thread(look.readout)
        if readout is None or not readout.best or not readout.sound:
            return
        reasons = [
            Reason(
                ok=True,
                code="DIFFERENT" if one.significant else "NOT_SURE",
                message=f"{arm} against {readout.primary}: {one.difference:.6g}, from {one.lower:.3g} to "
                f"{one.upper:.3g} with confidence {one.confidence:g}; {one.counts[1]} and {one.counts[0]} values",
                subject=arm,
                observed=one.difference,
            )
            for arm, one in readout.comparisons.items()
        ]
        verdict = Verdict.of(GATE, reasons, {**figures(look), "readout": readout.as_dict()})
        fresh = steps.concluded(look.rolling.standing, readout.best)
        await self._desk.change(look, fresh, "concluded", verdict, arm=readout.best)
