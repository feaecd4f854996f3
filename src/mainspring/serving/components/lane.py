"""A connection to a process that runs a class: one call at a time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import tempfile
from dataclasses import dataclass
from typing import Any

import msgspec

from mainspring.serving.components import child
from mainspring.serving.components.node import Errand

_PAGE = 4096


class LostError(Exception):
    """The process is gone."""


@dataclass(slots=True)
class Letter:
    """A call, ready to be sent.

    Attributes:
        head: What is called, and how: an object of JSON.
        parts: The bytes of what it is called with.
        size: How many these are, each from a multiple of 64 on.
    """

    head: bytes
    parts: list[Any]
    size: int

    @classmethod
    def of(cls, errand: Errand) -> Letter:
        """A call of a method.

        Raises:
            TypeError: If it holds what cannot be sent.
            ValueError: If it holds text or a number that cannot.
            RecursionError: If it is nested too deeply.
        """
        parts: list[Any] = []
        head = {
            "do": errand.do,
            "how": errand.how,
            "names": None if errand.names is None else list(errand.names),
            "value": child.written(errand.value, parts),
            "more": child.written(dict(errand.more), parts) if errand.more else None,
        }
        return cls(msgspec.json.encode(head), parts, sum([child.padded(len(part)) for part in parts]))


class Lane:
    """A connection, with two stretches of memory that are shared with the other side. For one call at a time.

    Args:
        timeout: Seconds within which a call must be answered.
    """

    def __init__(self, timeout: float) -> None:
        self._connection, self._other = socket.socketpair()
        self._connection.settimeout(timeout)
        self._going, self._coming = child.Memory(_descriptor()), child.Memory(_descriptor())
        self._base = self._sent = 0
        self._copies = False

    def hand_over(self, life: socket.socket) -> None:
        """Give the other side its end."""
        numbers = [self._other.fileno(), self._going.descriptor, self._coming.descriptor]
        socket.send_fds(life, [b"."], numbers)
        self._other.close()

    def send(self, letter: Letter) -> None:
        """Send a call; :meth:`receive` has to follow.

        Raises:
            TimeoutError: If the other side does not take it; the connection is of no use then.
            LostError: If the other side is gone.
        """
        head, body = letter.head, b""
        self._sent = letter.size
        if letter.size >= child.SHARED_FROM:
            self._going.write(self._base, letter.parts, letter.size)
            copy = b"true" if self._copies else b"false"
            head = b'{"shared":%d,"base":%d,"copy":%b,%b' % (letter.size, self._base, copy, head[1:])
        else:
            body = child.joined(letter.parts)
        try:
            self._connection.sendall(child.framed(head, body))
        except TimeoutError:
            raise
        except OSError as error:
            raise LostError(str(error)) from error

    def receive(self) -> dict[str, Any]:
        """The answer to the call that was sent: ``value``, ``tags`` and ``metrics``, or ``error`` and ``status``.

        Raises:
            TimeoutError: If there is none in time; the connection is of no use then.
            LostError: If the other side is gone.
        """
        try:
            frame = child.received(self._connection)
            if frame is None:
                raise LostError("the connection was closed")
            return self._read(msgspec.json.decode(frame[0]), frame[1], self._sent)
        except msgspec.MsgspecError as error:
            return {"error": f"the answer cannot be read: {error}", "status": 500}
        except TimeoutError:
            raise
        except (OSError, ValueError, KeyError, IndexError) as error:
            raise LostError(str(error)) from error

    async def readable(self, seconds: float) -> None:
        """Wait until the answer begins to come in, on the event loop.

        Raises:
            TimeoutError: If it does not in time.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        number = self._connection.fileno()
        loop.add_reader(number, _wake, future)
        timer = loop.call_later(seconds, _give_up, future)
        try:
            await future
        finally:
            timer.cancel()
            loop.remove_reader(number)

    def close(self) -> None:
        """Close it; the other side stops answering here."""
        for one in (self._connection, self._other, self._going, self._coming):
            with contextlib.suppress(OSError):
                one.close()

    def _read(self, told: dict[str, Any], body: Any, sent: int) -> dict[str, Any]:
        if told.get("kept"):
            # The class still has an array there: that place is never written again.
            self._base += -(-sent // _PAGE) * _PAGE
            self._copies = True
        if "shared" in told:
            body = bytearray(self._coming.view(0, told["shared"]))
        reader = child.Reader(body)
        # In the order in which they were written.
        for key in ("value", "tags", "metrics"):
            if key in told:
                told[key] = reader.value(told[key])
        return told


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _give_up(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_exception(TimeoutError())


def _descriptor() -> int:
    """A new file in memory, that has no name."""
    create = getattr(os, "memfd_create", None)
    if create is not None:
        return int(create("component"))
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
