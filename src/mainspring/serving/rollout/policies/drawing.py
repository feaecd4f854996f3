"""Shares of arms, and drawing by them."""

from __future__ import annotations

from collections.abc import Sequence


def even(size: int) -> list[float]:
    """The same share for all."""
    return [1.0 / size] * size


def best(scores: Sequence[float]) -> list[float]:
    """Everything to the best score; if several are best, the same to each."""
    top = max(scores)
    shares = [1.0 if score == top else 0.0 for score in scores]
    ties = shares.count(1.0)
    return shares if ties == 1 else [share / ties for share in shares]


def mixed(shares: Sequence[float], least: float) -> list[float]:
    """Shares of which each is at least so large: the rest is divided as before."""
    size = len(shares)
    if least * size >= 1.0:
        return even(size)
    rest = 1.0 - least * size
    return [rest * share + least for share in shares]


def draw(shares: Sequence[float], uniform: float) -> int:
    """The place that a number from 0 to 1, drawn evenly, falls on. A share of 0 is never drawn."""
    place = last = 0
    for place, share in enumerate(shares):
        if share > 0.0:
            if uniform < share:
                return place
            uniform -= share
            last = place
    return last  # shares add up to 1 but for rounding
