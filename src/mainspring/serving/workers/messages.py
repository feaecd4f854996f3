"""What a supervisor and its workers say to each other: objects of JSON, one per line, over a socket pair."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from typing import Literal, Self, TypeAlias

import msgspec

from mainspring.core.errors import MainspringError
from mainspring.serving.orders import Lying, Told

_LONGEST_LINE = 1 << 31


class Order(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A change of what is served.

    Attributes:
        number: Of the order, by whoever gives it.
        step: ``prepare``, then ``commit`` or ``abandon``; ``load`` is the first two in one; or ``unload``. With
            ``expect`` the model will be served, and with ``survey`` the worker tells what is.
        name: The model; empty for a survey.
        version: One version of it.
        config: Its options, as JSON.
        files: Its package, by path.
        packages: Where its versions lie. Only the supervisor says this: such an order may name places and code.
        loads: Whether anything is loaded; else only labels and rollout change, or how the rollout stands.
    """

    number: int
    step: Literal["prepare", "commit", "abandon", "load", "unload", "expect", "survey"]
    name: str
    version: str | None = None
    config: str | None = None
    files: Mapping[str, bytes] | None = None
    packages: tuple[Lying, ...] = ()
    loads: bool = True


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """An error, on its way to another process."""

    code: str
    found: str
    expected: str | None = None
    where: str | None = None
    fix: str | None = None

    @classmethod
    def of(cls, error: MainspringError) -> Self:
        """The trouble that an error tells of."""
        return cls(code=error.code, found=error.found, expected=error.expected, where=error.where, fix=error.fix)

    def error(self) -> MainspringError:
        """The error that it tells of, with the same code."""
        kind: type[MainspringError] = type("RelayedError", (MainspringError,), {"code": self.code})
        return kind(self.found, expected=self.expected, where=self.where, fix=self.fix)


class Done(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What became of an order.

    Attributes:
        number: Of the order.
        trouble: Why it could not be followed.
        models: What is served, if it was asked for.
    """

    number: int
    trouble: Trouble | None = None
    models: Mapping[str, Told] = {}


class Ready(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A worker answers from now on."""

    url: str


class History(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The changes since the start, for a worker that begins later."""

    orders: tuple[Order, ...]


Message: TypeAlias = Order | Done | Ready | History


class Channel:
    """One end of the socket pair. For one event loop.

    Args:
        reader: What comes in.
        writer: What goes out.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._encoder = msgspec.json.Encoder()
        self._decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)

    @classmethod
    async def over(cls, end: socket.socket) -> Self:
        """A channel over one end of a socket pair."""
        end.setblocking(False)
        return cls(*await asyncio.open_connection(sock=end, limit=_LONGEST_LINE))

    def send(self, message: Message) -> None:
        """Say something; lost if the other end is gone."""
        if not self._writer.is_closing():
            self._writer.write(self._encoder.encode(message) + b"\n")

    async def receive(self) -> Message | None:
        """What is said next; ``None`` once the other end is gone."""
        try:
            line = await self._reader.readline()
        except (ConnectionError, asyncio.IncompleteReadError):
            return None
        return self._decoder.decode(line) if line.endswith(b"\n") else None

    def close(self) -> None:
        """Say no more."""
        self._writer.close()
