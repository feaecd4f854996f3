"""What became known about answers after they were given: rewards, the truth, late, twice, row by row.

:class:`FeedbackDoor` takes it by the id of the request; :func:`join` puts it beside the log of what was answered.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mainspring.serving.feedback.door import FeedbackDoor
    from mainspring.serving.feedback.joining import join, pending
    from mainspring.serving.feedback.log import FeedbackLog, read
    from mainspring.serving.feedback.record import Feedback

# Imported on first use: a server needs no tables.
_EXPORTS = {
    "Feedback": "record:Feedback",
    "FeedbackDoor": "door:FeedbackDoor",
    "FeedbackLog": "log:FeedbackLog",
    "join": "joining:join",
    "pending": "joining:pending",
    "read": "log:read",
}

__all__ = ["Feedback", "FeedbackDoor", "FeedbackLog", "join", "pending", "read"]


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _EXPORTS[name].partition(":")
    value = getattr(importlib.import_module(f"{__name__}.{module}"), attribute)
    globals()[name] = value
    return value
