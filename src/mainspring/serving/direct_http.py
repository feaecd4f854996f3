"""HTTP/1.1 by httptools, with a short way for small requests: answered where they are read, in one write.

Uvicorn makes a task, an event and a cycle of messages for every request. A request whose body is small needs none
of them if its answer is computed in microseconds: it is offered to the application at once. What the application
does not take, it gets as an ASGI request as ever.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from uvicorn.protocols.http.httptools_impl import HEADER_VALUE_RE, STATUS_LINE, HttpToolsProtocol

from mainspring.serving.endpoint.answers import Answer
from mainspring.serving.security.connections import Cycle, unsent
from mainspring.serving.security.fast_http import FastHttp

AtOnce: TypeAlias = Callable[[MutableMapping[str, Any], bytes], Answer | None]
"""Answers a request, given as an ASGI scope and the whole body; ``None`` if it has to go the usual way."""

LARGEST = 16_384
"""Bodies up to this size, in bytes, are offered at once."""

_UNUSUAL = frozenset(
    {b"expect", b"upgrade", b"transfer-encoding", b"content-encoding", b"forwarded", b"x-forwarded-for"}
)
"""Headers of requests that go the usual way."""

_LAST = b"connection: close\r\n\r\n"
_DIGITS = 9


@dataclass(slots=True)
class Held:
    """A request whose body is not all there, as :class:`mainspring.serving.security.connections.Cycle` has it.

    Attributes:
        scope: Its ASGI scope.
    """

    scope: object
    more_body: bool = True
    response_started: bool = False
    response_complete: bool = False
    waiting_for_100_continue: bool = False


class Direct(FastHttp):
    """A connection with the short way.

    It has no timer that closes it when nothing more is asked: to set one and to take it back would cost every
    request more than its parsing. Since when it is idle is looked at once a second, with all else that it owes.

    Attributes:
        at_once: Answers requests at once.
    """

    at_once: AtOnce
    _held = False
    _body = b""
    _answered: object = None
    _idle_since = 0.0
    _defaults: object = None
    _default_lines = b""

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        self._idle_since, size = 0.0, len(data)
        self._large = self.taken + size > self._surely_small
        HttpToolsProtocol.data_received(self, data)
        if self._answered is not None and self._answered is self.scope:
            self.settled()
        else:
            self.received(size)

    def on_headers_complete(self) -> None:
        """Hold the request back until its body is there, if that will be soon."""
        self._held = self._may_hold()
        if self._held:
            self._body = b""
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body."""
        if self._held:
            self._body += body
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Answer, or let the request go the usual way."""
        if not self._held:
            super().on_message_complete()
            return
        self._held = False
        scope: Any = self.scope
        scope["method"], scope["path"] = "POST", self.url.decode("ascii")
        answer = self.at_once(scope, self._body)
        if answer is not None:
            self._answered = scope
            self._write(answer)
            return
        super().on_headers_complete()
        if self._body:
            super().on_body(self._body)
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Have a request told of whose caller went away before all of it was there."""
        if self._held:
            self._held = False
            super().on_headers_complete()
        super().connection_lost(exc)

    def look(self, now: float) -> bool:
        """Close the connection if it owes something for too long: a body that is held is a body, too."""
        if self._idle_since and now - self._idle_since > self.timeout_keep_alive:
            self.transport.close()
            return True
        if not self._held:
            return super().look(now)
        scope, paused = self.scope, self.flow.read_paused
        return self.turn_away(
            self.transport, self.owes(unsent(self.transport), Held(scope), scope, paused=paused, now=now)
        )

    def _in_head(self) -> bool:
        return not self._held and super()._in_head()

    def _may_hold(self) -> bool:
        headers = dict(self.headers)
        cycle: Cycle | None = self.cycle
        length = headers.get(b"content-length", b"")
        if self._large or not (length.isdigit() and len(length) < _DIGITS and int(length) <= LARGEST):
            return False
        if not _UNUSUAL.isdisjoint(headers) or not (cycle is None or cycle.response_complete):
            return False
        if self.pipeline or self.flow.write_paused or self.limit_concurrency is not None:
            return False
        parser = self.parser
        return parser.get_method() == b"POST" and parser.get_http_version() == "1.1" and self.url.isascii()

    def _write(self, answer: Answer) -> None:
        headers, body, keep = answer.headers, answer.body, self.parser.should_keep_alive()
        if HEADER_VALUE_RE.search(b"".join([value for _, value in headers])):
            raise ValueError(f"the value of a header cannot be sent: {headers!r}")
        defaults = self.server_state.default_headers
        if defaults is not self._defaults:  # uvicorn makes them anew every second
            self._defaults, self._default_lines = defaults, b"".join([_line(*header) for header in defaults])
        content = [STATUS_LINE[answer.status], self._default_lines]
        for name, value in headers:
            content += (name, b": ", value, b"\r\n")
        content += (b"content-length: %d\r\n" % len(body), b"\r\n" if keep else _LAST, body)
        self.transport.write(b"".join(content))
        self.server_state.total_requests += 1
        if keep:
            self._idle_since = self.loop.time()
        else:
            self.transport.close()


def _line(name: bytes, value: bytes) -> bytes:
    return b"%s: %s\r\n" % (name, value)
