"""Silences: alerts of which nobody is told for a time, because somebody said so, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from mainspring.core.clock import iso
from mainspring.core.errors import InputError
from mainspring.monitoring.alerts.alert import Alert
from mainspring.monitoring.alerts.options import check_matcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """That nobody is told of some alerts for a time.

    Attributes:
        id: Its name, ``s`` and a number.
        matcher: What alerts have that it is about, by name (``model``, ``check``, ``subject``, ``slice``,
            ``severity`` …), as patterns of file names; all of them must fit.
        since: From when on, in seconds since the epoch.
        until: Up to when.
        by: Who said so.
        why: Why.
    """

    id: str
    matcher: Mapping[str, str]
    since: float
    until: float
    by: str
    why: str

    def holds(self, at: float) -> bool:
        """Whether it holds at a time."""
        return self.since <= at < self.until

    def __str__(self) -> str:
        about = ", ".join(f"{name}={pattern}" for name, pattern in self.matcher.items())
        return f"{self.id}: {about} until {iso(self.until)}, by {self.by}: {self.why}"


def matches(matcher: Mapping[str, str], alert: Alert) -> bool:
    """Whether all patterns fit an alert.

    A bar, a bracket or a star in what is silenced can be written as ``?``.
    """
    told = alert.fields()
    return all(fnmatchcase(told.get(name, ""), pattern) for name, pattern in matcher.items())


def silence_of(alert: Alert, silences: Iterable[Silence], at: float) -> str:
    """The silence that holds for an alert, the one that ends last; empty if none does."""
    found = [one for one in silences if one.holds(at) and matches(one.matcher, alert)]
    return max(found, key=lambda one: (one.until, one.id)).id if found else ""


def checked(matcher: Mapping[str, str], until: float, at: float, by: str, why: str) -> None:
    """See that a silence makes sense.

    Raises:
        InputError: If it is about nothing, about everything there is, over already, or without a reason.
    """
    problems = check_matcher(matcher)
    if not matcher:
        problems.append("it does not say which alerts it is about")
    if until <= at:
        problems.append(f"it ends at {iso(until)}, which is past")
    if not why.strip():
        problems.append("it does not say why")
    if not by.strip():
        problems.append("it does not say who wants it")
    if problems:
        raise InputError(
            "this is no silence: " + "; ".join(problems),
            expected="a matcher such as check=drift, an end, who and why",
            fix="mainspring alerts silence check=drift subject='age' --for 2d --why 'known, see 123'",
        )
