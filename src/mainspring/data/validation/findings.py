"""What the checks have in common: making an anomaly, and telling figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mainspring.data.validation.anomalies import Anomaly, AnomalyType, Severity
from mainspring.data.validation.catalogue import CATALOGUE

SHOWN: Final = 5
"""How many words or rows are shown."""
SLACK: Final = 1e-12
"""A fraction may miss its limit by this: nine rows of ten are 0.9, whatever their quotient is in floats."""


def finding(
    type_: AnomalyType,
    path: str,
    *,
    found: str,
    expected: str,
    edit: str,
    observed: float | None = None,
    limit: float | None = None,
    severity: Severity | None = None,
) -> Anomaly:
    """An anomaly as bad as is usual for its kind; the split is filled in later."""
    return Anomaly(
        path=path,
        split="",
        type=type_,
        severity=severity or CATALOGUE[type_].severity,
        found=found,
        expected=expected,
        edit=edit,
        observed=None if observed is None else float(observed),
        limit=None if limit is None else float(limit),
    )


def plural(count: int, word: str, words: str = "") -> str:
    """A count with its noun.

    Example:
        >>> plural(1, "row"), plural(2_000, "row"), plural(2, "row has", "rows have")
        ('1 row', '2,000 rows', '2 rows have')
    """
    return f"{count:,} {word}" if count == 1 else f"{count:,} {words or word + 's'}"


def listed(items: Sequence[str]) -> str:
    """The first few of a list."""
    return ", ".join(items[:SHOWN]) + (" …" if len(items) > SHOWN else "")


def floor(share: float) -> float:
    """A fraction rounded down to four digits: a limit that accepts it.

    Example:
        >>> floor(2 / 3), floor(0.9)
        (0.6666, 0.9)
    """
    return int(share * 10_000 + 1e-8) / 10_000


def ceiling(value: float) -> float:
    """A number rounded up to four digits, and past it: a limit that accepts it."""
    return int(value * 10_000 + 1) / 10_000
