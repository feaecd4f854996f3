"""An HTTP server in this process: it holds its port before it listens, and drains when it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import FrameType
from typing import Any, Protocol

import uvicorn

from mainspring.core.errors import UnavailableError
from mainspring.serving.security.connections import turn_away
from mainspring.serving.security.options import SlowClients, Tls
from mainspring.serving.security.protocols import protocol
from mainspring.serving.security.tls import ServerTls

GRACE_SECONDS = 30.0
"""How long requests in flight are waited for at the end."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_KEEP_ALIVE_SECONDS = 75
_COLLECT_AFTER = 20_000
_LINGER_SECONDS, _LOOK_SECONDS = 0.3, 0.01
_TICKS_A_SECOND = 10
_LIMITS = SlowClients()


class Application(Protocol):
    """What is served: an ASGI application that can be told that it will be stopped.

    Attributes:
        draining: Set to true, it says that it is not ready, and still answers.
    """

    draining: bool

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer."""
        ...


def run(
    application: Application,
    listener: socket.socket,
    *,
    drain: float = 0.0,
    grace: float = GRACE_SECONDS,
    limits: SlowClients = _LIMITS,
    tls: Tls | None = None,
    started: Callable[[str], None] | None = None,
) -> None:
    """Answer on a socket from :func:`bound` until SIGTERM or SIGINT, and finish what is in flight.

    Args:
        application: What answers.
        listener: The socket.
        drain: Seconds between the signal, when the application is told to say that it is not ready, and the
            moment when it stops taking requests. A second signal ends it at once.
        grace: Seconds that requests in flight are given then.
        limits: What is asked of the clients' connections.
        tls: Encrypted connections.
        started: Called with the URL once it answers.

    Raises:
        InputError: If the certificate cannot be used.
    """
    server = _Server(
        application, limits, ServerTls(tls) if tls else None, drain=drain, grace=grace, started=started
    )
    gc.collect()
    gc.freeze()  # what is here now stays; the collector need not look at it again
    gc.set_threshold(_COLLECT_AFTER)  # what a request leaves behind holds no cycles
    server.run(sockets=[listener])


def _protocol(application: Application, limits: SlowClients) -> type[asyncio.Protocol]:
    """How connections are read: the fast way if its parser is installed, and at once what may be."""
    at_once = getattr(application, "at_once", None)
    if at_once is None or find_spec("httptools") is None:
        return protocol(limits)
    from mainspring.serving.direct_http import Direct

    return type("DirectHttp", (Direct,), {"limits": limits, "at_once": staticmethod(at_once)})


class _Server(uvicorn.Server):
    """Uvicorn, with a time of draining, and an exit status of 0 after a signal."""

    def __init__(
        self,
        endpoint: Application,
        limits: SlowClients,
        tls: ServerTls | None,
        *,
        drain: float,
        grace: float,
        started: Callable[[str], None] | None,
    ) -> None:
        config = uvicorn.Config(
            endpoint,
            lifespan="on",
            http=_protocol(endpoint, limits),
            ws="none",
            proxy_headers=False,  # who asks is told by the connection, not by what is said on it
            headers=[("x-content-type-options", "nosniff")],
            h11_max_incomplete_event_size=limits.header_bytes,
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=max(1, round(grace)),
        )
        if tls is not None:
            config.load()
            config.ssl = tls.context
        super().__init__(config)
        self._endpoint, self._drain, self._tell = endpoint, drain, started
        self._leave_at = float("inf")

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._tell is not None and sockets:
            self._tell(_url(sockets[0], "http" if self.config.ssl is None else "https"))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # A connection that was taken a moment ago may be about to ask: it is answered, and told to go elsewhere.
        self._endpoint.draining = True
        for server in self.servers:
            server.close()
        deadline = time.monotonic() + _LINGER_SECONDS
        while self.server_state.connections and time.monotonic() < deadline and not self.force_exit:
            await asyncio.sleep(_LOOK_SECONDS)
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        if time.monotonic() >= self._leave_at:
            self.should_exit = True
        if counter % _TICKS_A_SECOND == 0:
            try:
                turn_away(self.server_state.connections, asyncio.get_running_loop().time())
            except Exception:  # noqa: BLE001  one odd connection must not end the server
                traceback.print_exc(file=sys.stderr)
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
def bound(host: str, port: int, *, shared: bool = False) -> Iterator[socket.socket]:
    """A socket that holds the port but does not listen yet: nobody is let in before the models are loaded.

    Args:
        host: The address.
        port: The port; 0 lets the system choose.
        shared: Whether further sockets may hold the same port, each with a share of the connections.

    Raises:
        UnavailableError: If the port is taken, or there is no such address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Said in so many words, because asyncio sends small answers at once only if it sees that this is TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            listener.bind((host, port))
        except socket.gaierror as error:
            raise UnavailableError(
                f"there is no such address to listen on: {error.strerror}",
                where=host,
                expected="an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them",
            ) from error
        except OSError as error:
            raise UnavailableError(
                f"cannot listen on port {port}: {error.strerror}",
                where=host,
                fix="stop what uses it, or choose another port (0 lets the system choose)",
            ) from error
        yield listener
    finally:
        listener.close()


def _url(listener: socket.socket, scheme: str) -> str:
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  compared, not bound
    return f"{scheme}://[{shown}]:{port}" if ":" in shown else f"{scheme}://{shown}:{port}"
