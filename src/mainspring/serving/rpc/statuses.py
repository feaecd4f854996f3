"""How an error is told over gRPC: its status, and its full text in the details."""

from __future__ import annotations

import math
from collections.abc import Mapping
from urllib.parse import quote

from grpc import StatusCode

from mainspring.core.errors import MainspringError
from mainspring.serving.problems import retry_after, status_of

LONGEST_DETAILS = 6_000
"""Bytes of text that fit into the trailers of an answer: clients refuse trailers of more than 8 KiB."""

CODE = "x-error-code"
"""The trailer with the code of an error, which says more than the status."""

_BY_CODE: Mapping[str, StatusCode] = {
    "ILLEGAL_STATE": StatusCode.FAILED_PRECONDITION,
    "TOO_LARGE": StatusCode.RESOURCE_EXHAUSTED,  # as gRPC itself says of a message that is too large
}

_BY_STATUS: Mapping[int, StatusCode] = {
    400: StatusCode.INVALID_ARGUMENT,
    401: StatusCode.UNAUTHENTICATED,
    403: StatusCode.PERMISSION_DENIED,
    404: StatusCode.NOT_FOUND,
    405: StatusCode.UNIMPLEMENTED,
    409: StatusCode.ABORTED,
    415: StatusCode.INVALID_ARGUMENT,
    422: StatusCode.FAILED_PRECONDITION,
    429: StatusCode.RESOURCE_EXHAUSTED,
    499: StatusCode.CANCELLED,
    501: StatusCode.UNIMPLEMENTED,
    503: StatusCode.UNAVAILABLE,
    504: StatusCode.DEADLINE_EXCEEDED,
}


def code_of(error: BaseException) -> StatusCode:
    """The gRPC status that tells of an error; INTERNAL for what nobody foresaw."""
    if not isinstance(error, MainspringError):
        return StatusCode.INTERNAL
    return _BY_CODE.get(error.code) or _BY_STATUS.get(status_of(error), StatusCode.INTERNAL)


def details_of(error: BaseException, request: str = "") -> str:
    """What a caller is told of an error.

    Args:
        error: The error.
        request: The id of the request, under which the server's log has more of an error that nobody foresaw.
    """
    if not isinstance(error, MainspringError):
        return "the server failed on this request; its log has more" + (f" (request {request})" if request else "")
    # A value quoted from a request may hold what UTF-8 cannot say.
    text = str(error).encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) * 3 <= LONGEST_DETAILS else _shortened(text)


def trailers_of(error: BaseException, request: str = "") -> tuple[tuple[str, str], ...]:
    """What is told beside the text: the error's code, the request's id, and when to ask again.

    ``grpc-retry-pushback-ms`` is what the retries of gRPC's own clients go by.
    """
    found = [(CODE, error.code if isinstance(error, MainspringError) else "INTERNAL")]
    if request and request.isascii() and request.isprintable():
        found.append(("x-request-id", request))
    seconds = retry_after(error) if isinstance(error, MainspringError) else None
    if seconds is not None:
        found.append(("retry-after", str(math.ceil(seconds))))
        found.append(("grpc-retry-pushback-ms", str(math.ceil(seconds * 1000))))
    return tuple(found)


def _shortened(text: str) -> str:
    """As much of a text as fits once gRPC has percent-encoded it."""
    size = 0
    for place, character in enumerate(text):
        size += len(quote(character, safe=" !\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~"))
        if size > LONGEST_DETAILS:
            return text[:place] + " …"
    return text
