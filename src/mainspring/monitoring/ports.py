"""What a detector on a stream promises."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.records import Value


class DetectorState(StrEnum):
    """What a detector thinks after an item."""

    STABLE = "STABLE"
    WARNING = "WARNING"
    DRIFT = "DRIFT"


class Detector(Protocol):
    """Watches a stream of figures, item by item.

    Promises:
        - ``update`` takes constant time and memory (ADWIN: the logarithm of its window). After ``DRIFT`` it
          begins anew with the next item; one that has a window keeps what lies after the change.
        - ``update_many`` gives the alarms that ``update`` would have given one by one. If an item is refused, none
          has been taken.
        - ``from_dict(as_dict())`` goes on exactly as the original would; the dict is plain JSON.
        - What is random is drawn from a seed: the same items give the same alarms.
        - A missing value (NaN) is refused and not counted: whoever watches decides what it means.
        - Not safe for threads.
    """

    def update(self, value: float) -> DetectorState:
        """Take one item.

        Raises:
            InputError: If it is not a value that the detector understands.
        """
        ...

    def update_many(self, values: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Take items one after the other.

        Args:
            values: One row of items.

        Returns:
            The places of the alarms among them, from 0, in their order.

        Raises:
            InputError: If one of them is not a value that the detector understands.
        """
        ...

    def as_dict(self) -> Mapping[str, Value]:
        """Settings and memory as plain values."""
        ...

    @classmethod
    def from_dict(cls, value: Mapping[str, Value]) -> Self:
        """The inverse of :meth:`as_dict`."""
        ...
