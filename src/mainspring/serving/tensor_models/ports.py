"""What serving needs of a file that holds a model of tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy.typing as npt

from mainspring.models.signature import Field


class TensorRuntime(Protocol):
    """A loaded model of tensors.

    Promises:
        - ``run`` may be called by several threads at once, and changes none of its inputs.
        - It takes arrays of the datatypes and shapes of ``inputs`` (texts as an object array of ``str``), and
          gives every output.
    """

    runtime: str
    """The name of what runs it, such as ``"onnx"``."""

    @property
    def inputs(self) -> Sequence[Field]:
        """What it asks for; -1 stands for a dimension of any size."""
        ...

    @property
    def outputs(self) -> Sequence[Field]:
        """What it answers. Empty if that is known only by asking."""
        ...

    @property
    def may_batch(self) -> bool:
        """Whether the first dimension of all inputs seems to count rows. It is tried before it is believed."""
        ...

    @property
    def notes(self) -> Mapping[str, str]:
        """What its maker wrote into the file, by name."""
        ...

    def run(self, tensors: Mapping[str, npt.NDArray[Any]]) -> Mapping[str, npt.NDArray[Any]]:
        """Compute the outputs.

        Raises:
            InputError: If the sizes of the inputs do not fit each other.
        """
        ...


class TensorLoader(Protocol):
    """Opens a file; comes in by the hook ``mainspring_tensor_runtimes``, under the suffix of the file."""

    def __call__(self, path: Path, *, threads: int = 1, trust: bool = False) -> TensorRuntime:
        """Open it.

        Args:
            path: The file; others that it refers to lie beside it.
            threads: The most threads that one call may use.
            trust: Whether code in it may run.

        Raises:
            IntegrityError: If it cannot be read.
            UntrustedError: If it would run code and is not trusted.
            UnavailableError: If a library that it needs is not installed.
        """
        ...
