"""How much a feature tells about a label: lift, mutual information, Cramér's V, Theil's U."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainspring.data.statistics.contingency import Axis, Contingency

if TYPE_CHECKING:
    import numpy as np

GROUPS: Final = 10
"""Numbers are gathered into so many groups of about equal size."""
MISSING: Final = "(missing)"
OTHER: Final = "(other)"
_ROUNDING: Final = 1e-12
_TAIL: Final = 40.0


@dataclass(frozen=True, slots=True)
class Association:
    """How closely a feature and a label go together. Missing values of the feature are a value of their own.

    Attributes:
        mutual_information: In nats: how much knowing the feature takes off the uncertainty of the label.
        adjusted_mutual_information: The same less what chance alone gives, as a share of the largest possible
            (Vinh, Epps and Bailey, 2010, with the mean of both entropies): about 0 for features that tell
            nothing, however many values they have; 1 if each tells the other.
        cramers_v: From 0 to 1, from the chi-squared of the contingency table (Cramér, 1946).
        theils_u: The share of the uncertainty of the label that the feature takes off (Theil, 1970), from 0 to 1;
            0 if the label never varies.
        count: Rows of data with a label.
        exact: Whether all words are told apart.
    """

    mutual_information: float
    adjusted_mutual_information: float
    cramers_v: float
    theils_u: float
    count: int
    exact: bool


@dataclass(frozen=True, slots=True)
class Lift:
    """How much more often a label comes with a value of a feature than at large: P(label | value) / P(label).

    Attributes:
        value: Of the feature: a word, a number, or a range of numbers.
        label: Of the label.
        lift: 1 if the value says nothing; 2 if the label is twice as frequent there.
        count: Rows of data (or their weight) with both.
        value_count: With the value.
        label_count: With the label.
    """

    value: str
    label: str
    lift: float
    count: float
    value_count: float
    label_count: float


def associate(table: Contingency, *, groups: int = GROUPS) -> Association:
    """How closely feature and label go together."""
    found, _, _ = grouped(table, groups=groups)
    counts = found[found.sum(axis=1) > 0][:, found.sum(axis=0) > 0]
    total = counts.sum()
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    information = mutual_information(counts)
    uncertainty = entropy(columns)
    return Association(
        mutual_information=information,
        adjusted_mutual_information=_adjusted(information, rows, columns),
        cramers_v=_cramers_v(counts),
        theils_u=min(information / uncertainty, 1.0) if uncertainty > 0 else 0.0,
        count=int(total),
        exact=table.complete,
    )


def lifts(
    table: Contingency, *, weighted: bool = False, least: float = 1.0, groups: int = GROUPS
) -> tuple[Lift, ...]:
    """The lift of every value and label, the largest first.

    Args:
        weighted: Whether rows count by their weight.
        least: Leave out values in fewer rows (or of less weight) than this: rare values lift by chance.

    Raises:
        ValueError: If weights are asked for and there are none.
    """
    counts, values, labels = grouped(table, groups=groups, weighted=weighted)
    total, rows, columns = counts.sum(), counts.sum(axis=1), counts.sum(axis=0)
    found = [
        Lift(
            value,
            label,
            float(counts[i, j] * total / (rows[i] * columns[j])),
            counts[i, j].item(),
            rows[i].item(),
            columns[j].item(),
        )
        for i, value in enumerate(values)
        for j, label in enumerate(labels)
        if rows[i] > 0 and rows[i] >= least and columns[j] > 0
    ]
    return tuple(sorted(found, key=lambda one: (-one.lift, -one.count, one.value, one.label)))


def grouped(
    table: Contingency, *, groups: int = GROUPS, weighted: bool = False
) -> tuple[np.ndarray, list[str], list[str]]:
    """A contingency table with numbers gathered into groups of about equal size, and what stands for each line.

    Raises:
        ValueError: If weights are asked for and there are none.
    """
    import numpy as np

    if weighted and not table.weights:
        raise ValueError("the contingency table has no weights")
    counts = np.array(table.counts, dtype=np.int64)
    cells = np.array(table.weights) if weighted else counts
    row_starts, row_names = _groups(table.rows, counts.sum(axis=1), groups)
    column_starts, column_names = _groups(table.columns, counts.sum(axis=0), groups)
    cells = np.add.reduceat(np.add.reduceat(cells, row_starts, axis=0), column_starts, axis=1)
    return cells, [*row_names, MISSING, OTHER], [*column_names, OTHER]


def mutual_information(counts: np.ndarray) -> float:
    """In nats, of a matrix of counts without empty lines."""
    import numpy as np

    total = counts.sum()
    if not total:
        return 0.0
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / total
    there = counts > 0
    found = float(np.sum(counts[there] / total * np.log(counts[there] / expected[there])))
    return max(found, 0.0)


def entropy(counts: np.ndarray) -> float:
    """In nats, of counts."""
    import numpy as np

    shares = counts[counts > 0] / max(counts.sum(), 1)
    return float(-np.sum(shares * np.log(shares))) + 0.0


def expected_mutual_information(rows: np.ndarray, columns: np.ndarray) -> float:
    """What mutual information is on average, in nats, if the lines of a table have these sums by chance.

    Equation 24a of Vinh, Epps and Bailey ("Information theoretic measures for clusterings comparison", JMLR 11,
    2010): the mean over all tables with these sums. Of the terms of a cell those are left out whose chance is
    below e^-40 by Bernstein's inequality.
    """
    import numpy as np

    total = int(rows.sum())
    # Cells with equal sums have equal terms.
    row_sums, row_times = np.unique(rows[rows > 0], return_counts=True)
    column_sums, column_times = np.unique(columns[columns > 0], return_counts=True)
    others = column_sums.astype(np.float64)
    return math.fsum(
        times * _expected_of_line(float(one), others, column_times, total)
        for one, times in zip(row_sums.tolist(), row_times.tolist(), strict=True)
    )


def _expected_of_line(a: float, b: np.ndarray, times: np.ndarray, total: int) -> float:
    """The terms of the cells of a line with the sum ``a``, in columns with the sums ``b``."""
    import numpy as np

    mean = a * b / total
    variance = mean * (1 - a / total) * (total - b) / max(total - 1, 1)
    reach = _TAIL / 3 + np.sqrt(_TAIL * _TAIL / 9 + 2 * _TAIL * variance)
    first = np.maximum(np.maximum(1, a + b - total), np.floor(mean - reach))
    last = np.minimum(np.minimum(a, b), np.ceil(mean + reach))
    lengths = np.maximum(last - first + 1, 0).astype(np.int64)
    # The numbers from first to last of every cell, one cell after the other.
    starts = np.repeat(first - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
    n = starts + np.arange(lengths.sum())
    b = np.repeat(b, lengths)
    fixed = _log_factorial(np.array([a, total - a, total], dtype=np.float64))
    chance = fixed[0] + fixed[1] - fixed[2] + _log_factorial(b) + _log_factorial(total - b)
    chance -= _log_factorial(n) + _log_factorial(a - n) + _log_factorial(b - n) + _log_factorial(total - a - b + n)
    terms = n / total * np.log(total * n / (a * b)) * np.exp(chance)
    return float(np.sum(terms * np.repeat(times, lengths)))


def _log_factorial(numbers: np.ndarray) -> np.ndarray:
    import numpy as np

    small = np.cumsum(np.log(np.maximum(np.arange(64), 1)))
    x = np.maximum(numbers, 32.0)
    # Stirling's series: off by less than 1e-16 from 32 on.
    series = 1 / (12 * x) - 1 / (360 * x**3) + 1 / (1260 * x**5) - 1 / (1680 * x**7)
    large = x * np.log(x) - x + 0.5 * np.log(2 * np.pi * x) + series
    found: np.ndarray = np.where(numbers < 64, small[np.minimum(numbers, 63).astype(np.int64)], large)
    return found


def _adjusted(information: float, rows: np.ndarray, columns: np.ndarray) -> float:
    if len(rows) <= 1 and len(columns) <= 1:
        return 1.0
    expected = expected_mutual_information(rows, columns)
    largest = (entropy(rows) + entropy(columns)) / 2
    # With as many values as rows, chance alone gives all there is to know.
    if largest - expected <= _ROUNDING * largest:
        return 1.0 if information >= (1 - _ROUNDING) * largest else 0.0
    return (information - expected) / (largest - expected)


def _cramers_v(counts: np.ndarray) -> float:
    import numpy as np

    least = min(counts.shape) - 1
    total = counts.sum()
    if least < 1 or not total:
        return 0.0
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / total
    chi_squared = float(np.sum((counts - expected) ** 2 / expected))
    return min(math.sqrt(chi_squared / (total * least)), 1.0)


def _groups(axis: Axis, sums: np.ndarray, groups: int) -> tuple[list[int], list[str]]:
    """Where each group of lines starts (the lines after the values are one each), and what stands for it."""
    import numpy as np

    size = len(axis)
    more = len(sums) - size
    starts = list(range(size))
    if axis.numeric and size > groups:
        mass = sums[:size]
        middle = (np.cumsum(mass) - mass / 2) / max(mass.sum(), 1)
        group = np.minimum((middle * groups).astype(np.int64), groups - 1)
        starts = [0, *(np.flatnonzero(np.diff(group)) + 1).tolist()]
    ends = [*(start - 1 for start in starts[1:]), size - 1]
    names = [axis.text(first, last) for first, last in zip(starts, ends, strict=True)] if size else []
    return [*starts, *range(size, size + more)], names
