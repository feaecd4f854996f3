"""What can go wrong with a class of the user's, as callers are told."""

from __future__ import annotations

from mainspring.core.errors import InputError, MainspringError
from mainspring.serving.predictor import ModelError
from mainspring.serving.problems import DeadlineError, LoadingError, OverloadedError

_CLIENT = range(400, 500)


def refused(text: str, status: int, where: str) -> MainspringError:
    """The error that a class raised: the caller's fault if its status says so, else the model's."""
    return InputError(text, where=where) if status in _CLIENT else ModelError(text, where=where)


def unsendable(error: Exception, where: str) -> InputError:
    """What cannot be sent to a process."""
    return InputError(
        str(error), expected="arrays, text, bytes, numbers, and lists and mappings of them", where=where
    )


def lost(why: str, where: str) -> LoadingError:
    """The process ended with the call in its hands."""
    error = LoadingError(f"the process of the model ended before it answered: {why}", fix="ask again", where=where)
    error.after(0.5)
    return error


def down(why: str, seconds: float, where: str) -> LoadingError:
    """No process is there to be asked."""
    error = LoadingError(f"the model cannot answer at the moment: {why}", fix="ask again in a while", where=where)
    error.after(max(0.5, seconds))
    return error


def late(seconds: float, where: str) -> DeadlineError:
    """The class took too long."""
    return DeadlineError(
        f"the model did not answer within {seconds:g} seconds, and was stopped",
        fix="ask for less at a time, or let a call take longer (call_seconds)",
        where=where,
    )


def busy(seconds: float, where: str) -> OverloadedError:
    """Every process has something else to do."""
    return OverloadedError(
        f"all processes of the model were busy for {seconds:g} seconds",
        fix="ask again in a while, or run more of them (processes)",
        where=where,
    )
