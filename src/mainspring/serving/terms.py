"""The terms on which a caller asks, whichever door it comes through: under which id, how soon, how urgently."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mainspring.serving.call import Call
from mainspring.serving.limits.deadlines import earlier
from mainspring.serving.question import Parameter

LONGEST_ID: Final = 200
"""Longer ids are not taken over from a caller."""

TIMEOUT: Final = "timeout"
"""The parameter that says how many microseconds the caller waits (Triton's schedule policy)."""

PRIORITY: Final = "priority"
"""The parameter that says how urgent it is: 1 comes before 2."""

_ID: Final = b"x-request-id"


def given_id(headers: Mapping[bytes, bytes]) -> str:
    """The id that a caller gave a request in its headers, or the metadata that stands for these; empty without.

    Example:
        >>> given_id({b"x-request-id": b" 7 "})
        '7'
    """
    given = headers.get(_ID)
    if given is None:
        return ""
    given = given.strip()
    return given.decode("latin-1") if len(given) <= LONGEST_ID else ""


def hurry(call: Call, parameters: Mapping[str, Parameter]) -> None:
    """Take over how soon an answer is wanted, and how urgently. What is no number says nothing."""
    timeout, priority = parameters.get(TIMEOUT), parameters.get(PRIORITY)
    if type(timeout) is int and timeout > 0:  # true and false are numbers to Python
        call.deadline = earlier(call.deadline, call.arrived + timeout / 1e6)
    if type(priority) is int:
        call.priority = priority
