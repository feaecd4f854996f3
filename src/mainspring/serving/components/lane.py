"""A connection to a process that runs a class: one call at a time."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
from collections.abc import Mapping
from typing import Any

import msgspec

from mainspring.serving.components import child

_PAGE = 4096


class LostError(Exception):
    """The process is gone."""


class Lane:
    """A connection, with two stretches of memory that are shared with the other side. For one thread at a time."""

    def __init__(self) -> None:
        self._connection, self._other = socket.socketpair()
        self._going, self._coming = child.Memory(_descriptor()), child.Memory(_descriptor())
        self._base = 0
        self._copies = False

    def hand_over(self, life: socket.socket) -> None:
        """Give the other side its end."""
        numbers = [self._other.fileno(), self._going.descriptor, self._coming.descriptor]
        socket.send_fds(life, [b"."], numbers)
        self._other.close()

    def call(self, head: dict[str, Any], value: Any, more: Mapping[str, Any], timeout: float) -> dict[str, Any]:
        """Send a call, and wait for the answer: ``value``, ``tags`` and ``metrics``, or ``error`` and ``status``.

        Raises:
            TypeError: If the value cannot be sent.
            TimeoutError: If there is no answer in time; the connection is of no use then.
            LostError: If the other side is gone.
        """
        parts: list[Any] = []
        head["value"] = child.written(value, parts)
        head["more"] = child.written(dict(more), parts) if more else None
        size = sum(child.padded(len(part)) for part in parts)
        body = b""
        if size >= child.SHARED_FROM:
            self._going.write(self._base, parts, size)
            head["shared"], head["base"], head["copy"] = size, self._base, self._copies
        else:
            body = child.joined(parts)
        try:
            self._connection.settimeout(timeout)
            self._connection.sendall(child.framed(msgspec.json.encode(head), body))
            frame = child.received(self._connection)
            if frame is None:
                raise LostError
            return self._read(msgspec.json.decode(frame[0]), frame[1], size)
        except TimeoutError:
            raise
        except (OSError, ValueError, KeyError, IndexError) as error:
            raise LostError(str(error)) from error

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


def _descriptor() -> int:
    """A new file in memory, that has no name."""
    create = getattr(os, "memfd_create", None)
    if create is not None:
        return int(create("component"))
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
