"""All that a server's process counts, watches and tells of: metrics, objectives and events, put together."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

from mainspring.core.clock import Clock, now
from mainspring.serving.call import Call
from mainspring.serving.repository import Repository
from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.events.examining import Examiner
from mainspring.serving.telemetry.events.options import EventOptions
from mainspring.serving.telemetry.events.recent import RecentEvents
from mainspring.serving.telemetry.events.sending import EventSender
from mainspring.serving.telemetry.events.telling import EventTeller
from mainspring.serving.telemetry.feedback_metrics import FeedbackMetrics, Judge
from mainspring.serving.telemetry.options import MetricsOptions
from mainspring.serving.telemetry.registry import Exposition, Figures
from mainspring.serving.telemetry.server_metrics import ServerMetrics
from mainspring.serving.telemetry.slo.objectives import Objectives
from mainspring.serving.telemetry.slo.options import SloOptions
from mainspring.serving.telemetry.watching import Log

Observer: TypeAlias = Callable[[Call], None]

_METRICS, _SLO, _EVENTS = MetricsOptions(), SloOptions(), EventOptions()


class Telemetry:
    """What a server's process counts, watches and tells of.

    Args:
        models: What it serves.
        metrics: What is counted, and how it is shown.
        slo: What is asked of it.
        events: What is looked for in rows and answers.
        ready: Whether it takes requests.
        log: Its log, if it has one.
        sinks: What sends events on; closed at the end.
        run_folder: What the processes of a server that has several share.
        worker: The place of this process among them.

    Attributes:
        metrics: Its metrics.
        registry: Where further metrics may be added.
        objectives: What is asked of it.
        feedback: Counts feedback.
    """

    def __init__(
        self,
        models: Repository,
        *,
        metrics: MetricsOptions = _METRICS,
        slo: SloOptions = _SLO,
        events: EventOptions = _EVENTS,
        ready: Callable[[], bool] = lambda: True,
        log: Log | None = None,
        sinks: Iterable[EventSender] = (),
        run_folder: Path | None = None,
        worker: int = 0,
        clock: Clock = now,
    ) -> None:
        self.metrics = ServerMetrics(
            models,
            metrics,
            ready=ready,
            log=log,
            folder=run_folder,
            worker=worker,
            request_bounds=slo.seconds,
            clock=clock,
        )
        registry = self.registry = self.metrics.registry
        self.objectives = Objectives(
            slo.objectives,
            registry,
            folder=Path(slo.folder) if slo.folder else run_folder,
            run=clock() if run_folder is None else _number_of(run_folder),
            clock=clock,
        )
        self.feedback = FeedbackMetrics(registry, slo.objectives)
        recent = RecentEvents(events.keep, run_folder if events.enabled else None)
        judge = Judge(registry, slo.objectives)
        self._senders = list(sinks)
        self._examiner = (
            Examiner(events, registry, recent, sinks=self._senders, judge=judge) if events.enabled else None
        )
        registry.watch(schema.EVENTS_SENT, self._sent)
        self._teller = EventTeller(models, recent, self._examiner)

    @property
    def observers(self) -> Sequence[Observer]:
        """Who has to be told of every finished call: what counts it, and what looks at it for events."""
        counting = self.metrics.instruments
        return (counting,) if self._examiner is None else (counting, self._examiner)

    def exposition(self, accept: str | None = None) -> Exposition:
        """What ``GET /metrics`` answers, for a caller with this header ``Accept``."""
        return self.metrics.exposition(accept)

    def slo(self, name: str | None = None) -> Mapping[str, Any]:
        """What ``GET /v2/slo`` and ``GET /v2/slo/{name}`` answer.

        Raises:
            NotFoundError: If there is no objective of this name.
        """
        return self.objectives.told(name)

    def events(self, model: str, version: str = "", last: int = 100) -> Mapping[str, Any]:
        """What ``GET /v2/models/{m}[/versions/{v}]/events?last=100`` answers.

        Raises:
            NotFoundError: If the model is not served.
            InputError: If ``last`` is out of range.
        """
        return self._teller.told(model, version, last)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Refresh metrics and look at objectives, on the loop of the server; at the end, let go of everything."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.metrics.running())
            await stack.enter_async_context(self.objectives.running())
            try:
                yield
            finally:
                if self._examiner is not None:
                    self._examiner.close()
                for sender in self._senders:
                    sender.close()

    def _sent(self) -> Figures:
        if not self._senders:
            return {}
        return {
            ("sent",): sum(one.sent for one in self._senders),
            ("dropped",): sum(one.dropped for one in self._senders),
        }


def _number_of(run_folder: Path) -> float:
    """A number that is the same in all processes of a run, and in no other run."""
    return float(int(hashlib.sha256(run_folder.name.encode()).hexdigest()[:12], 16))
