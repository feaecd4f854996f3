"""Seeds for every source of chance in a process, put back as they were afterwards."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Within the block, the global generators of Python and NumPy start from the seed.

    Estimators are given the seed by argument; this is for code that asks the global generators all the same.

    Example:
        >>> with seeded(3):
        ...     one = random.random()
        >>> with seeded(3):
        ...     one == random.random()
        True
    """
    before, numpy_before = random.getstate(), np.random.get_state()
    random.seed(seed)
    np.random.seed(seed % 2**32)
    try:
        yield
    finally:
        random.setstate(before)
        np.random.set_state(numpy_before)
