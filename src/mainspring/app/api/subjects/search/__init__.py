"""Search: everything whose name somebody may type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation, operations_in
from mainspring.app.api.subject import Hit, Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search found.

    Attributes:
        text: What was looked for.
        hits: What was found, the best first.
    """

    text: str
    hits: Sequence[Hit]


def searching(subjects: Sequence[Subject]) -> Subject:
    """The subject that looks into others.

    Args:
        subjects: They.
    """
    finders: list[Callable[[Desk, str], Sequence[Hit]]] = [one.find for one in subjects if one.find]

    @operation("search", "GET", "/search")
    def search(desk: Desk, text: str, *, limit: int = 20) -> Found:
        """Look for runs, models, data, features and whatever else has a name with this text in it."""
        wanted = text.strip()
        found = [hit for find in finders for hit in find(desk, wanted)] if wanted else []
        return Found(text=text, hits=sorted(found, key=lambda hit: _rank(hit, wanted.lower()))[:limit])

    return Subject(name="search", operations=operations_in(search))


def _rank(hit: Hit, text: str) -> tuple[int, float]:
    """The whole name first, then its beginning, then the rest; the newest of each before the others."""
    name = hit.name.lower()
    return (0 if name == text else 1 if name.startswith(text) else 2 if text in name else 3, -hit.at)
