"""Maximum mean discrepancy: are two sets of rows drawn from one distribution, all columns together?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

from mainspring.data.comparison.encoding import Encoded, encode
from mainspring.data.comparison.multivariate import MmdTest
from mainspring.data.comparison.significance import normal_tail

if TYPE_CHECKING:
    import numpy as np

    from mainspring.data.tables import Table

MOST_ROWS: Final = 20_000
_WHOLE: Final = 1_000
_BLOCK: Final = 200
_PERMUTATIONS: Final = 199
_SEED: Final = 20_120_301


def mmd_test(
    one: Table,
    other: Table,
    *,
    columns: Sequence[str] | None = None,
    most: int = MOST_ROWS,
    permutations: int = _PERMUTATIONS,
) -> MmdTest:
    """The kernel two-sample test (Gretton et al., 2012) with a Gaussian kernel as wide as the median distance.

    Up to 1,000 rows a side all pairs are taken, and the p-value is that of the permutation test. Beyond, rows are
    taken in blocks of 200 (Zaremba, Gretton and Blaschko, 2013): the mean over the blocks is close to normal, and
    memory and time grow with the rows, not with their square.

    Args:
        columns: Which to take; those that both tables have if not given.
        most: The most rows to draw of either table.
        permutations: How many, for small tables.

    Raises:
        InputError: If there is nothing to compare.
    """
    return points_test(*plain_numbers(encode(one, other, columns=columns, most=most)), permutations=permutations)


def points_test(
    x: np.ndarray,
    y: np.ndarray,
    *,
    permutations: int = _PERMUTATIONS,
    width: float | None = None,
    seed: int = _SEED,
    level: float = 0.05,
) -> MmdTest:
    """The test of :func:`mmd_test` for two sets of points, shapes (n, d) and (m, d).

    Args:
        x: Points.
        y: Others.
        permutations: How many, for small sets.
        width: Of the kernel; the median distance if not given.
        seed: Of the permutations and blocks.
        level: For which the threshold is given.
    """
    wide = median_distance(x, y) if width is None else width
    if max(len(x), len(y)) <= _WHOLE:
        value, p_value, threshold = _permuted(x, y, wide, permutations, seed, level)
        method = "permutation"
    else:
        value, p_value, threshold = _blocks(x, y, wide, seed, level)
        method = "blocks"
    sizes = (len(x), len(y))
    return MmdTest(value=value, p_value=p_value, bandwidth=wide, sizes=sizes, method=method, threshold=threshold)


def mmd_squared(x: np.ndarray, y: np.ndarray, width: float) -> float:
    """The unbiased estimate of the squared discrepancy of two sets of points, shapes (n, d) and (m, d)."""
    import numpy as np

    sides = np.arange(len(x) + len(y)) < len(x)
    both = np.concatenate([x, y])
    return float(_of_kernel(gaussian_kernel(both, both, width), sides[:, None])[0])


def gaussian_kernel(x: np.ndarray, y: np.ndarray, width: float) -> np.ndarray:
    """How alike any two points are, from 0 to 1, shape (n, m)."""
    import numpy as np

    found: np.ndarray = np.exp(_squares(x, y) / (-2.0 * width * width))
    return found


def median_distance(x: np.ndarray, y: np.ndarray) -> float:
    """The median distance of any two of the first 500 points of either side; 1 if all are one."""
    import numpy as np

    both = np.concatenate([x[:500], y[:500]])
    squares = _squares(both, both)[np.triu_indices(len(both), 1)]
    middle = math.sqrt(float(np.median(squares))) if len(squares) else 0.0
    return middle or math.sqrt(float(squares.mean())) if len(squares) and squares.any() else 1.0


def plain_numbers(encoded: Encoded) -> tuple[np.ndarray, np.ndarray]:
    """Both sides as points of a space: ranks of numbers, one axis per word, one for missing values.

    A number becomes its rank among those of both sides, from -1 to 1, so that no outlier counts for more than the
    largest number does. Words that differ are as far apart as numbers at the ends.
    """
    return named_points(encoded)[:2]


def named_points(encoded: Encoded) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """The points of :func:`plain_numbers`, and the column that each axis comes from."""
    import numpy as np

    both = np.concatenate([encoded.one, encoded.other])
    axes: list[np.ndarray] = []
    names: list[str] = []
    # An embedding counts as much as one column.
    weights = {name: 1.0 / math.sqrt(len(places)) for name, places in encoded.axes().items()}
    for place, words in enumerate(encoded.words):
        name, values = encoded.names[place], both[:, place]
        missing = np.isnan(values)
        if words:
            axes += [(values == code) * math.sqrt(2.0) for code in np.unique(values[~missing])]
        else:
            axes.append(_ranked(values, missing) * weights[name])
        if missing.any():
            axes.append(missing * math.sqrt(2.0) * weights[name])
        names += [name] * (len(axes) - len(names))
    points = np.stack(axes, axis=1).astype(np.float64)
    return points[: len(encoded.one)], points[len(encoded.one) :], tuple(names)


def _ranked(values: np.ndarray, missing: np.ndarray) -> np.ndarray:
    import numpy as np

    found = np.zeros(len(values))
    present = values[~missing]
    ordered = np.sort(present)
    middle = (np.searchsorted(ordered, present, "left") + np.searchsorted(ordered, present, "right")) / 2
    found[~missing] = 2.0 * middle / max(len(present), 1) - 1.0
    return found


def _squares(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    import numpy as np

    lengths = np.square(x).sum(axis=1)[:, None] + np.square(y).sum(axis=1)[None, :]
    found: np.ndarray = np.maximum(lengths - 2.0 * (x @ y.T), 0.0)
    return found


def _of_kernel(kernel: np.ndarray, sides: np.ndarray) -> np.ndarray:
    """The estimate for each way to share the points out, one per column of ``sides``."""
    import numpy as np

    n = int(sides[:, 0].sum())
    m = len(sides) - n
    if n < 2 or m < 2:
        return np.zeros(sides.shape[1])
    mine = sides.astype(np.float64)
    reached = kernel @ mine
    trace = kernel.diagonal()[:, None]
    ours = ((reached - trace) * mine).sum(axis=0) / (n * (n - 1))
    theirs = ((kernel.sum(axis=1)[:, None] - reached - trace) * (1.0 - mine)).sum(axis=0) / (m * (m - 1))
    found: np.ndarray = ours + theirs - 2.0 * (reached * (1.0 - mine)).sum(axis=0) / (n * m)
    return found


def _permuted(
    x: np.ndarray, y: np.ndarray, width: float, permutations: int, seed: int, level: float
) -> tuple[float, float, float]:
    import numpy as np

    both = np.concatenate([x, y])
    sides = np.arange(len(both)) < len(x)
    dice = np.random.default_rng(seed)
    ways = np.stack([sides, *(dice.permutation(sides) for _ in range(permutations))], axis=1)
    found = _of_kernel(gaussian_kernel(both, both, width), ways)
    larger = int((found[1:] >= found[0] - 1e-12).sum())
    allowed = int(level * (1 + permutations) + 1e-9)
    threshold = float(np.sort(found[1:])[-allowed]) if allowed else math.inf
    return float(found[0]), (1.0 + larger) / (1.0 + permutations), threshold


def _blocks(x: np.ndarray, y: np.ndarray, width: float, seed: int, level: float) -> tuple[float, float, float]:
    import numpy as np

    dice = np.random.default_rng(seed)
    x, y = dice.permutation(x), dice.permutation(y)
    count = max(max(len(x), len(y)) // _BLOCK, 2)
    found = [
        mmd_squared(ours, theirs, width)
        for ours, theirs in zip(np.array_split(x, count), np.array_split(y, count), strict=True)
        if len(ours) > 1 and len(theirs) > 1
    ]
    if len(found) < 2:
        return (found[0] if found else 0.0), 1.0, math.inf
    value = float(np.mean(found))
    error = float(np.std(found, ddof=1)) / math.sqrt(len(found))
    size = value / error if error else 0.0
    p_value = normal_tail(size) / 2 if size > 0 else 1.0 - normal_tail(-size) / 2
    return value, p_value, error * NormalDist().inv_cdf(1.0 - level)
