"""What can be wrong with a request besides its values, whichever door it came through.

Doors translate the code of an error: ``endpoint`` into an HTTP status, ``rpc`` into a gRPC status.
"""

from __future__ import annotations

from collections.abc import Mapping

from mainspring.core.errors import InputError, MainspringError, NotFoundError, UnavailableError
from mainspring.serving.caller import Caller


class MalformedError(InputError):
    """The body is not of the form that the protocol asks for."""

    code = "MALFORMED"


class TooLargeError(InputError):
    """The request is larger than the server takes."""

    code = "TOO_LARGE"


class EncodingError(InputError):
    """The body is compressed in a way that the server does not know."""

    code = "UNKNOWN_ENCODING"


class MethodError(InputError):
    """The path exists, but not for this method."""

    code = "METHOD_NOT_ALLOWED"


class UnauthenticatedError(MainspringError):
    """It is not known who asks, and it has to be."""

    code = "UNAUTHENTICATED"


class ForbiddenError(MainspringError):
    """Who asks may not do this.

    Attributes:
        caller: Who asks, if that is known.
    """

    code = "FORBIDDEN"
    caller: Caller | None = None

    def to(self, caller: Caller) -> ForbiddenError:
        """The same error, told to somebody."""
        self.caller = caller
        return self


class UnsupportedError(MainspringError):
    """What is asked for exists in the protocol, and is not offered here."""

    code = "UNSUPPORTED"


class NoExplainerError(MainspringError):
    """The server predicts, and was not told who explains."""

    code = "NO_EXPLAINER"


class NoAnswerError(NotFoundError):
    """No node of a graph has an answer to this: a reader elsewhere goes on without it, as one beside it would."""

    code = "NO_ANSWER"


class RetryError(MainspringError):
    """The request was right, and is best sent again a little later.

    Attributes:
        retry_after: Seconds to wait.
    """

    retry_after: float = 1.0

    def after(self, seconds: float) -> RetryError:
        """The same error, with another time to wait."""
        self.retry_after = seconds
        return self


class BusyError(RetryError):
    """The caller asks more often, or for more at once, than is allowed."""

    code = "BUSY"


class OverloadedError(RetryError):
    """The server has more to do than it can take on."""

    code = "OVERLOADED"


class LoadingError(RetryError):
    """The model is there, and cannot answer yet, or not now."""

    code = "LOADING"


def stopping() -> LoadingError:
    """The server is being stopped, and has no more time for a request."""
    return LoadingError("the server is being stopped", fix="ask again: another one answers")


class DeadlineError(MainspringError):
    """The time that the request was given is over."""

    code = "DEADLINE_EXCEEDED"


class CancelledError(MainspringError):
    """The caller went away before there was an answer."""

    code = "CANCELLED"


STATUS: Mapping[str, int] = {
    "INVALID_INPUT": 400,
    "BAD_INPUT": 400,
    "MALFORMED": 400,
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    NoAnswerError.code: 404,
    "METHOD_NOT_ALLOWED": 405,
    "CONFLICT": 409,
    "ILLEGAL_STATE": 409,
    "TOO_LARGE": 413,
    "UNKNOWN_ENCODING": 415,
    "BLOCKED": 422,
    "BUDGET_SPENT": 422,
    "BUSY": 429,
    "CANCELLED": 499,
    "NO_EXPLAINER": 501,
    "UNSUPPORTED": 501,
    "LOADING": 503,
    "OVERLOADED": 503,
    UnavailableError.code: 503,
    "DEADLINE_EXCEEDED": 504,
}
"""HTTP status by error code; every other error is the server's own, 500."""


def status_of(error: MainspringError) -> int:
    """The HTTP status that tells of an error."""
    return STATUS.get(error.code, 500)


def retry_after(error: MainspringError) -> float | None:
    """Seconds after which to ask again; ``None`` if that would not help."""
    if isinstance(error, RetryError):
        return error.retry_after
    return 1.0 if error.code == UnavailableError.code else None
