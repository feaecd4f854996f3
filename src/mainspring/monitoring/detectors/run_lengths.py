"""Run lengths: after how many items a detector alarms though nothing has changed."""

from __future__ import annotations

from mainspring.monitoring.detectors.blocks import Floats


def threshold_for(paths: Floats, steps: float) -> float:
    """The threshold with which a statistic alarms once in so many steps, on the mean.

    Runs that have not alarmed when their path ends count with the steps they took: the estimate for chances that
    do not change over time (B. Epstein, M. Sobel, "Life testing", Journal of the American Statistical Association
    48, 1953).

    Args:
        paths: Values of the statistic on steady streams, ``[streams, steps]``.
        steps: The mean run between two false alarms.

    Example:
        >>> import numpy as np
        >>> values = np.random.default_rng(0).random((500, 200))
        >>> round(threshold_for(values, 100), 2)  # uniform values pass 0.99 once in a hundred steps
        0.99
    """
    # The largest value up to each step: a run has alarmed as soon as that is above the threshold.
    highest = paths.copy()
    for step in range(1, paths.shape[1]):
        highest[:, step] = highest[:, step].clip(min=highest[:, step - 1])
    low, high = float(highest.min()), float(highest.max())
    for _ in range(60):
        middle = (low + high) / 2
        quiet = highest <= middle
        alarms = int((~quiet[:, -1]).sum())
        if alarms == 0 or (int(quiet.sum()) + alarms) / alarms >= steps:
            high = middle
        else:
            low = middle
    return high
