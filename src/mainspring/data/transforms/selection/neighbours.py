"""Mutual information of numbers by the distances of nearest neighbours: no bins, and no shape assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np

NEIGHBOURS: Final = 3
_BLOCK: Final = 1 << 21
_EULER: Final = 0.57721566490153286


def information_about_class(
    values: np.ndarray, classes: np.ndarray, *, neighbours: int = NEIGHBOURS, seed: int = 0
) -> float:
    """Mutual information of a number and a class, in nats, at least 0.

    The estimator of Ross ("Mutual information between discrete and continuous data sets", PLoS ONE 9, 2014): how
    many rows of any class lie as near as the third neighbour of the same class. Values are spread by noise of
    1e-10 of their size, so that equal ones have neighbours too.

    Args:
        values: ``[n]``, finite.
        classes: Index of each row's class, ``[n]``; classes of a single row are left out.
        neighbours: Fewer follow the data more closely, more are less noisy.
    """
    import numpy as np

    counts = np.bincount(classes)
    kept = counts[classes] > 1
    x, places = _spread(values[kept], seed), classes[kept]
    size = len(x)
    if size < 2:
        return 0.0
    radius, k = np.empty(size), np.empty(size, dtype=np.int64)
    for place in np.unique(places):
        rows = np.flatnonzero(places == place)
        number = min(neighbours, len(rows) - 1)
        radius[rows], k[rows] = _distances(x[rows], number), number
    near = _within(np.sort(x), x, radius)
    found = _digamma(np.array([size]))[0] + _digamma(k).mean()
    found -= _digamma(counts[places]).mean() + _digamma(near).mean()
    return max(0.0, float(found))


def information_about_number(
    values: np.ndarray, target: np.ndarray, *, neighbours: int = NEIGHBOURS, seed: int = 0
) -> float:
    """Mutual information of two numbers, in nats, at least 0.

    The first estimator of Kraskov, Stögbauer and Grassberger ("Estimating mutual information", Physical Review E
    69, 2004). All pairs of rows are looked at, in blocks: time grows with the square of the rows.
    """
    import numpy as np

    size = len(values)
    if size <= neighbours:
        return 0.0
    x, y = _spread(values, seed), _spread(target, seed + 1)
    radius = np.empty(size)
    step = max(1, _BLOCK // size)
    for start in range(0, size, step):
        rows = slice(start, start + step)
        apart = np.maximum(np.abs(x[rows, None] - x), np.abs(y[rows, None] - y))
        # The nearest is the row itself.
        radius[rows] = np.partition(apart, neighbours, axis=1)[:, neighbours]
    near_x, near_y = _within(np.sort(x), x, radius), _within(np.sort(y), y, radius)
    found = _digamma(np.array([size, neighbours])).sum()
    return max(0.0, float(found - (_digamma(near_x) + _digamma(near_y)).mean()))


def _spread(values: np.ndarray, seed: int) -> np.ndarray:
    """At unit variance, with a little noise."""
    import numpy as np

    deviation = float(values.std()) if len(values) else 0.0
    scaled = values / deviation if deviation > 0 else values - values
    size = 1e-10 * max(1.0, float(np.abs(scaled).mean())) if len(values) else 0.0
    noise: np.ndarray = size * np.random.default_rng(seed).standard_normal(len(values))
    noisy: np.ndarray = scaled + noise
    return noisy


def _distances(values: np.ndarray, number: int) -> np.ndarray:
    """How far the neighbour of that number lies from each value: one of the windows around it, sorted."""
    import numpy as np

    order = np.argsort(values, kind="stable")
    line = np.concatenate([np.full(number, -np.inf), values[order], np.full(number, np.inf)])
    size = len(values)
    here = line[number : number + size]
    found = np.full(size, np.inf)
    for before in range(number + 1):
        low = here - line[number - before : number - before + size]
        high = line[2 * number - before : 2 * number - before + size] - here
        found = np.minimum(found, np.maximum(low, high))
    result = np.empty(size)
    result[order] = found
    return result


def _within(ordered: np.ndarray, values: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """How many values, the row itself among them, lie nearer than the radius."""
    import numpy as np

    low = np.searchsorted(ordered, values - radius, side="left")
    high = np.searchsorted(ordered, values + radius, side="right")
    last = len(ordered) - 1
    # The ends are rounded; the distance itself decides.
    while (outside := (low <= last) & (np.abs(ordered[np.minimum(low, last)] - values) >= radius)).any():
        low = low + outside
    while (outside := (high > 0) & (np.abs(ordered[np.maximum(high - 1, 0)] - values) >= radius)).any():
        high = high - outside
    found: np.ndarray = np.maximum(high - low, 1)
    return found


def _digamma(numbers: np.ndarray) -> np.ndarray:
    """Of whole numbers from 1: a harmonic number less Euler's constant."""
    import numpy as np

    harmonic = np.concatenate([[0.0], np.cumsum(1.0 / np.arange(1, int(numbers.max(initial=1)) + 1))])
    found: np.ndarray = harmonic[numbers - 1] - _EULER
    return found
