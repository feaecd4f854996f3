"""The objectives of a server: looked at again and again, and told of."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from mainspring.core.clock import Clock, now
from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.verdicts import Verdict
from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.registry import Figures, Registry
from mainspring.serving.telemetry.slo.burning import Status, alerts_of, status_of
from mainspring.serving.telemetry.slo.counting import count
from mainspring.serving.telemetry.slo.history import STEP, History
from mainspring.serving.telemetry.slo.objective import Objective
from mainspring.serving.telemetry.snapshot import Snapshot


class Objectives:
    """The objectives of a server. For the thread of its event loop.

    Args:
        objectives: What is asked of it.
        registry: What it counts.
        folder: Where histories lie that its processes share; ``None`` for memory of this process.
        run: A number of this run of the server, the same in all its processes.

    Raises:
        InputError: If two have the same name.
    """

    def __init__(
        self,
        objectives: Sequence[Objective],
        registry: Registry,
        *,
        folder: Path | None = None,
        run: float = 0.0,
        clock: Clock = now,
    ) -> None:
        check_names(objectives)
        self._registry, self._clock = registry, clock
        self._statuses: list[Status] = []
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        self._histories: dict[str, tuple[Objective, History]] = {
            one.name: (one, History(None if folder is None else _place(folder, one), run=run))
            for one in objectives
        }
        self._watch()

    def look(self) -> None:
        """Take in what was counted up to now, and see how the objectives stand."""
        moment = self._clock()
        snapshot = self._registry.snapshot() if self._histories else Snapshot()
        for objective, history in self._histories.values():
            history.look(count(objective, snapshot), moment)
        self._judge(moment)

    @property
    def statuses(self) -> list[Status]:
        """How all objectives stood when this process looked last."""
        return self._statuses

    def told(self, name: str | None = None) -> Mapping[str, Any]:
        """What ``GET /v2/slo`` answers, and ``GET /v2/slo/{name}``: all objectives, or one.

        Raises:
            NotFoundError: If there is no objective of this name.
        """
        if name is not None and name not in self._histories:
            known = ", ".join(map(repr, self._histories)) or "none"
            raise NotFoundError(f"there is no objective {name!r}", expected=f"one of: {known}")
        self.look()
        statuses = [one for one in self._statuses if name in (None, one.objective.name)]
        if name is not None:
            return statuses[0].as_dict()
        verdict = verdict_of(statuses)
        return {"ok": verdict.ok, "objectives": [one.as_dict() for one in statuses]}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look every ten seconds, on the loop of the server."""

        async def again() -> None:
            while True:
                moment = self._clock()
                if any(moment - history.looked >= STEP for _, history in self._histories.values()):
                    self.look()
                else:  # another process did
                    self._judge(moment)
                await asyncio.sleep(STEP)

        if not self._histories:
            yield
            return
        looking = asyncio.create_task(again())
        try:
            yield
        finally:
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking
            for _, history in self._histories.values():
                history.close()

    def _judge(self, moment: float) -> None:
        self._statuses = [status_of(objective, history, moment) for objective, history in self._histories.values()]

    def _watch(self) -> None:
        if not self._histories:
            return
        watch = self._registry.watch
        watch(schema.SLO_TARGET, lambda: _targets(objective for objective, _ in self._histories.values()))
        watch(schema.SLO_BUDGET, lambda: {(one.objective.name,): one.budget_left for one in self._statuses})
        watch(schema.SLO_BURN, lambda: _burns(self._statuses))
        watch(schema.SLO_FIRING, lambda: _firing(self._statuses))


def check_names(objectives: Sequence[Objective]) -> None:
    """Look for objectives that cannot be told apart.

    Raises:
        InputError: If two have the same name.
    """
    names = [one.name for one in objectives]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"there is more than one objective called {', '.join(map(repr, twice))}",
            fix="give each a name of its own",
        )


def verdict_of(statuses: Sequence[Status]) -> Verdict:
    """One verdict over all objectives."""
    none: Verdict = Verdict.of("slo", [])
    return none.merge(*(status.verdict for status in statuses))


def _targets(objectives: Iterable[Objective]) -> Figures:
    return {(one.name, one.model, one.kind): one.target for one in objectives}


def _burns(statuses: Iterable[Status]) -> Figures:
    return {(one.objective.name, window): rate for one in statuses for window, rate in one.burn.items()}


def _firing(statuses: Iterable[Status]) -> Figures:
    found: dict[tuple[str, ...], float] = {}
    for one in statuses:
        for alert in alerts_of(one.objective):
            key = (one.objective.name, alert.severity)
            found[key] = max(found.get(key, 0.0), float(alert in one.firing))
    return found


def _place(folder: Path, objective: Objective) -> Path:
    """A file of its own for every wording: one that was changed begins anew."""
    print_ = hashlib.sha256(msgspec.json.encode(objective)).hexdigest()[:12]
    return folder / f"{objective.name}-{print_}.slo"
