"""The range of each column of numbers in training, as a package knows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

Ranges: TypeAlias = Mapping[str, tuple[float, float]]


def ranges_of(package: object) -> Ranges:
    """The least and the largest number of training by column; empty for a servable that does not know them."""
    details = getattr(package, "details", None)
    found = details.get("ranges") if isinstance(details, Mapping) else None
    if not isinstance(found, Mapping):
        return {}
    return {str(name): (float(low), float(high)) for name, (low, high) in found.items()}
