"""Connections of clients that take their time: their requests have to arrive, and their answers to be read.

Uvicorn waits for a request for as long as a client likes. Here a connection knows since when it has been owed
something, and :func:`turn_away` closes those that owed it for too long. Requests with too large a head are refused
before they become one. A good request pays a comparison or two for this.
"""

from __future__ import annotations

import array
import asyncio
import contextlib
import fcntl
import json
import termios
from collections.abc import Iterable
from typing import Any, Protocol

from mainspring.serving.security.certificates import STATE_KEY, of_tls
from mainspring.serving.security.options import SlowClients

_SAID = {
    400: ("Bad Request", "this is not HTTP as it should be"),
    408: ("Request Timeout", "the request did not arrive in time"),
    414: ("URI Too Long", "the path is too long"),
    431: ("Request Header Fields Too Large", "the headers are too large"),
}
_SILENTLY = 1


class Cycle(Protocol):
    """What uvicorn knows of one request and its answer."""

    more_body: bool
    waiting_for_100_continue: bool
    response_started: bool
    response_complete: bool

    @property
    def scope(self) -> object:
        """Its ASGI scope."""
        ...


class Guard(asyncio.Protocol):
    """What a connection owes. Mixed into the protocols of uvicorn.

    Attributes:
        limits: What is asked of the client.
        since: Since when something is owed, by the clock of the loop; 0 if nothing is.
        taken: Bytes that came since then.
        refusal: The status of the answer to a request that cannot be read.
    """

    limits: SlowClients
    since: float
    taken: int
    refusal: int
    _about: object
    _unsent: int
    _unread: float

    def look(self, now: float) -> bool:
        """Close the connection if it owes something for too long; gives whether it was closed."""
        raise NotImplementedError

    def begin(self, transport: asyncio.Transport, state: dict[str, Any], now: float) -> dict[str, Any]:
        """A connection was made; gives what every request on it is told as its ``state``."""
        self.since, self.taken, self.refusal = now, 0, 400
        self._about, self._unsent, self._unread = None, 0, 0.0
        tls = transport.get_extra_info("ssl_object")
        certificate = None if tls is None else of_tls(tls.getpeercert())
        return state if certificate is None else {**state, STATE_KEY: certificate}

    def settled(self) -> None:
        """The latest request is answered already: nothing is owed."""
        self.since, self.taken = 0.0, 0

    def note(self, size: int, cycle: Cycle | None, scope: object, now: float) -> None:
        """Some bytes came and were read.

        Args:
            size: How many.
            cycle: The latest request whose head is complete.
            scope: The latest one whose head has begun.
            now: The time by the clock of the loop.
        """
        if cycle is not None and cycle.scope is scope and not (cycle.more_body or cycle.response_complete):
            self.since, self.taken = 0.0, 0  # a whole request, and it is ours to answer it
            return
        if scope is not self._about:
            self._about, self.since, self.taken = scope, now, size
            return
        self.taken += size
        self.since = self.since or now

    def owes(self, unsent: int, cycle: Cycle | None, scope: object, *, paused: bool, now: float) -> int:
        """The status that says what a client owes for too long, 1 if nothing is to be said; 0 if there is time.

        Args:
            unsent: Bytes of answers that the client has not taken; see :func:`unsent`.
            cycle: See :meth:`note`.
            scope: Likewise.
            paused: Whether it is the server that does not read, as while a client waits for its "100 Continue".
            now: The time by the clock of the loop.
        """
        if self._unread_for(unsent, now) > self.limits.answer:
            return _SILENTLY
        paused = paused or (cycle is not None and cycle.waiting_for_100_continue)
        if paused and self.since:
            self.since, self.taken = now, 0
        if not self.since:
            return 0
        owed = now - self.since
        if cycle is None or cycle.scope is not scope or not cycle.more_body:  # the head of a request
            return 0 if owed <= self.limits.headers else 408 if self.taken else _SILENTLY
        rate = self.limits.body_rate
        if not rate or owed <= self.limits.body + self.taken / rate:
            return 0
        return _SILENTLY if cycle.response_started else 408

    def turn_away(self, transport: asyncio.Transport, status: int) -> bool:
        """Close a connection that owes something; gives whether it does."""
        if status == _SILENTLY:
            transport.abort()
        elif status:
            transport.write(refusal(status))
            transport.close()
        return bool(status)

    def _unread_for(self, unsent: int, now: float) -> float:
        if not unsent or unsent < self._unsent:
            self._unread = 0.0
        elif not self._unread:
            self._unread = now
        self._unsent = unsent
        return now - self._unread if self._unread else 0.0


def unsent(transport: asyncio.Transport) -> int:
    """Bytes of answers that a client has not taken; 0 if the kernel has taken them all."""
    waiting = transport.get_write_buffer_size()
    if not waiting:
        return 0
    # The kernel asks for more in steps of up to a megabyte; how far a slow client is can only be seen there.
    queued = array.array("i", [0])
    connection = transport.get_extra_info("socket")
    with contextlib.suppress(OSError, AttributeError):
        fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, queued, True)
    return waiting + queued[0]


def refusal(status: int) -> bytes:
    """The whole answer to a request that never became one."""
    phrase, text = _SAID[status]
    body = json.dumps({"error": text}).encode()
    head = f"HTTP/1.1 {status} {phrase}\r\ncontent-type: application/json\r\ncache-control: no-store\r\n"
    return f"{head}connection: close\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


def turn_away(connections: Iterable[object], now: float) -> int:
    """Close the connections that owe something for too long. To be called about once a second.

    Args:
        connections: Those of a server.
        now: The time by the clock of its loop.

    Returns:
        How many were closed.
    """
    return sum(one.look(now) for one in tuple(connections) if isinstance(one, Guard))
