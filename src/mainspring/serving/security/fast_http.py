"""HTTP/1.1 by httptools, with the limits of :mod:`mainspring.serving.security.connections`."""

from __future__ import annotations

import asyncio
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mainspring.serving.security.connections import Cycle, Guard, refusal, unsent


class FastHttp(Guard, HttpToolsProtocol):
    """A connection of the fast parser."""

    _large = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, unless the client is gone already and cannot be told from one on a local socket."""
        self._surely_small = min(self.limits.target_bytes, self.limits.header_bytes)
        stream = cast("asyncio.Transport", transport)  # those of uvloop are of no class that says so
        self.app_state = self.begin(stream, self.app_state, self.loop.time())
        super().connection_made(stream)
        if self.client is None and self.server is not None and self.server[1] is not None:
            stream.abort()

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        size = len(data)
        self._large = self.taken + size > self._surely_small
        super().data_received(data)
        self.received(size)

    def received(self, size: int) -> None:
        """Note so many bytes, which were read, and refuse a head that grows too large."""
        self.note(size, self.cycle, self.scope, self.loop.time())
        if self._large and self.taken > self.limits.header_bytes and self._in_head():
            self.turn_away(self.transport, 431)

    def on_headers_complete(self) -> None:
        """Take the request, if its head is not too large."""
        if self._large:
            size = sum(len(name) + len(value) for name, value in self.headers)
            target = len(self.url) > self.limits.target_bytes
            if target or size > self.limits.header_bytes:
                self.refusal = 414 if target else 431
                raise ValueError("the head of the request is too large")
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be read."""
        _ = msg
        self.transport.write(refusal(self.refusal))
        self.transport.close()

    def look(self, now: float) -> bool:
        """Close the connection if it owes something for too long."""
        status = self.owes(unsent(self.transport), self.cycle, self.scope, paused=self.flow.read_paused, now=now)
        return self.turn_away(self.transport, status)

    def _in_head(self) -> bool:
        cycle: Cycle | None = self.cycle
        return not self.transport.is_closing() and (cycle is None or cycle.scope is not self.scope)
