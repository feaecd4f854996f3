"""The payload log: every request, what came in, what went out, how long it took, or why it failed.

:class:`PredictionLog` takes records without ever waiting, and loses none of them when its process is killed;
:func:`read` and :func:`table` read them, :func:`erase` forgets somebody. :class:`PayloadObserver` logs what a
server answers, as :class:`PayloadOptions` say: with shares, redaction, and large values apart.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mainspring.serving.payloads.erasing import Erasure, erase
    from mainspring.serving.payloads.log import PredictionLog
    from mainspring.serving.payloads.observer import PayloadObserver, open_log
    from mainspring.serving.payloads.options import PayloadOptions, RedactionOptions
    from mainspring.serving.payloads.reading import read
    from mainspring.serving.payloads.record import BLOCKED, LogRecord, request_id
    from mainspring.serving.payloads.redaction import Redaction
    from mainspring.serving.payloads.tables import table

# Imported on first use: whoever only reads options needs no arrays.
_EXPORTS = {
    "BLOCKED": "record:BLOCKED",
    "Erasure": "erasing:Erasure",
    "LogRecord": "record:LogRecord",
    "PayloadObserver": "observer:PayloadObserver",
    "PayloadOptions": "options:PayloadOptions",
    "PredictionLog": "log:PredictionLog",
    "Redaction": "redaction:Redaction",
    "RedactionOptions": "options:RedactionOptions",
    "erase": "erasing:erase",
    "open_log": "observer:open_log",
    "read": "reading:read",
    "request_id": "record:request_id",
    "table": "tables:table",
}

__all__ = [
    "BLOCKED",
    "Erasure",
    "LogRecord",
    "PayloadObserver",
    "PayloadOptions",
    "PredictionLog",
    "Redaction",
    "RedactionOptions",
    "erase",
    "open_log",
    "read",
    "request_id",
    "table",
]


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _EXPORTS[name].partition(":")
    value = getattr(importlib.import_module(f"{__name__}.{module}"), attribute)
    globals()[name] = value
    return value
