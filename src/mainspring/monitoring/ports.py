"""What a detector on a stream promises."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol, Self

from mainspring.core.records import Value


class DetectorState(StrEnum):
    """What a detector thinks after an item."""

    STABLE = "STABLE"
    WARNING = "WARNING"
    DRIFT = "DRIFT"


class Detector(Protocol):
    """Watches a stream of figures, item by item.

    Promises:
        - ``update`` takes constant time and memory. After ``DRIFT`` it begins anew with the next item.
        - ``from_dict(as_dict())`` goes on exactly as the original would; the dict is plain JSON.
        - Not safe for threads.
    """

    def update(self, value: float) -> DetectorState:
        """Take one item.

        Raises:
            InputError: If it is not a value that the detector understands.
        """
        ...

    def as_dict(self) -> Mapping[str, Value]:
        """Settings and memory as plain values."""
        ...

    @classmethod
    def from_dict(cls, value: Mapping[str, Value]) -> Self:
        """The inverse of :meth:`as_dict`."""
        ...
