"""Answers: a status, headers and a body, and how they leave."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, TypeAlias

import msgspec

from mainspring.core.errors import MainspringError
from mainspring.serving.problems import status_of

Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Header: TypeAlias = tuple[bytes, bytes]

JSON: Header = (b"content-type", b"application/json")
NOT_KEPT: Header = (b"cache-control", b"no-store")
OCTETS: Header = (b"content-type", b"application/octet-stream")


class Answer(msgspec.Struct, frozen=True):
    """What goes back.

    Attributes:
        status: The HTTP status.
        body: The whole body.
        headers: Besides ``content-length``.
    """

    status: int
    body: bytes
    headers: Sequence[Header] = (JSON,)

    def also(self, headers: Sequence[Header]) -> Answer:
        """The same answer with further headers."""
        return Answer(self.status, self.body, (*self.headers, *headers)) if headers else self

    async def send(self, send: Send) -> None:
        """Send it."""
        headers = [*self.headers, (b"content-length", b"%d" % len(self.body))]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def json_answer(value: object, status: int = 200, headers: Sequence[Header] = ()) -> Answer:
    """A JSON value."""
    return Answer(status, msgspec.json.encode(value), (JSON, *headers))


def error_answer(error: MainspringError, headers: Sequence[Header] = ()) -> Answer:
    """An error, in the one form that both protocols have: ``{"error": "<text>"}``. No cache may keep it."""
    return json_answer({"error": _text(error)}, status_of(error), (NOT_KEPT, *headers))


def _text(error: MainspringError) -> str:
    # A value quoted from a request may hold what UTF-8 cannot say.
    return str(error).encode("utf-8", "backslashreplace").decode("utf-8")
