"""The reconciler beside the workers of a server: in a thread of the process that supervises them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from mainspring.core.errors import MainspringError, UnavailableError
from mainspring.serving.deploying.ports import Server
from mainspring.serving.deploying.reconciler import Reconciler
from mainspring.serving.orders import Load, Told
from mainspring.serving.workers.supervisor import Beside, Supervisor

_LOG = logging.getLogger(__name__)

T = TypeVar("T")

_SECONDS = 600.0
"""How long an order may take: large models take minutes to load."""


class SupervisedServer:
    """A :class:`mainspring.serving.deploying.ports.Server` of workers. For any thread but their supervisor's.

    Args:
        supervisor: Gives the orders.
        loop: The event loop that it runs on.
    """

    def __init__(self, supervisor: Supervisor, loop: asyncio.AbstractEventLoop) -> None:
        self._supervisor, self._loop = supervisor, loop

    def change(self, loads: Sequence[Load], unloads: Sequence[str]) -> None:
        """Serve these models so, and stop serving those.

        Raises:
            MainspringError: If a model cannot be loaded: nothing changed.
        """
        self._done(self._supervisor.change(loads, unloads))

    def expect(self, names: Sequence[str]) -> None:
        """Say which models will be served: without them the server is not ready."""
        self._done(self._supervisor.expect(names))

    def survey(self) -> Sequence[Mapping[str, Told]]:
        """What each worker that answers serves, by name."""
        return self._done(self._supervisor.survey())

    def _done(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result(_SECONDS)
        except (TimeoutError, asyncio.CancelledError) as error:
            raise UnavailableError("the workers did not follow an order in time") from error


def reconciling(make: Callable[[Server], Reconciler]) -> Beside:
    """What runs beside the workers of a server and makes them follow deployments; SIGHUP has it look at once.

    Args:
        make: Makes the reconciler of a server; it is called in the thread that it runs in.
    """

    @asynccontextmanager
    async def running(supervisor: Supervisor) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        made: list[Reconciler] = []
        asked = threading.Event()

        def run() -> None:
            while not asked.is_set():
                try:
                    reconciler = make(SupervisedServer(supervisor, loop))
                except MainspringError as error:
                    _LOG.error("deployments cannot be followed yet: %s", error)
                    asked.wait(_PAUSE_SECONDS)
                    continue
                made.append(reconciler)
                if not asked.is_set():
                    reconciler.run()
                return

        def wake() -> None:
            for one in made:
                one.wake()

        loop.add_signal_handler(signal.SIGHUP, wake)
        # A daemon: a model that takes long to load does not keep the server from ending.
        thread = threading.Thread(target=run, name="reconcile", daemon=True)
        thread.start()
        try:
            yield
        finally:
            asked.set()
            for one in made:
                one.stop()
            with contextlib.suppress(RuntimeError):
                await asyncio.to_thread(thread.join, _LAST_SECONDS)

    return running


_LAST_SECONDS = 2.0
_PAUSE_SECONDS = 5.0
