"""The stretch of time that a page shows: from its address, kept by its links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from mainspring.app.api.subjects.monitoring.sight import RANGES, USUAL
from mainspring.app.web.visit import Visit

NAMES: Final = (*RANGES, "all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """What the address says of time.

    Attributes:
        within: One of ``day`` to ``all``; empty if two moments are given.
        since: From when, as it was given.
        until: Up to when.
        choices: Names of stretches with the addresses of the page over them.
        days: The two moments as days, for a form.
        others: What else the address says, for a form.
    """

    within: str
    since: str
    until: str
    choices: Sequence[tuple[str, str]]
    days: tuple[str, str]
    others: Mapping[str, str]

    @property
    def query(self) -> dict[str, str]:
        """What links keep of it."""
        usual = "" if self.within == USUAL else self.within
        return {name: value for name, value in self._named(usual).items() if value}

    @property
    def given(self) -> dict[str, str]:
        """What operations are asked with."""
        return self._named(self.within)

    def _named(self, within: str) -> dict[str, str]:
        return {"within": within, "since": self.since, "until": self.until}


def range_of(visit: Visit, *path: str) -> Range:
    """The stretch of time of a page.

    Args:
        visit: The request.
        path: The page's address: a path, and names behind it.
    """
    since, until = visit.query.get("since", ""), visit.query.get("until", "")
    within = "" if since or until else visit.query.get("within", "") or USUAL
    others = {name: visit.query[name] for name in visit.query if name not in ("within", "since", "until")}
    choices = [
        (name, visit.renderer.url(*path, **others, within=None if name == USUAL else name)) for name in NAMES
    ]
    return Range(
        within=within, since=since, until=until, choices=choices, days=(_day(since), _day(until)), others=others
    )


def _day(text: str) -> str:
    """A moment as a form for days has it; nothing if it is none."""
    try:
        return datetime.fromtimestamp(float(text), UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return text[:10]
