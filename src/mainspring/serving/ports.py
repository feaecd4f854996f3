"""What serving needs of a package: its signature, and a runtime that computes.

:class:`mainspring.models.package.Package` keeps these promises; a test or a plugin may bring its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy.typing as npt

from mainspring.models.signature import Signature


class Runtime(Protocol):
    """A loaded model.

    Promises:
        - ``predict`` may be called by several threads at once.
        - It takes every column of the signature in the form that ``Signature.columns`` gives (float64 with NaN
          for missing, or an object array of text and ``None``), at least one row, and does not change it.
        - It gives every output of the signature, row for row.
    """

    def predict(self, columns: Mapping[str, npt.NDArray[Any]]) -> Mapping[str, npt.NDArray[Any]]:
        """Compute the outputs: ``label`` and ``probabilities``, or ``prediction``."""
        ...


class Servable(Protocol):
    """A model that can be opened for serving.

    It may have ``assertions``, a tuple of :class:`mainspring.evaluation.assertions.Assertion`: the server holds
    its answers to them.
    """

    @property
    def signature(self) -> Signature:
        """What it asks for and answers."""
        ...

    @property
    def runtime(self) -> str:
        """The name of what runs it, such as ``"onnx"``."""
        ...

    @property
    def input_example(self) -> Sequence[Mapping[str, Any]]:
        """Rows that it answers; the server warms up with them. May be empty."""
        ...

    def open(self, threads: int = 1) -> Runtime:
        """Load it. May be called more than once; every call gives a runtime of its own."""
        ...
