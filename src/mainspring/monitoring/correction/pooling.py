"""Many tables of counts in one window, and in the last windows taken together."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mainspring.data.comparison import benjamini_hochberg
from mainspring.monitoring.correction.exact import exact_p_values

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counts:
    """One column, or slice, of a window, counted in the bins of the reference.

    Attributes:
        reference: Rows of the reference, ``[bins]``.
        window: Rows of the window, in the same bins.
        ordered: How many bins, from the first on, lie in order.
    """

    reference: Floats
    window: Floats
    ordered: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tested:
    """One table, tested over the last windows.

    Attributes:
        windows: How many windows were taken together, this one among them.
        counts: Their rows, ``[bins]``.
        p_value: How likely so large a difference from the reference is by chance alone.
        adjusted_p: The same, corrected for all that was tested (Benjamini and Hochberg, 1995).
    """

    windows: int
    counts: Floats
    p_value: float
    adjusted_p: float


def assess(
    tables: Mapping[str, Counts],
    before: Sequence[Mapping[str, Sequence[float]]] = (),
    *,
    together: Sequence[int] = (1,),
    least_rows: int = 1,
) -> dict[str, list[Tested]]:
    """Test every table in this window, and in the last windows taken together.

    A small shift that one window cannot tell from chance shows in a day of windows. Rows are added up, not
    p-values: one test of all rows has more power than many tests of few, and is right although all windows are
    held against one reference whose own error they share.

    Args:
        tables: What was counted in this window.
        before: The counts of the windows before, oldest first.
        together: How many windows to take together.
        least_rows: With fewer rows nothing is said.

    Returns:
        The tests of each table, in the order of ``together``; none where there are too few rows.
    """
    found = [
        (name, windows, pooled)
        for name, counts in tables.items()
        for windows, pooled in _pooled(name, counts, before, together)
        if pooled.window.sum() >= least_rows
    ]
    p_values = exact_p_values(
        [one.reference for _, _, one in found],
        [one.window for _, _, one in found],
        [one.ordered for _, _, one in found],
    ).tolist()
    adjusted = benjamini_hochberg(p_values)
    tests: dict[str, list[Tested]] = {name: [] for name in tables}
    for (name, windows, one), p_value, own in zip(found, p_values, adjusted, strict=True):
        tests[name].append(Tested(windows=windows, counts=one.window, p_value=p_value, adjusted_p=own))
    return tests


def _pooled(
    name: str, counts: Counts, before: Sequence[Mapping[str, Sequence[float]]], together: Sequence[int]
) -> Iterator[tuple[int, Counts]]:
    """How many windows there were, and their counts, for each number of windows that makes a difference."""
    size = len(counts.window)
    earlier = [
        (back, one[name]) for back, one in enumerate(reversed(before[1 - max(together) :]), 1) if name in one
    ]
    fitting = [(back, one) for back, one in earlier if len(one) == size] if max(together) > 1 else []
    backs = [back for back, _ in fitting]
    sums = np.cumsum([counts.window, *(one for _, one in fitting)], axis=0)
    used = sorted({1 + bisect_left(backs, windows) for windows in together})
    for windows in used:
        yield windows, Counts(reference=counts.reference, window=sums[windows - 1], ordered=counts.ordered)
