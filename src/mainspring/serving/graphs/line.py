"""Connections to another server: HTTP/1.1 that is kept alive, awaited, and nothing more."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from mainspring.core.errors import InputError, UnavailableError

_LARGEST_HEAD = 1 << 16
_MOST_IDLE = 32
_LOST = (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError, EOFError)


class Reply(NamedTuple):
    """What a server answered.

    Attributes:
        status: Of HTTP.
        headers: By name in lower case.
        body: All of it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class LostError(UnavailableError):
    """The connection went away before there was an answer."""


class _Connection(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class Line:
    """The connections to one server. For the thread of one event loop.

    Args:
        url: ``http://HOST:PORT`` or ``https://HOST:PORT``, perhaps with a path, which is left aside.

    Raises:
        InputError: If the URL is not one of a server.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(f"{url!r} is not the address of a server", expected="http://HOST:PORT")
        self._secure = parts.scheme == "https"
        self._place = (parts.hostname, parts.port or (443 if self._secure else 80))
        self._name = parts.netloc.rpartition("@")[2]
        self._idle: list[_Connection] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send a body, and wait for the answer.

        A connection that turns out to be gone although it was kept is replaced: nothing was answered on it.

        Raises:
            LostError: If there is no connection, or it goes away before the answer is there.
        """
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._idle = loop, []
        lines = [f"POST {path} HTTP/1.1", f"host: {self._name}", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        message = "\r\n".join([*lines, "\r\n"]).encode("latin-1") + body
        while self._idle:
            connection = self._idle.pop()
            if connection.reader.at_eof() or connection.writer.is_closing():
                connection.writer.close()
                continue
            with contextlib.suppress(LostError):
                return await self._exchange(connection, message)
        try:
            context = ssl.create_default_context() if self._secure else None
            connection = _Connection(
                *await asyncio.open_connection(*self._place, ssl=context, limit=_LARGEST_HEAD)
            )
        except OSError as error:
            raise LostError(f"there is no connection: {error}") from error
        return await self._exchange(connection, message)

    def close(self) -> None:
        """Close what is not in use. Any thread may do it."""
        idle, self._idle = self._idle, []
        if self._loop is None or self._loop.is_closed():
            return
        try:
            here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            here = False
        for connection in idle:
            if here:
                connection.writer.close()
            else:
                self._loop.call_soon_threadsafe(connection.writer.close)

    async def _exchange(self, connection: _Connection, message: bytes) -> Reply:
        reader, writer = connection
        try:
            writer.write(message)
            await writer.drain()
            reply = await _read(reader)
        except _LOST as error:
            writer.close()
            raise LostError(f"the connection was lost: {type(error).__name__}: {error}") from error
        except BaseException:  # whoever asked went away: the answer must not be taken for that to others
            writer.close()
            raise
        if reply.headers.get("connection", "").lower() == "close" or len(self._idle) >= _MOST_IDLE:
            writer.close()
        else:
            self._idle.append(connection)
        return reply


async def _read(reader: asyncio.StreamReader) -> Reply:
    while True:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError as error:
            raise ConnectionError("the head of the answer is too large") from error
        first, *lines = head.decode("latin-1").split("\r\n")
        words = first.split(" ", 2)
        if len(words) < 2 or not words[0].startswith("HTTP/") or not _is_number(words[1]):
            raise ConnectionError("the answer is not HTTP")
        status = int(words[1])
        if status >= 200:  # whatever comes before is no answer yet
            break
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return Reply(status, headers, await _chunks(reader))
    length = headers.get("content-length")
    if length is None:
        return Reply(status, {**headers, "connection": "close"}, await reader.read())
    if not _is_number(length):
        raise ConnectionError(f"the answer has a content-length of {length!r}")
    return Reply(status, headers, await reader.readexactly(int(length)))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while True:
        line = await reader.readuntil(b"\r\n")
        try:
            size = int(line.split(b";")[0], 16)
        except ValueError:
            size = -1
        if size < 0:
            raise ConnectionError("the answer has a chunk of no size")
        if size:
            parts.append(await reader.readexactly(size))
            await reader.readexactly(2)
            continue
        while await reader.readuntil(b"\r\n") != b"\r\n":
            pass  # what is said after the last chunk
        return b"".join(parts)
