"""Errors in Seldon's words: ``{"status": {"status": 1, "info": …, "code": -1, "reason": …}}``."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from mainspring.core.errors import MainspringError
from mainspring.serving.endpoint.answers import Answer
from mainspring.serving.endpoint.refusals import refusal, status_of_any
from mainspring.serving.tracing.server_log import complain

FAILURE: Final = 1

_REASONS: Final = {
    400: "MICROSERVICE_BAD_DATA",
    401: "UNAUTHENTICATED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "TOO_LARGE",
    422: "BLOCKED",
    429: "BUSY",
    501: "UNSUPPORTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_OTHER: Final = "MICROSERVICE_INTERNAL_ERROR"


def as_seldon(answer: Answer) -> Answer:
    """An answer as it is if it is good; else the same error in Seldon's words, under the same HTTP status."""
    if answer.status < 400:
        return answer
    try:
        told = msgspec.json.decode(answer.body)
    except msgspec.DecodeError:
        told = None
    info = told.get("error", "") if isinstance(told, dict) else ""
    return Answer(answer.status, msgspec.json.encode(_status(info, answer.status)), answer.headers)


def refused(error: Exception) -> Answer:
    """An error as an answer in Seldon's words."""
    if status_of_any(error) == 500:
        complain(error)
    allow = b"POST" if isinstance(error, MainspringError) else b""
    return as_seldon(refusal(error, allow=allow))


def _status(info: Any, code: int) -> dict[str, Any]:
    return {"status": {"status": FAILURE, "info": str(info), "code": -1, "reason": _REASONS.get(code, _OTHER)}}
