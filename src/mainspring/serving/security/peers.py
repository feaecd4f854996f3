"""Where a request comes from: whether from this machine, and on nobody else's behalf."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

_FORWARDED = (b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"via")
_BROWSER = (b"origin", b"sec-fetch-site")


def http_peer(scope: Mapping[str, Any]) -> str | None:
    """The address of an HTTP client, of its ASGI scope; ``None`` for one on a local socket."""
    client = scope.get("client")
    return None if client is None else str(client[0])


def grpc_peer(text: str) -> str | None:
    """The address of a gRPC client, of what its context calls the peer; ``None`` for one on a local socket.

    Example:
        >>> grpc_peer("ipv6:%5B::1%5D:50124"), grpc_peer("ipv4:10.0.0.7:4711"), grpc_peer("unix:")
        ('::1', '10.0.0.7', None)
    """
    kind, _, address = unquote(text).partition(":")
    if kind.startswith("unix"):
        return None
    return address.rpartition(":")[0].strip("[]")


@functools.lru_cache(maxsize=4096)
def is_loopback(peer: str | None) -> bool:
    """Whether an address is this machine's own. ``None``, a local socket, is.

    Example:
        >>> [is_loopback(peer) for peer in ("127.0.0.1", "::1", "::ffff:127.0.0.9", None, "10.0.0.7", "")]
        [True, True, True, True, False, False]
    """
    if peer is None:
        return True
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def from_this_machine(peer: str | None, headers: Mapping[bytes, bytes]) -> bool:
    """Whether a request was made on this machine by a program of its own.

    What a proxy on this machine passes on was not, and neither was what a page in a browser sends: it may come
    from anywhere, under a name that was made to point here. What headers say can only take trust away.
    """
    if not is_loopback(peer):
        return False
    if any(name in headers for name in _FORWARDED) or any(name in headers for name in _BROWSER):
        return False
    return _is_local_name(headers.get(b"host", b""))


@functools.lru_cache(maxsize=256)
def _is_local_name(host: bytes) -> bool:
    """Whether a ``Host`` cannot be a name that somebody on the internet owns: those have a dot."""
    name = host.decode("latin-1").strip().lower()
    name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
    if "." not in name.rstrip(".") or name.rstrip(".").endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
