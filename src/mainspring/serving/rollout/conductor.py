"""Canaries that go on by themselves: judged again and again, promoted or rolled back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mainspring.core.clock import Clock, now
from mainspring.core.errors import MainspringError
from mainspring.core.verdicts import Reason, Verdict
from mainspring.serving.rollout import steps
from mainspring.serving.rollout.desk import GATE, Desk, Look, figures
from mainspring.serving.rollout.leading import Leadership
from mainspring.serving.rollout.rollouts import Rollouts
from mainspring.serving.rollout.standing import Counted

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

        async def again() -> None:
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                # Whatever goes wrong with one look, there is another.
                (failed,) = await asyncio.gather(self.look(), return_exceptions=True)
                if isinstance(failed, Exception):
                    _LOG.error("rollouts could not be looked at", exc_info=failed)

        looking = asyncio.create_task(again())
        try:
            yield
        finally:
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking
            if self._leading is not None:
                self._leading.let_go()

    async def _decide(self, model: str) -> None:
        rolling = self._rollouts.get(model)
        if rolling is None:
            return
        standing, canary = rolling.standing, rolling.rollout.canary
        divides = canary is not None or rolling.rollout.experiment is not None or rolling.bandit is not None
        known = self._rollouts.kept(model)
        if divides and (known is None or known.plan != standing.plan):
            look = self._desk.look(model)
            again = any(one.plan == standing.plan for one in self._desk.history(model))
            began = steps.begun(standing, look.counted if again else Counted())
            verdict = Verdict.of(GATE, [Reason(ok=True, code="BEGAN", message=_told_began(look))], figures(look))
            await self._desk.change(look, began, "began", verdict)
            return
        if canary is None or standing.phase != "running":
            return
        look, moment = self._desk.look(model), self._clock()
        judgements = look.judgements()
        answer = steps.decided(canary, standing, judgements, moment)
        if answer == "stay":
            return
        reasons = [one.reason() for one in judgements] or [
            Reason(ok=True, code="NO_GUARDS", message="nothing is asked of the candidate but to wait")
        ]
        verdict = Verdict.of(GATE, reasons, figures(look))
        candidate = rolling.arms[1]
        if answer == "roll back":
            await self._desk.change(
                look, steps.rolled_back(standing, moment), "rolled_back", verdict, arm=candidate.name
            )
        elif answer == "advance":
            fresh = steps.advanced(standing, canary, look.counted, moment)
            await self._desk.change(look, fresh, "advanced", verdict, arm=candidate.name)
        else:
            fresh = steps.promoted(standing, rolling.rollout, candidate.version, rolling.declared_labels, moment)
            await self._desk.change(look, fresh, "promoted", verdict, arm=candidate.name)
        _LOG.warning("the rollout of model %r: %s %s", model, candidate.name, answer)


def _told_began(look: Look) -> str:
    rolling = look.rolling
    arms = ", ".join(f"{arm.name} (version {arm.version})" for arm in rolling.arms)
    return f"requests are divided by {rolling.policy}: {arms}"
