"""Reading the body of a request: never more of it than the limit, compressed or not."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, TypeAlias

from mainspring.serving.endpoint.problems import too_large
from mainspring.serving.problems import EncodingError, MalformedError

Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]

_WINDOW = {b"gzip": 16 + zlib.MAX_WBITS, b"x-gzip": 16 + zlib.MAX_WBITS, b"deflate": zlib.MAX_WBITS}


class DisconnectedError(Exception):
    """The caller went away before the body was there."""


async def read_body(receive: Receive, headers: Mapping[bytes, bytes], limit: int) -> bytes:
    """The whole body, as it was before it was compressed.

    Args:
        receive: The ASGI channel.
        headers: By name in lower case.
        limit: The most bytes that are read, and the most that a compressed body may grow to.

    Raises:
        TooLargeError: If it is larger: from its ``Content-Length`` before anything is read, or while it comes in.
        EncodingError: If its ``Content-Encoding`` is not known.
        MalformedError: If it is not compressed as it says.
        DisconnectedError: If the caller went away.
    """
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length) > limit:
        raise too_large(limit)
    message = await receive()
    if message["type"] == "http.disconnect":
        raise DisconnectedError
    body: bytes = message.get("body", b"")
    if message.get("more_body", False):
        body = await _rest(receive, body, limit)
    if len(body) > limit:
        raise too_large(limit)
    encoding = headers.get(b"content-encoding")
    return body if encoding is None else _decompress(body, encoding.strip().lower(), limit)


async def _rest(receive: Receive, first: bytes, limit: int) -> bytes:
    parts, size = [first], len(first)
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        part: bytes = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > limit:
            raise too_large(limit)
        if not message.get("more_body", False):
            return b"".join(parts)


def _decompress(body: bytes, encoding: bytes, limit: int) -> bytes:
    if encoding in (b"", b"identity"):
        return body
    window = _WINDOW.get(encoding)
    if window is None:
        raise EncodingError(
            f"content-encoding {encoding.decode('latin-1')!r} is not known", expected="gzip, deflate or none"
        )
    plain = b""
    while True:  # gzip may come in several members, one after the other (RFC 1952, 2.2)
        reader = zlib.decompressobj(window)
        try:
            plain += reader.decompress(body, limit + 1 - len(plain))
        except zlib.error as error:
            raise MalformedError(f"the body is not {encoding.decode('latin-1')}: {error}") from error
        if len(plain) > limit:
            raise too_large(limit)
        if not reader.eof:
            raise MalformedError(f"the {encoding.decode('latin-1')} body ends too early")
        body = reader.unused_data
        if not body:
            return plain
