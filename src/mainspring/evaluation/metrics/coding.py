"""Values of any kind as small whole numbers, so that arrays can count them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.metrics.states import Ints


def coded(values: Sequence[Any] | npt.NDArray[Any]) -> tuple[tuple[Any, ...], Ints]:
    """The different values, numbers before texts and each in order, and the place of every value among them.

    Example:
        >>> names, codes = coded(["b", 2, "a", 2])
        >>> names, codes.tolist()
        ((2, 'a', 'b'), [2, 0, 1, 0])
    """
    if isinstance(values, np.ndarray) and values.dtype.kind in "biuf":
        found, codes = np.unique(values, return_inverse=True)
        return tuple(found.tolist()), codes.astype(np.int64)
    told = values.tolist() if isinstance(values, np.ndarray) else values
    names = tuple(sorted(set(told), key=_order))
    places = {name: place for place, name in enumerate(names)}
    return names, np.fromiter((places[value] for value in told), np.int64, len(told))


def _order(value: Any) -> tuple[bool, float, str]:
    number = isinstance(value, (int, float))
    return not number, float(value) if number else 0.0, str(value)
