"""How strongly two columns hang together, whatever their types: measures on integer codes and on ranks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def contingency(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Rows per pair of codes, an array of (codes of one, codes of other) without empty rows and columns."""
    import numpy as np

    width = int(other.max()) + 1 if len(other) else 1
    height = int(one.max()) + 1 if len(one) else 1
    table = np.bincount(one.astype(np.int64) * width + other, minlength=height * width).reshape(height, width)
    found: np.ndarray = table[table.any(axis=1)][:, table.any(axis=0)]
    return found


def cramers_v(table: np.ndarray) -> float:
    """Cramér's V, corrected for bias, from 0 (independent) to 1 (one determines the other).

    Bergsma, "A bias-correction for Cramér's V and Tschuprow's T" (2013): independent columns of few rows are not
    at 0.1 by chance alone.
    """
    import numpy as np

    rows, columns = table.shape
    total = float(table.sum())
    if total < 2 or rows < 2 or columns < 2:
        return 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    phi2 = float(((table - expected) ** 2 / expected).sum()) / total
    phi2 = max(0.0, phi2 - (rows - 1) * (columns - 1) / (total - 1))
    least = min(rows - (rows - 1) ** 2 / (total - 1), columns - (columns - 1) ** 2 / (total - 1))
    return math.sqrt(min(1.0, phi2 / (least - 1))) if least > 1 else 0.0


def error_reduction(codes: np.ndarray, classes: np.ndarray) -> float:
    """By what share knowing a column lowers the errors of guessing a class: Goodman and Kruskal's lambda (1954).

    Learnt on every other row and judged on the rows between, so that a column of many values gains nothing by
    memory. 0 if guessing gets no better, 1 if it is never wrong.
    """
    import numpy as np

    if len(codes) < 4:
        return 0.0
    height, width = int(codes.max()) + 1, int(classes.max()) + 1
    wrong = blind = 0
    for first in (0, 1):
        learnt, judged = slice(first, None, 2), slice(1 - first, None, 2)
        seen = np.bincount(codes[learnt].astype(np.int64) * width + classes[learnt], minlength=height * width)
        table = seen.reshape(height, width)
        common = int(table.sum(axis=0).argmax())
        guess = np.where(table.any(axis=1), table.argmax(axis=1), common)
        wrong += int((guess[codes[judged]] != classes[judged]).sum())
        blind += int((classes[judged] != common).sum())
    return max(0.0, 1.0 - wrong / blind) if blind else 0.0


def ranking_area(values: np.ndarray, positive: np.ndarray) -> float:
    """Area under the ROC curve of one column of numbers, ties counted half; NaN are left out.

    0.5 if there are fewer than 50 values, or no row, or every row, is positive.
    """
    import numpy as np

    seen = ~np.isnan(values)
    values, positive = values[seen], positive[seen]
    count = int(positive.sum())
    if count == 0 or count == len(positive) or len(values) < 50:
        return 0.5
    ranks = _ranks(values)
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(values) - count)))


def spearman(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's rank correlation over the rows where both have a number; 0 where it is not defined."""
    import numpy as np

    both = ~(np.isnan(one) | np.isnan(other))
    if both.sum() < 3:
        return 0.0
    first, second = _ranks(one[both]), _ranks(other[both])
    first, second = first - first.mean(), second - second.mean()
    size = math.sqrt(float(first @ first) * float(second @ second))
    return float(first @ second) / size if size else 0.0


def _ranks(values: np.ndarray) -> np.ndarray:
    import numpy as np

    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    found: np.ndarray = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return found
