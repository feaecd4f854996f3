"""Serves an application in a thread while a block runs."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn

from mainspring.core.errors import UnavailableError

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
"""The names of this machine for itself."""

_WAITING: Final = 128


@contextmanager
def listening(application: Any, *, host: str, port: int) -> Iterator[str]:
    """Serve an ASGI application while the block runs, in a thread.

    Args:
        application: It.
        host: The address to listen on.
        port: Its port; 0 for any that is free.

    Yields:
        Where it is.

    Raises:
        UnavailableError: If the port is taken.
    """
    bound = _bound(host, port)
    config = uvicorn.Config(
        application,
        lifespan="off",
        ws="none",
        proxy_headers=False,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, name="pages")
    thread.start()
    try:
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        bound.close()


def _bound(host: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(_WAITING)  # who comes before the server is up waits, and is not refused
    except OSError as error:
        made.close()
        raise UnavailableError(
            f"{host}:{port} cannot be listened on: {error.strerror}", fix="choose another port: --port 0"
        ) from error
    return made
