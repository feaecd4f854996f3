"""Why requests failed, in words that hold none of their values."""

from __future__ import annotations

import re
from typing import Final

from mainspring.serving.payloads import LogRecord

BLOCKED: Final = "an assertion forbade the answer"

_NAME: Final = r"""(?:'([^'\n]+)'|"([^"\n]+)")"""
_MISSING: Final = re.compile(rf"column {_NAME} is not there")
_COLUMN: Final = re.compile(rf"column {_NAME}")
_LACKS: Final = re.compile(rf"columns? ({_NAME}(?:, {_NAME})*) (?:is|are) not there")


def why(record: LogRecord) -> str:
    """Why a request failed: the columns that it lacks, those that do not fit, or the code of the error.

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
    for pattern, one, many in (
        (_MISSING, "is not there", "are not there"),
        (_COLUMN, "does not fit", "do not fit"),
    ):
        names = _names(pattern, error)
        if names:
            listed = ", ".join(map(repr, names))
            return f"columns {listed} {many}" if names[1:] else f"column {listed} {one}"
    return record.kind or f"status {record.status}"


def missing_columns(reason: str) -> tuple[str, ...]:
    """The columns that a reason of :func:`why` says to lack; none if it says another thing.

    Example:
        >>> missing_columns("columns 'age', 'sex' are not there")
        ('age', 'sex')
    """
    found = _LACKS.fullmatch(reason)
    return () if found is None else _names(re.compile(_NAME), found[1])


def _names(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    """The names that a pattern finds, each once."""
    return tuple(dict.fromkeys(one or two for one, two in pattern.findall(text)))
