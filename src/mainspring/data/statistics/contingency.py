"""Contingency tables of a feature and a label that merge: what lift and mutual information are counted from.

Numbers are counted in bins whose edges depend on nothing but the numbers themselves, so that tables of parts add
up to the table of the whole. A bin is all floats that agree in their leading bits: sign, exponent and some digits
of the fraction. As many trailing bits are left out as needed to have at most so many occupied bins. Leaving out
one bit more joins neighbours, never splits one, so the order in which parts come does not matter.
"""

from __future__ import annotations

import datetime
import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from mainspring.core.errors import InputError
from mainspring.data.sketches import EXACT_VALUES

if TYPE_CHECKING:
    import numpy as np

FEATURE_BINS: Final = 128
"""At most so many bins of a numeric feature are occupied."""
LABEL_BINS: Final = 32
"""At most so many bins of a numeric label are occupied."""
LABEL_WORDS: Final = 200
"""So many values of a label of words are told apart; the rest are counted together."""
_DAY: Final = 86_400
_FLIP: Final = 0x7FFF_FFFF_FFFF_FFFF


@dataclass(frozen=True, slots=True)
class Axis:
    """The values along one side of a contingency table.

    Attributes:
        words: The values of a feature of words, ascending.
        keys: The bins of a feature of numbers, ascending, as the leading bits of the floats in them.
        dropped: How many trailing bits the keys leave out; 0 if every bin is one number.
        most: How many values or bins there may be.
        numeric: Whether the feature is of numbers.
        times: Whether the numbers are seconds since 1970.
    """

    words: tuple[str, ...] = ()
    keys: tuple[int, ...] = ()
    dropped: int = 0
    most: int = EXACT_VALUES
    numeric: bool = False
    times: bool = False

    def __len__(self) -> int:
        return len(self.keys) if self.numeric else len(self.words)

    def edges(self, first: int, last: int) -> tuple[float, float]:
        """The least number of one bin, and the number just above those of another."""
        low, high = self.keys[first] << self.dropped, (self.keys[last] + 1) << self.dropped
        return _number(low), _number(min(high, _FLIP))

    def text(self, first: int, last: int | None = None) -> str:
        """What stands for a value, or for the bins from one to another: ``red``, ``3``, ``[3, 5]``, ``[3, 5)``."""
        last = first if last is None else last
        if not self.numeric:
            return self.words[first]
        low, high = self.edges(first, last)
        if self.dropped:
            return f"[{self._shown(low)}, {self._shown(high)})"
        upper = _number(self.keys[last])
        return self._shown(low) if first == last else f"[{self._shown(low)}, {self._shown(upper)}]"

    def _shown(self, number: float) -> str:
        if not self.times:
            return f"{number:.12g}"
        try:
            moment = datetime.datetime.fromtimestamp(number, datetime.UTC)
        except (OverflowError, ValueError, OSError):
            return f"{number:.12g}"
        return moment.date().isoformat() if not number % _DAY else moment.isoformat(timespec="seconds")[:19]


@dataclass(frozen=True, slots=True)
class Contingency:
    """How often the values of a feature and of a label come together. Rows without a label are left out.

    Attributes:
        rows: The values of the feature.
        columns: The values of the label.
        counts: Rows of data, by value of the feature and then of the label. After the values of the feature come
            two more: missing, and all values that are not told apart; after those of the label one more.
        weights: The same by weight; empty without weights.
    """

    rows: Axis = field(default_factory=Axis)
    columns: Axis = field(default_factory=Axis)
    counts: tuple[tuple[int, ...], ...] = ((0,), (0,))
    weights: tuple[tuple[float, ...], ...] = ()

    @property
    def complete(self) -> bool:
        """Whether all values of feature and label are told apart."""
        return not any(self.counts[-1]) and not any(row[-1] for row in self.counts)

    @property
    def total(self) -> int:
        """Rows of data with a label."""
        return sum(map(sum, self.counts))

    @classmethod
    def merged(cls, parts: Sequence[Contingency]) -> Contingency:
        """Of the rows of all parts: exact while there are at most 1,000 words (200 of the label).

        Beyond, the most frequent words stay; what others counted goes to the values not told apart.

        Raises:
            InputError: If the feature is of numbers in one part and of words in another, or only some parts have
                weights.
        """
        import numpy as np

        some = [part for part in parts if part.total] or parts[:1]
        if len({bool(part.weights) for part in some}) > 1:
            raise InputError("only some parts are weighted", expected="weights in all parts or in none")
        rows = _joined_axis([(part.rows, [sum(row) for row in part.counts]) for part in some])
        columns = _joined_axis([(part.columns, _column_sums(part)) for part in some])
        counts = np.zeros((len(rows) + 2, len(columns) + 1), dtype=np.int64)
        weights = np.zeros(counts.shape)
        for part in some:
            if part.rows == rows and part.columns == columns:
                counts += np.array(part.counts, dtype=np.int64)
                weights += np.array(part.weights) if part.weights else 0.0
                continue
            places = np.ix_(_places(part.rows, rows, 2), _places(part.columns, columns, 1))
            np.add.at(counts, places, np.array(part.counts, dtype=np.int64))
            if part.weights:
                np.add.at(weights, places, np.array(part.weights))
        return cls.of_arrays(rows, columns, counts, weights if some[0].weights else None)

    def merge(self, other: Contingency) -> Contingency:
        """Of the rows of both."""
        return self.merged([self, other])

    @classmethod
    def of_arrays(cls, rows: Axis, columns: Axis, counts: np.ndarray, weights: np.ndarray | None) -> Contingency:
        """From matrices."""
        return cls(
            rows,
            columns,
            tuple(tuple(row) for row in counts.tolist()),
            () if weights is None else tuple(tuple(row) for row in weights.tolist()),
        )


