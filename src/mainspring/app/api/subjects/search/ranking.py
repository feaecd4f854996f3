"""Which hits come first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from mainspring.app.api.subject import Hit

_FIRST: Final = ("page", "model", "run", "data", "pipeline", "deployment", "version", "feature", "alert", "review")
_LAST: Final = ("step", "request", "command")
_SHARE: Final = 0.4
"""No kind takes more than this share of the hits, as long as there are others."""


def best(hits: Sequence[Hit], text: str, limit: int) -> Sequence[Hit]:
    """The best hits, the best first; each page once, and of each kind so many that others are seen, too.

    Args:
        hits: What was found.
        text: What was looked for.
        limit: The most hits.
    """
    ranked = sorted(hits, key=lambda hit: rank(hit, text.lower()))
    once = list({(hit.kind, hit.name, hit.path): hit for hit in ranked}.values())
    most, taken, chosen, rest = max(3, round(limit * _SHARE)), Counter[str](), list[Hit](), list[Hit]()
    for hit in once:
        taken[hit.kind] += 1
        (chosen if taken[hit.kind] <= most else rest).append(hit)
    return sorted([*chosen, *rest][:limit], key=lambda hit: rank(hit, text.lower()))


def rank(hit: Hit, text: str) -> tuple[int, int, float]:
    """How good a hit is, less being better: the whole name, its beginning, the beginning of a word, any part of
    it, all words somewhere; then by kind; then the newest.

    Example:
        >>> loans = Hit(kind="model", name="loans", path="/models/loans")
        >>> rank(loans, "loans")[0], rank(loans, "loa")[0], rank(loans, "oan")[0]
        (0, 1, 3)
    """
    name = hit.name.lower()
    if name == text:
        near = 0
    elif name.startswith(text):
        near = 1
    elif any(f"{mark}{text}" in name for mark in " -_./:@"):
        near = 2
    elif text in name:
        near = 3
    else:
        near = 4
    kind = _FIRST.index(hit.kind) if hit.kind in _FIRST else 20
    return near, 30 if hit.kind in _LAST else kind, -hit.at
