"""Choosing and fitting the rule of each column from the training rows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from mainspring.data.celltypes import ColumnType
from mainspring.data.transforms.kinds import ColumnTransform, Numeric, OneHot, Ordinal, as_numbers, as_words

if TYPE_CHECKING:
    import numpy as np

    from mainspring.data.tables import Table

IDENTIFIER_SHARE: Final = 0.95
"""Text in which more than this share of the values are different names rows, it does not describe them."""


def why_ignored(table: Table, name: str, type_: ColumnType, labels: np.ndarray) -> str | None:
    """Why a column is no feature, or ``None`` if it is one."""
    if type_ in {ColumnType.TIMESTAMP, ColumnType.DATE}:
        return f"a {type_}: points in time do not come again"
    values = table.column(name)
    words = as_words(values)
    present = [word for word in words if word is not None]
    if not present:
        return "has no value in the training rows"
    if type_ in {ColumnType.BYTES, ColumnType.OTHER}:
        return f"a {type_}: neither a number nor a word"
    different = len(set(present))
    if type_ is ColumnType.STRING and different > IDENTIFIER_SHARE * len(present) and len(present) > 1:
        return f"looks like an identifier: {different} different values in {len(present)} rows"
    if _copies(words, labels):
        return (
            "says the label in other words: each of its values goes with one label, and each label with one value"
        )
    return None


def fit_column(
    table: Table, name: str, type_: ColumnType, *, vocabulary_size: int, impute: str | None, categories: str
) -> ColumnTransform:
    """The rule for one column."""
    values = table.column(name)
    if type_ is ColumnType.STRING:
        counts = Counter(word for word in as_words(values) if word is not None)
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        vocabulary = tuple(ranked[:vocabulary_size])
        return Ordinal(name, vocabulary) if categories == "ordinal" else OneHot(name, vocabulary)
    return _fit_number(name, as_numbers(values, name), impute)


def _fit_number(name: str, values: np.ndarray, impute: str | None) -> Numeric:
    import numpy as np

    missing = np.isnan(values)
    finite = values[np.isfinite(values)]
    if not finite.size:
        return Numeric(name, fill=None if impute is None else 0.0, indicator=bool(missing.any()))
    fill = _fill(finite, impute)
    known = finite if fill is None else np.concatenate([finite, np.full(int(missing.sum()), fill)])
    shift, scale = _moments(known)
    return Numeric(name, fill=fill, shift=shift, scale=scale, indicator=bool(missing.any()))


def _fill(finite: np.ndarray, impute: str | None) -> float | None:
    import numpy as np

    if impute is None:
        return None
    return float(np.median(finite) if impute == "median" else np.mean(finite))


def _moments(values: np.ndarray) -> tuple[float, float]:
    """Mean and population standard deviation, 1.0 for a constant; order of the rows does not matter."""
    import numpy as np

    ordered = np.sort(values)
    if ordered[0] == ordered[-1]:
        return float(ordered[0]), 1.0
    size = float(np.max(np.abs(ordered)))
    # Divided first, so that squares of very large numbers stay finite.
    unit = ordered / size if size > 1e150 else ordered
    factor = size if size > 1e150 else 1.0
    scale = float(np.std(unit)) * factor
    return float(np.mean(unit)) * factor, scale if scale > 0.0 and np.isfinite(scale) else 1.0


def _copies(words: list[str | None], labels: np.ndarray) -> bool:
    """Whether a column's values and the labels go together one to one, over at least two labels."""
    pairs = {(word, label) for word, label in zip(words, labels.tolist(), strict=True) if word is not None}
    lefts = {word for word, _ in pairs}
    rights = {label for _, label in pairs}
    return 2 <= len(pairs) == len(lefts) == len(rights) and len(pairs) == len(set(labels.tolist()))