def keys_of(numbers: np.ndarray) -> np.ndarray:
    """Whole numbers in the same order as the numbers: the bits of the floats. NaN must not be among them."""
    import numpy as np

    bits = (np.asarray(numbers, dtype=np.float64) + 0.0).view(np.int64)
    return np.where(bits < 0, bits ^ np.int64(_FLIP), bits)


def axis_of_keys(keys: np.ndarray, most: int, *, dropped: int = 0, times: bool = False) -> Axis:
    """The bins that hold some keys: with as many leading bits as leave at most ``most`` bins occupied.

    Args:
        keys: Different keys, ascending.
        dropped: How many trailing bits they leave out already.
        times: Whether the numbers are seconds since 1970.
    """

    def occupied(more: int) -> int:
        found = keys >> more
        return int((found[1:] != found[:-1]).sum()) + 1 if len(found) else 0

    low, high = 0, 63 - dropped
    while low < high:
        middle = (low + high) // 2
        if occupied(middle) <= most:
            high = middle
        else:
            low = middle + 1
    kept = tuple(different(keys >> low).tolist())
    return Axis(keys=kept, dropped=dropped + low, most=most, numeric=True, times=times)


def different(ordered: np.ndarray) -> np.ndarray:
    """The different ones of some ascending numbers."""
    import numpy as np

    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if len(ordered) else ordered


def _number(key: int) -> float:
    bits = key if key >= 0 else key ^ _FLIP
    found: float = struct.unpack("<d", struct.pack("<q", bits))[0]
    return found if not math.isnan(found) else math.inf


def _column_sums(part: Contingency) -> list[int]:
    return [sum(column) for column in zip(*part.counts, strict=True)]


def _joined_axis(found: Sequence[tuple[Axis, Sequence[int]]]) -> Axis:
    import numpy as np

    # A part in which every value is missing says nothing about their kind.
    axes = [axis for axis, _ in found if len(axis)] or [found[0][0]]
    if len({axis.numeric for axis in axes}) > 1:
        raise InputError("numbers in one part and words in another", expected="one type in all parts")
    most = axes[0].most
    if axes[0].numeric:
        dropped = max(axis.dropped for axis in axes)
        keys = sorted({key >> (dropped - axis.dropped) for axis in axes for key in axis.keys})
        return axis_of_keys(np.array(keys, dtype=np.int64), most, dropped=dropped, times=axes[0].times)
    sums: dict[str, int] = {}
    for axis, counts in found:
        for word, count in zip(axis.words, counts, strict=False):
            sums[word] = sums.get(word, 0) + count
    kept = sorted(sums, key=lambda word: (-sums[word], word))[:most]
    return Axis(words=tuple(sorted(kept)), most=most)


def _places(part: Axis, whole: Axis, more: int) -> list[int]:
    """Where the values of one axis stand on another, and then the ``more`` that follow."""
    names: Sequence[Any]
    if whole.numeric:
        known: dict[Any, int] = {key: place for place, key in enumerate(whole.keys)}
        names = [key >> (whole.dropped - part.dropped) for key in part.keys]
    else:
        known = {word: place for place, word in enumerate(whole.words)}
        names = part.words
    rest = len(whole) + more - 1
    return [*(known.get(name, rest) for name in names), *range(len(whole), len(whole) + more)]
