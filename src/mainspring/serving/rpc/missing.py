"""Texts that are missing. The protocol has no word for them: a tensor names a text that stands for them.

The parameter ``missing`` of a tensor of BYTES holds that text. A missing number needs none: it is NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

MISSING = "missing"
"""The name of the parameter."""


def without(values: npt.NDArray[Any], mark: object) -> npt.NDArray[Any]:
    """An object array with ``None`` in the place of the mark."""
    # NumPy itself would take a text for another one that ends in zeros besides.
    return _objects([None if value == mark else value for value in values.ravel().tolist()], values.shape)


def marked(values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], str | None]:
    """An object array with a mark in the place of ``None``, and the mark; ``None`` if nothing is missing."""
    flat = values.ravel().tolist()
    if None not in flat:
        return values, None
    mark, known = "", set(flat)
    while mark in known or mark.encode() in known:
        mark += "\0"
    return _objects([mark if value is None else value for value in flat], values.shape), mark


def _objects(values: list[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found.reshape(shape)
