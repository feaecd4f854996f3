"""Choosing and fitting the rule of each column from the training rows."""

from __future__ import annotations

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
        counts: Rows per different value, without missing ones.
    """

    name: str
    type: ColumnType
    values: np.ndarray
    present: np.ndarray
    counts: Counter[str | float]

    @classmethod
    def of(cls, name: str, type_: ColumnType, values: np.ndarray) -> Self:
        """Count the values of a column."""
        import numpy as np

        if type_.is_numeric or type_ is ColumnType.BOOL:
            values = as_numbers(values, name)
            present = ~np.isnan(values)
            different, rows = np.unique(values[present], return_counts=True)
            counts = Counter(dict(zip(different.tolist(), rows.tolist(), strict=True)))
        else:
            words = as_words(values)
            present = np.fromiter((word is not None for word in words), dtype=bool, count=len(words))
            counts = Counter(words)
            del counts[None]
        return cls(name, type_, values, present, counts)


def why_ignored(material: Material, labels: np.ndarray) -> str | None:
    """Why a column is no feature, or ``None`` if it is one."""
    if material.type in {ColumnType.TIMESTAMP, ColumnType.DATE}:
        return f"a {material.type}: points in time do not come again"
    rows, different = int(material.present.sum()), len(material.counts)
    if not rows:
        return "has no value in the training rows"
    if material.type in {ColumnType.BYTES, ColumnType.LIST, ColumnType.STRUCT, ColumnType.OTHER}:
        return f"a {material.type}: neither a number nor a word"
    if material.type is ColumnType.STRING and rows > 1 and different > IDENTIFIER_SHARE * rows:
        return f"looks like an identifier: {different} different values in {rows} rows"
    if _copies(material, labels):
        return (
            "says the label in other words: each of its values goes with one label, and each label with one value"
        )
    return None


def fit_column(
    material: Material, *, vocabulary_size: int, impute: str | None, categories: str
) -> ColumnTransform:
    """The rule for one column."""
    if material.type is ColumnType.STRING:
        ranked = sorted(material.counts.items(), key=lambda item: (-item[1], str(item[0])))
        vocabulary = tuple(str(word) for word, _ in ranked[:vocabulary_size])
        return Ordinal(material.name, vocabulary) if categories == "ordinal" else OneHot(material.name, vocabulary)
    return _fit_number(material, impute)


def _fit_number(material: Material, impute: str | None) -> Numeric:
    import numpy as np

    values, holes = material.values, not bool(material.present.all())
    finite = values[np.isfinite(values)]
    if not finite.size:
        return Numeric(material.name, fill=None if impute is None else 0.0, indicator=holes)
    fill = _fill(finite, impute)
    missing = len(values) - int(material.present.sum())
    known = finite if fill is None else np.concatenate([finite, np.full(missing, fill)])
    shift, scale = _moments(known)
    return Numeric(material.name, fill=fill, shift=shift, scale=scale, indicator=holes)


def _fill(finite: np.ndarray, impute: str | None) -> float | None:
    import numpy as np

    if impute is None:
        return None
    return float(np.median(finite) if impute == "median" else np.mean(np.sort(finite)))


def _moments(values: np.ndarray) -> tuple[float, float]:
    """Mean and population standard deviation, 1.0 for a constant; the order of rows does not matter."""
    import numpy as np

    ordered = np.sort(values)
    if ordered[0] == ordered[-1]:
        return float(ordered[0]), 1.0
    size = max(abs(float(ordered[0])), abs(float(ordered[-1])))
    # Very large numbers are divided first, so that their squares stay finite.
    unit = size if size > _LARGE else 1.0
    scale = float(np.std(ordered / unit)) * unit
    return float(np.mean(ordered / unit)) * unit, scale if scale > 0.0 else 1.0


def _copies(material: Material, labels: np.ndarray) -> bool:
    """Whether a column's values and the labels go together one to one, over all labels."""
    different = set(labels.tolist())
    if not 2 <= len(material.counts) == len(different):
        return False
    kept = labels[material.present].tolist()
    pairs = set(zip(material.values[material.present].tolist(), kept, strict=True))
    return len(pairs) == len(different) == len(set(kept))
