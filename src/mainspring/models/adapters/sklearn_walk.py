"""Lists what scikit-learn has without loading the array libraries beside it.

scikit-learn finds its estimators by importing every package in it, and skops does that while it is imported. One
of those packages stands for PyTorch and loads it where it is installed: more than a second of processor time and
close to 200 MB of memory in each process that reads a model, for nothing that is then used.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

PACKAGES = tuple(f"sklearn.externals.array_api_compat.{name}" for name in ("cupy", "dask", "torch"))
"""Packages of scikit-learn that hold no estimator and import another library."""


@contextmanager
def array_libraries_left_out() -> Iterator[None]:
    """Inside, whoever imports one of :data:`PACKAGES` that is not loaded yet finds an empty module.

    Afterwards it is loaded as ever, when it is first needed.
    """
    placed = {name: ModuleType(name) for name in PACKAGES if name not in sys.modules}
    sys.modules.update(placed)
    try:
        yield
    finally:
        for name, module in placed.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]
