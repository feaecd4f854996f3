"""Choosing and fitting the rule of each column from the training rows."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from mainspring.data.celltypes import ColumnType
from mainspring.data.transforms.kinds import ColumnTransform, Numeric, OneHot, Ordinal, as_numbers, as_words

if TYPE_CHECKING:
    import numpy as np

IDENTIFIER_SHARE: Final = 0.95
"""Text in which more than this share of the values are different names rows, it does not describe them."""
_LARGE: Final = 1e150


@dataclass(frozen=True, slots=True)
class Material:
    """The values of one column in the training rows.

    Attributes:
        type: What the schema says they are.
        values: In the form of ``Table.column``.
        present: Which rows have a value.
        different: How many different values there are.
        counts: Rows per different word; nothing for numbers.
        ordered: The numbers in ascending order, without missing ones; nothing for words.
    """

    name: str
    type: ColumnType
    values: np.ndarray
    present: np.ndarray
    different: int
    counts: Counter[str | None]
    ordered: np.ndarray

    @classmethod
    def of(cls, name: str, type_: ColumnType, values: np.ndarray) -> Self:
        """Count the values of a column."""
        import numpy as np

        if type_.is_numeric or type_ is ColumnType.BOOL:
            values = as_numbers(values, name)
            present = ~np.isnan(values)
            ordered = np.sort(values[present])
            different = int(ordered.size > 0) + int(np.count_nonzero(ordered[1:] != ordered[:-1]))
            return cls(name, type_, values, present, different, Counter(), ordered)
        words = as_words(values)
        present = np.fromiter((word is not None for word in words), dtype=bool, count=len(words))
        counts = Counter(words)
        del counts[None]
        return cls(name, type_, values, present, len(counts), counts, np.empty(0))


def why_ignored(material: Material, labels: np.ndarray, *, classes: int | None = None) -> str | None:
    """Why a column is no feature, or ``None`` if it is one.

    Args:
        classes: How many different labels there are, where that is known.
    """
    if material.type in {ColumnType.TIMESTAMP, ColumnType.DATE}:
        return f"a {material.type}: points in time do not come again"
    rows, different = int(material.present.sum()), material.different
    if not rows:
        return "has no value in the training rows"
    if material.type in {ColumnType.BYTES, ColumnType.LIST, ColumnType.STRUCT, ColumnType.OTHER}:
        return f"a {material.type}: neither a number nor a word"
    if material.type is ColumnType.STRING and rows > 1 and different > IDENTIFIER_SHARE * rows:
        return f"looks like an identifier: {different} different values in {rows} rows"
    if _copies(material, labels, classes):
        return (
            "says the label in other words: each of its values goes with one label, and each label with one value"
        )
    return None


def fit_column(
    material: Material, *, vocabulary_size: int, impute: str | None, categories: str
) -> ColumnTransform:
    """The rule for one column."""
    if material.type is ColumnType.STRING:
        ranked = heapq.nsmallest(
            vocabulary_size, material.counts.items(), key=lambda item: (-item[1], str(item[0]))
        )
        vocabulary = tuple(str(word) for word, _ in ranked)
        return Ordinal(material.name, vocabulary) if categories == "ordinal" else OneHot(material.name, vocabulary)
    return _fit_number(material, impute)


def _fit_number(material: Material, impute: str | None) -> Numeric:
    import numpy as np

    holes, finite = not bool(material.present.all()), material.ordered[np.isfinite(material.ordered)]
    if not finite.size:
        return Numeric(material.name, fill=None if impute is None else 0.0, indicator=holes)
    fill = _fill(finite, impute)
    missing = len(material.values) - int(material.present.sum())
    if fill is not None and missing:
        # Where they belong, so that the order holds.
        finite = np.insert(finite, np.searchsorted(finite, fill), np.full(missing, fill))
    shift, scale = _moments(finite)
    return Numeric(material.name, fill=fill, shift=shift, scale=scale, indicator=holes)


def _fill(finite: np.ndarray, impute: str | None) -> float | None:
    """What stands in for a missing value, of numbers in ascending order."""
    import numpy as np

    if impute is None:
        return None
    middle = finite[(len(finite) - 1) // 2 : len(finite) // 2 + 1]
    return float(np.mean(middle if impute == "median" else finite))


def _moments(ordered: np.ndarray) -> tuple[float, float]:
    """Mean and population standard deviation, 1.0 for a constant, of numbers in ascending order."""
    import numpy as np

    if ordered[0] == ordered[-1]:
        return float(ordered[0]), 1.0
    size = max(abs(float(ordered[0])), abs(float(ordered[-1])))
    # Very large numbers are divided first, so that their squares stay finite.
    unit = size if size > _LARGE else 1.0
    scale = float(np.std(ordered / unit)) * unit
    return float(np.mean(ordered / unit)) * unit, scale if scale > 0.0 else 1.0


def _copies(material: Material, labels: np.ndarray, classes: int | None) -> bool:
    """Whether a column's values and the labels go together one to one, over all labels."""
    import numpy as np

    classes = len(np.unique(labels)) if classes is None else classes
    if not 2 <= material.different == classes:
        return False
    kept = labels[material.present].tolist()
    pairs = set(zip(material.values[material.present].tolist(), kept, strict=True))
    if not len(pairs) == classes == len(set(kept)):
        return False
    values = material.values[material.present]
    if classes < len(kept) or values.dtype == object:
        return True
    # Where no value comes twice any two columns go together one to one; a copy also has the order.
    steps = np.diff(values[np.argsort(kept)])
    return bool((steps > 0).all() or (steps < 0).all())
