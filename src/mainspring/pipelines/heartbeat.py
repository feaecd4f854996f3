"""The heartbeat of a run: keeps its leases, and listens for a request to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import cast

from mainspring.core.errors import ConflictError, MainspringError, NotFoundError, StateError
from mainspring.core.records import Execution, Kind
from mainspring.pipelines.reviving import LEASE_SECONDS
from mainspring.store.ports import MetadataStore

_BEAT = 1.0
_RENEWED_EVERY = 5


class Heartbeat:
    """A thread that beats while a run is in motion.

    Args:
        store: The record.
        run: The run's execution.
        worker: Who holds its lease.
        steps: Gives the executions of steps that run at this moment.
        stop: Called, once, with the reason why the run should stop.
    """

    def __init__(
        self,
        store: MetadataStore,
        run: int,
        worker: str,
        steps: Callable[[], Collection[int]],
        stop: Callable[[str], None],
    ) -> None:
        self.lost = False
        """Whether the run is not ours any more."""
        self._store = store
        self._run = run
        self._worker = worker
        self._steps = steps
        self._stop = stop
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beats, name="mainspring-heartbeat", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _beats(self) -> None:
        beats, told = 0, False
        while not self._over.wait(_BEAT):
            beats += 1
            try:
                reason = None if told else self._asked_to_stop()
                if beats % _RENEWED_EVERY == 0:
                    self._renew()
            except (ConflictError, StateError, NotFoundError) as error:
                self.lost = True
                self._stop(f"the run was taken over: {error}")
                return
            except MainspringError:
                continue  # a database that is busy or away for a moment: the lease outlasts some missed beats
            if reason is not None:
                told = True
                self._stop(reason)

    def _asked_to_stop(self) -> str | None:
        run = cast("Execution", self._store.get(Kind.EXECUTION, [self._run])[0])
        asked = run.custom.get("cancel")
        return f"cancelled by {asked.get('by')}: {asked.get('reason')}" if isinstance(asked, Mapping) else None

    def _renew(self) -> None:
        self._store.lease(self._run, self._worker, LEASE_SECONDS)
        for step in self._steps():
            with suppress(StateError):
                self._store.lease(step, self._worker, LEASE_SECONDS)
