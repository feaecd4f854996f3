"""The metrics of one prediction server: what it counts, watches and shows."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from mainspring.core.clock import Clock, now
from mainspring.serving.repository import Repository
from mainspring.serving.telemetry.aliases import views
from mainspring.serving.telemetry.instruments import Instruments
from mainspring.serving.telemetry.options import MetricsOptions
from mainspring.serving.telemetry.registry import Exposition, Registry
from mainspring.serving.telemetry.watching import Log, watch_log, watch_models, watch_process, watch_sinks

_PLAIN = MetricsOptions()


class ServerMetrics:
    """The metrics of a server's process.

    Args:
        models: What it serves.
        options: What is shown.
        ready: Whether it takes requests.
        log: Its log, if it has one.
        folder: The folder of the server's run, if it has several processes.
        worker: The place of this process among them.
        request_bounds: Times in seconds that objectives ask for.

    Attributes:
        registry: Where further metrics may be added.
        instruments: What counts finished calls: an observer.
    """

    def __init__(
        self,
        models: Repository,
        options: MetricsOptions = _PLAIN,
        *,
        ready: Callable[[], bool],
        log: Log | None = None,
        folder: Path | None = None,
        worker: int = 0,
        request_bounds: Sequence[float] = (),
        clock: Clock = now,
    ) -> None:
        self._models, self._options, self._clock = models, options, clock
        self.registry = Registry(folder, views=views(options.aliases), keep=options.keep_seconds, clock=clock)
        self.instruments = Instruments(self.registry, request_bounds=request_bounds)
        self._gone: dict[tuple[str, str], float] = {}
        self._known: set[tuple[str, str]] = set()
        watch_process(self.registry, ready=ready, worker=worker)
        watch_models(self.registry, models)
        if log is not None:
            watch_log(self.registry, log)
            watch_sinks(self.registry, log.folder)

    def exposition(self, accept: str | None = None) -> Exposition:
        """What ``/metrics`` answers, over all processes of the server; see :meth:`Registry.exposition`."""
        self._follow()
        return self.registry.exposition(accept)

    def refresh(self) -> None:
        """Say what is not counted but kept, and forget versions that were unloaded a while ago."""
        self._follow()
        self.registry.refresh()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Refresh again and again, on the loop of the server, and let go of the figures at the end."""

        async def again() -> None:
            while True:
                self.refresh()
                await asyncio.sleep(self._options.refresh_seconds)

        refreshing = asyncio.create_task(again())
        try:
            yield
        finally:
            refreshing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await refreshing
            self.registry.close()

    def _follow(self) -> None:
        """Begin the series of new versions with 0, and take away those of versions that are long gone."""
        moment, served = self._clock(), {(one.name, one.version): one.model for one in self._models}
        for names in served.keys() - self._known:
            self.instruments.prepare(*names, served[names].assertions)
        for names in self._known - served.keys():
            if moment - self._gone.setdefault(names, moment) > self._options.keep_seconds:
                self.instruments.forget(*names)
                del self._gone[names]
                self._known.discard(names)
        for names in served:
            self._gone.pop(names, None)
        self._known |= served.keys()
