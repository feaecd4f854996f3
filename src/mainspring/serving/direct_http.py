"""HTTP/1.1 by httptools, with a short way for small requests: answered where they are read, in one write.

Uvicorn makes a task, an event and a cycle of messages for every request. A request whose body is small needs none
of them if its answer is computed in microseconds: it is offered to the application at once. What the application
does not take, it gets as an ASGI request as ever.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from uvicorn.protocols.http.httptools_impl import HEADER_VALUE_RE, STATUS_LINE

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

_END = b"\r\n"


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

    Attributes:
        at_once: Answers requests at once.
    """

    at_once: AtOnce
    _held = False
    _body = b""
    _answered: object = None

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        super().data_received(data)
        if self._answered is not None and self._answered is self.scope:
            self.settled()

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
        self._held, scope = False, cast("MutableMapping[str, Any]", self.scope)
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
        if not self._held:
            return super().look(now)
        scope, paused = self.scope, self.flow.read_paused
        return self.turn_away(
            self.transport, self.owes(unsent(self.transport), Held(scope), scope, paused=paused, now=now)
        )

    def _in_head(self) -> bool:
        return not self._held and super()._in_head()

    def _may_hold(self) -> bool:
        parser, length = self.parser, -1
        cycle: Cycle | None = self.cycle
        if self._large or parser.get_method() != b"POST" or not (cycle is None or cycle.response_complete):
            return False
        for name, value in self.headers:
            if name == b"content-length":
                length = int(value) if value.isdigit() and len(value) < 9 else -1
            elif name in _UNUSUAL:
                return False
        if not 0 <= length <= LARGEST or self.pipeline or self.flow.write_paused or not self.url.isascii():
            return False
        return parser.get_http_version() == "1.1" and self.limit_concurrency is None

    def _write(self, answer: Answer) -> None:
        keep = self.parser.should_keep_alive()
        content = [STATUS_LINE[answer.status]]
        for name, value in (*self.server_state.default_headers, *answer.headers):
            if HEADER_VALUE_RE.search(value):
                raise ValueError(f"the value of header {name!r} cannot be sent")
            content += (name, b": ", value, _END)
        content.append(
            b"content-length: %d\r\n%s\r\n" % (len(answer.body), b"" if keep else b"connection: close\r\n")
        )
        content.append(answer.body)
        self.transport.write(b"".join(content))
        self.server_state.total_requests += 1
        if keep:
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
        else:
            self.transport.close()
