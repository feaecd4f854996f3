"""Running a prediction server in this process until it is told to stop."""

from __future__ import annotations

import gc
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import uvicorn

from mainspring.core.errors import InputError, UnavailableError
from mainspring.serving.dispatch import Dispatcher
from mainspring.serving.endpoint import MAX_BODY, Endpoint
from mainspring.serving.endpoint.instruments import Instruments
from mainspring.serving.log_observer import LogObserver
from mainspring.serving.opening import open_model
from mainspring.serving.prediction_log import PredictionLog
from mainspring.serving.repository import Given, ModelOptions, PackageAt, Repository

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_KEEP_ALIVE_SECONDS = 75
_GRACE_SECONDS = 30


def serve(
    packages: Sequence[PackageAt],
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    log_folder: Path | None = None,
    threads: int = 1,
    drain: float = 0.0,
    max_body: int = MAX_BODY,
    explainer_url: str | None = None,
    started: Callable[[str], None] | None = None,
) -> None:
    """Serve packages until SIGTERM or SIGINT; then finish what is in flight, write the log and return.

    Args:
        packages: What to serve.
        host: The address to listen on.
        port: The port; 0 lets the system choose.
        log_folder: Where every request is logged; ``None`` logs nothing.
        threads: Threads per call of a model.
        drain: Seconds between the signal, when the server begins to say that it is not ready, and the moment when
            it stops taking requests: the time a load balancer needs to notice. A second signal ends it at once.
        max_body: The largest request body, in bytes.
        explainer_url: The service that requests for explanations are sent on to.
        started: Called with the server's URL once it answers.

    Raises:
        UnavailableError: If the port is taken.
        MainspringError: If a package cannot be loaded, or does not answer its own example.
    """
    if not packages:
        raise InputError("no package to serve", expected="at least one package folder")
    with bound(host, port) as listener:
        models = load(packages, threads=threads)
        with logging_to(log_folder) as log:
            endpoint = assemble(models, log=log, max_body=max_body, explainer_url=explainer_url)
            run(endpoint, listener, drain=drain, started=started)


def run(
    application: Application,
    listener: socket.socket,
    *,
    drain: float = 0.0,
    started: Callable[[str], None] | None = None,
) -> None:
    """Answer on a socket from :func:`bound` until SIGTERM or SIGINT; see :func:`serve`."""
    gc.collect()
    gc.freeze()  # what is here now stays; the collector need not look at it again
    _Server(application, drain=drain, started=started).run(sockets=[listener])


@contextmanager
def logging_to(folder: Path | None) -> Iterator[PredictionLog | None]:
    """A log in a folder, closed at the end; nothing without a folder."""
    if folder is None:
        yield None
        return
    with PredictionLog(folder) as log:
        yield log


def load(packages: Sequence[PackageAt], *, threads: int = 1) -> Repository:
    """Load packages and warm them up: afterwards every one of them has answered.

    Raises:
        MainspringError: If one cannot be loaded, or does not answer its own example.
    """
    options = {at.name: ModelOptions(threads=threads) for at in packages}
    repository = Repository(open_model, [Given(packages)], options=options)
    repository.load_all()
    return repository


def assemble(
    models: Repository,
    *,
    log: PredictionLog | None = None,
    max_body: int = MAX_BODY,
    threads: int = 4,
    explainer_url: str | None = None,
) -> Endpoint:
    """A prediction server as an ASGI application, of its parts.

    Args:
        models: What it serves: loaded and warmed up.
        log: Where every prediction request is written; closed when the application shuts down.
        max_body: The largest body taken, in bytes, compressed or not.
        threads: How many large or slow requests are answered at once.
        explainer_url: The service that requests for explanations are sent on to.
    """
    dispatcher = Dispatcher(models, threads=threads)
    endpoint: Endpoint
    instruments = Instruments(models, log, lambda: endpoint.ready)
    dispatcher.observe(instruments)
    if log is not None:
        dispatcher.observe(LogObserver(log))

    def close() -> None:
        dispatcher.close()
        if log is not None:
            log.close()

    endpoint = Endpoint(dispatcher, instruments, max_body=max_body, explainer_url=explainer_url, closing=close)
    return endpoint


class Application(Protocol):
    """What is served: an ASGI application that can be told that it will be stopped.

    Attributes:
        draining: Set to true, it says that it is not ready, and still answers.
    """

    draining: bool

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer."""
        ...


class _Server(uvicorn.Server):
    """Uvicorn, with a time of draining, and an exit status of 0 after a signal."""

    def __init__(self, endpoint: Application, *, drain: float, started: Callable[[str], None] | None) -> None:
        config = uvicorn.Config(
            endpoint,
            lifespan="on",
            ws="none",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        super().__init__(config)
        self._endpoint, self._drain, self._tell = endpoint, drain, started
        self._leave_at = float("inf")

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._tell is not None and sockets:
            self._tell(_url(sockets[0]))

    async def on_tick(self, counter: int) -> bool:
        if time.monotonic() >= self._leave_at:
            self.should_exit = True
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # Uvicorn raises the signal again after it has stopped, so that the process seems to have been killed.
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        _ = sig, frame
        if self.should_exit:
            self.force_exit = True
        elif self._endpoint.draining:
            self.should_exit = True
        self._endpoint.draining = True
        self._leave_at = min(self._leave_at, time.monotonic() + self._drain)


@contextmanager
def bound(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that holds the port but does not listen yet: nobody is let in before the models are loaded."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Said in so many words, because asyncio sends small answers at once only if it sees that this is TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise UnavailableError(
                f"cannot listen on port {port}: {error.strerror}",
                where=host,
                fix="stop what uses it, or choose another port (0 lets the system choose)",
            ) from error
        yield listener
    finally:
        listener.close()


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  compared, not bound
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
