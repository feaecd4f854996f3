"""Why requests failed, in words that hold none of their values."""

from __future__ import annotations

import re
from typing import Final

from mainspring.serving.payloads import LogRecord

MISSING: Final = "is not there"
"""What is said of a column that a request lacks."""

BLOCKED: Final = "an assertion forbade the answer"

_MISSING = re.compile(r"column (?:'(?P<one>[^'\n]+)'|\"(?P<two>[^\"\n]+)\") is not there")
_COLUMN = re.compile(r"column (?:'(?P<one>[^'\n]+)'|\"(?P<two>[^\"\n]+)\")")


def why(record: LogRecord) -> str:
    """Why a request failed: the column that it lacks, the column that does not fit, or the code of the error.

    The error itself may quote what was sent, which is nobody's business who only watches.

    Args:
        record: One that has an error.

    Example:
        >>> told = "1 problem in the input: row 0, column 'age' is not there; expected a whole number"
        >>> why(LogRecord(id="1", time=0.0, model="m", version="1", error=told))
        "column 'age' is not there"
    """
    if record.blocked:
        return BLOCKED
    error = record.error or ""
    for found, said in ((_MISSING.search(error), MISSING), (_COLUMN.search(error), "does not fit")):
        if found is not None:
            return f"column {(found['one'] or found['two'])!r} {said}"
    return record.kind or f"status {record.status}"


def missing_column(reason: str) -> str | None:
    """The column that a reason of :func:`why` says to lack; ``None`` if it says another thing."""
    found = _MISSING.fullmatch(reason)
    return None if found is None else found["one"] or found["two"]
