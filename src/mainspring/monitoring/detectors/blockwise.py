"""What detectors have in common: how their state is kept, and how they take many items at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy.typing as npt

from mainspring.core.records import Value
from mainspring.monitoring.detectors.blocks import Ints, as_plain, from_plain, mistakes, numbers, shares, walk


class Kept:
    """A detector, a dataclass, whose fields are its state."""

    __slots__ = ()
    # The fields that are infinite as long as they are not known.
    _UNKNOWN: ClassVar[tuple[str, ...]] = ()

    def as_dict(self) -> Mapping[str, Value]:
        """Settings and memory as plain values; what is not known yet is ``None``."""
        return as_plain(self)

    @classmethod
    def from_dict(cls, value: Mapping[str, Value]) -> Self:
        """The inverse of :meth:`as_dict`.

        Raises:
            InputError: If a field is missing, or one is there that the detector does not have.
        """
        return from_plain(cls, value, unknown=cls._UNKNOWN)


class Blockwise(Kept, ABC):
    """A detector that takes items by blocks."""

    __slots__ = ()

    def update_many(self, values: npt.ArrayLike) -> Ints:
        """Take items one after the other, and give the places of the alarms.

        Raises:
            InputError: If one of them is not what the detector takes; then none has been taken.
        """
        return walk(self._read(values), self._scan)

    @staticmethod
    @abstractmethod
    def _read(values: npt.ArrayLike) -> npt.NDArray[Any]:
        """Items as an array, checked."""

    @abstractmethod
    def _scan(self, block: npt.NDArray[Any]) -> int | None:
        """Take a block up to its first alarm; see :func:`mainspring.monitoring.detectors.blocks.walk`."""


class OnMistakes(Blockwise):
    """Takes 1 for a mistake, and 0 for a right answer."""

    __slots__ = ()
    _read = staticmethod(mistakes)


class OnShares(Blockwise):
    """Takes numbers from 0 to 1."""

    __slots__ = ()
    _read = staticmethod(shares)


class OnNumbers(Blockwise):
    """Takes any finite numbers."""

    __slots__ = ()
    _read = staticmethod(numbers)
