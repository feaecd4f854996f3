"""Asking the prediction server that the console shows and moves."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from mainspring.app.deploying import deployments_of
from mainspring.core.errors import InputError, MainspringError, NotFoundError, UnavailableError
from mainspring.serving.client import Client

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring

SECONDS: Final = 3.0
"""How long a page waits for the server."""

_MOST: Final = 32 * 1024 * 1024
"""Bytes of an answer: what has more is not read, lest it fill the memory of the console."""


def address_of(opened: Mainspring) -> str:
    """Where the server answers: as ``[console] server`` says, or the server that follows deployments, or as
    ``[serving]`` says.
    """
    settings = opened.settings
    if settings.console.server:
        return settings.console.server.rstrip("/")
    archive = deployments_of(opened).archive
    status = archive.status
    if status is not None and status.url and archive.followed:
        return status.url
    return f"http://{_reached(settings.serving.host)}:{settings.serving.port}"


def server_of(opened: Mainspring) -> Client:
    """A connection to the server, with the key of the environment; a context manager, for one thread."""
    return Client(address_of(opened), timeout=SECONDS, most=_MOST)


def looked(client: Client, path: str) -> Any:
    """What the server says at a path.

    Raises:
        NotFoundError: If there is nothing.
        InputError: If it lets nobody look without another key.
        UnavailableError: If it does not answer.
    """
    status, value = client.call("GET", path)
    if status < 400 or (status == 503 and isinstance(value, Mapping) and "error" not in value):
        return value
    text = value.get("error") if isinstance(value, dict) else ""
    message = str(text or f"the server answered with status {status}")
    if status in (401, 403):
        raise InputError(
            message,
            where=client.url,
            expected="a key that may look at models and metrics",
            fix="start the console with MAINSPRING_API_KEY set",
        )
    raise (NotFoundError if status == 404 else UnavailableError)(message, where=client.url)


def perhaps(client: Client, path: str) -> Any:
    """The same; ``None`` where the server says nothing, for whatever reason, or nothing with names."""
    try:
        told = looked(client, path)
    except MainspringError:
        return None
    return told if isinstance(told, Mapping) else None


def place_of(model: str, more: str = "") -> str:
    """The path of a model at the server."""
    return f"/v2/models/{quote(model, safe='')}{more}"


def _reached(host: str) -> str:
    """The host by which a server that listens on all addresses is reached from here."""
    try:
        return "127.0.0.1" if ipaddress.ip_address(host).is_unspecified else host
    except ValueError:
        return host or "127.0.0.1"
