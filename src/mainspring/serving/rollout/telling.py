"""Telling callers which arm answered them."""

from __future__ import annotations

from mainspring.serving.call import Call
from mainspring.serving.rollout.options import HEADER

_NAME = HEADER.encode()


def routed(call: Call) -> list[tuple[bytes, bytes]]:
    """The header that says which arm of the model's rollout answered; none for a model without a rollout."""
    for one in call.decisions:
        if one.router == call.model:
            return [(_NAME, one.arm.encode("ascii", "backslashreplace"))]
    return []
