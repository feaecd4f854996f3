"""What a check said of one window, subject by subject: bad, good, or nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mainspring.core.verdicts import Reason
from mainspring.monitoring.alerts.alert import figure_name
from mainspring.monitoring.seen import Figure, Judged

_SAYS_NOTHING = re.compile(r"TOO_FEW|TOO_SMALL|^NOT_|^NOTHING_|^CANNOT_|WAITING|SKIPPED")
"""In the codes of reasons whose figure says only how little there was to look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something bad that a check found.

    Attributes:
        check: Which check.
        code: Of the reason.
        subject: What it is about; empty for the window as a whole.
        message: One sentence.
        value: The figure; ``None`` if there is none.
        limit: Its limit; ``None`` if there is none.
        effect: How many times past its limit it is.
        features: Those that have to do with it.
        rows: Places in the window's table of rows that show it.
        usual: What the figure usually is, where that is known already.
        unusual: Whether only the history of the figure speaks against it.
    """

    check: str
    code: str
    subject: str = ""
    message: str = ""
    value: float | None = None
    limit: float | None = None
    effect: float = 1.0
    features: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    usual: float | None = None
    unusual: bool = False

    @property
    def figure(self) -> str:
        """The name of its figure in the history."""
        return figure_name(self.check, self.subject)


def findings(check: str, judged: Judged, *, columns: Sequence[str] = ()) -> Iterator[Finding]:
    """What is bad, one finding for each subject: several reasons about one become one.

    Args:
        check: The name of the check.
        judged: What it gave.
        columns: The columns of the window: subjects that are among them are features.
    """
    by_subject: dict[str, list[Reason]] = {}
    for reason in judged.verdict.failures:
        by_subject.setdefault(reason.subject or "", []).append(reason)
    for subject, reasons in by_subject.items():
        yield _finding(check, subject, reasons, judged, columns)


def says(judged: Judged, subject: str) -> bool | None:
    """Whether a check says that a subject is bad; ``None`` if it could not look.

    A subject of which nothing is said is good if the check measured anything at all, or has nothing to say: what
    it could not look at, it names.
    """
    reasons = judged.verdict.reasons
    own = [reason for reason in reasons if (reason.subject or "") == subject]
    if any(not reason.ok for reason in own):
        return True
    figure = _figure(judged.figures, subject) if subject else None
    if figure is not None and math.isfinite(figure.value):
        return False
    if own:
        return False if any(map(_measured, own)) else None
    figures = any(math.isfinite(one.value) for one in judged.figures.values())
    return False if figures or not reasons or any(map(_measured, reasons)) else None


def effect_of(value: float | None, limit: float | None, *, low: bool | None = None) -> float:
    """How many times past its limit a figure is; 1 at the limit, and where there are no two numbers.

    Args:
        value: The figure.
        limit: Its limit.
        low: Whether it must not be below the limit; by default as the figure lies.

    Example:
        >>> effect_of(0.4, 0.1)
        4.0
        >>> effect_of(0.4, 0.8, low=True)
        2.0
    """
    if value is None or limit is None or not (math.isfinite(value) and math.isfinite(limit)):
        return 1.0
    low = value < limit if low is None else low
    if value <= 0 or limit <= 0:  # a ratio says nothing there
        return 1.0 + (limit - value if low else value - limit)
    return min(limit / value if low else value / limit, 1e9)


def _finding(
    check: str, subject: str, reasons: Sequence[Reason], judged: Judged, columns: Sequence[str]
) -> Finding:
    value, limit, low = _numbers(reasons[0], _figure(judged.figures, subject))
    about = subject.partition(" | ")[0]
    blamed = judged.verdict.details.get("features")
    features = [about] if about in columns or check in _BY_FEATURE else []
    if isinstance(blamed, Mapping) and not features:
        features = sorted(blamed, key=lambda name: -_size(blamed[name]))[:_FEW]
    return Finding(
        check=check,
        code=reasons[0].code,
        subject=subject,
        message="; ".join(dict.fromkeys(reason.message for reason in reasons)),
        value=value,
        limit=limit,
        effect=effect_of(value, limit, low=low),
        features=tuple(map(str, features)),
        rows=tuple(map(int, judged.rows)),
    )


_FEW = 5
_BY_FEATURE = frozenset({"drift", "skew"})


def _numbers(reason: Reason, figure: Figure | None) -> tuple[float | None, float | None, bool | None]:
    """The figure, its limit, and whether it must not be below that."""
    value, limit = _number(reason.observed), _number(reason.expected)
    if figure is None:
        return value, limit, None
    seen = figure.value if value is None and math.isfinite(figure.value) else value
    for bound, low in ((figure.least, True), (figure.most, False)):
        if bound is not None and seen is not None and (seen < bound if low else seen > bound):
            return seen, limit if limit is not None else bound, low
    return seen, limit, None


def _figure(figures: Mapping[str, Figure], subject: str) -> Figure | None:
    return figures.get(subject.replace(" | ", "|"))


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _size(value: object) -> float:
    return abs(_number(value) or 0.0)


def _measured(reason: Reason) -> bool:
    """Whether a reason rests on a figure, and not on there being none."""
    return not reason.ok or (reason.observed is not None and _SAYS_NOTHING.search(reason.code) is None)
