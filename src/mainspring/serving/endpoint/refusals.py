"""Errors as answers, with the headers that belong to them."""

from __future__ import annotations

import math

from mainspring.core.errors import MainspringError
from mainspring.serving.endpoint.answers import NOT_KEPT, Answer, Header, error_answer, json_answer
from mainspring.serving.problems import MethodError, NoAnswerError, UnauthenticatedError, retry_after, status_of

_CHALLENGE: Header = (b"www-authenticate", b"Bearer")  # RFC 6750


def refusal(error: Exception, *, allow: bytes, held_back: bool = False, request: str = "") -> Answer:
    """An error as an answer: ``{"error": "<text>"}``. Of one that nobody foresaw the caller learns nothing more.

    Args:
        error: What happened.
        allow: The methods that the path knows.
        held_back: Whether the caller waits with its body for a word from the server.
        request: The id of the request.
    """
    if not isinstance(error, MainspringError):
        which = f" (request {request})" if request else ""
        return json_answer(
            {"error": f"the server failed on this request; its log has more{which}"}, 500, (NOT_KEPT,)
        )
    more: list[Header] = []
    if isinstance(error, MethodError):
        more.append((b"allow", allow))
    if isinstance(error, NoAnswerError):
        more.append((b"x-error-code", error.code.encode()))
    if isinstance(error, UnauthenticatedError):
        more.append(_CHALLENGE)
    wait = retry_after(error)
    if wait is not None:
        more.append((b"retry-after", b"%d" % math.ceil(wait)))
    if held_back:
        more.append((b"connection", b"close"))  # the body that was held back must not follow
    return error_answer(error, more)


def status_of_any(error: Exception) -> int:
    """The HTTP status that tells of an error, foreseen or not."""
    return status_of(error) if isinstance(error, MainspringError) else 500
