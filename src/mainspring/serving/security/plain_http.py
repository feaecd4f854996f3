"""HTTP/1.1 by h11, with the limits of :mod:`mainspring.serving.security.connections`.

The size of a head is limited by h11 itself: ``h11_max_incomplete_event_size`` of :class:`uvicorn.Config`.
"""

from __future__ import annotations

import asyncio
from typing import cast

from uvicorn.protocols.http.h11_impl import H11Protocol

from mainspring.serving.security.connections import Guard, refusal, unsent


class PlainHttp(Guard, H11Protocol):
    """A connection of the parser that is always there."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, unless the client is gone already and cannot be told from one on a local socket."""
        stream = cast("asyncio.Transport", transport)  # those of uvloop are of no class that says so
        self.app_state = self.begin(stream, self.app_state, self.loop.time())
        super().connection_made(stream)
        if self.client is None and self.server is not None and self.server[1] is not None:
            stream.abort()

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        step = self.limits.header_bytes
        if len(data) <= step:
            super().data_received(data)
        else:  # the parser measures only what it could not read to its end
            for start in range(0, len(data), step):
                if not self.transport.is_closing():
                    super().data_received(data[start : start + step])
        self.note(len(data), self.cycle, self.scope, self.loop.time())

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be read."""
        _ = msg
        status = 431 if len(self.conn.trailing_data[0]) > self.limits.header_bytes else 400
        self.transport.write(refusal(status))
        self.transport.close()

    def look(self, now: float) -> bool:
        """Close the connection if it owes something for too long."""
        status = self.owes(unsent(self.transport), self.cycle, self.scope, paused=self.flow.read_paused, now=now)
        return self.turn_away(self.transport, status)
