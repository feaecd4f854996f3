"""What an importer is asked for, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.models.files import Files
from mainspring.models.signature import DATATYPES, Field, Signature, empty_column

if TYPE_CHECKING:
    from pathlib import Path

    from mainspring.data import Table

Columns = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """How a model made elsewhere is to be read.

    Attributes:
        example: A few real rows: they say the names and types of columns, and the model is tried on them.
        columns: Names of the columns, in the order in which the model takes them, where neither it nor the example
            says them.
        classes: Names of the classes, in the order of the probabilities, where the model does not say them.
        trust: Whether code that comes with the model may run.
        entry: ``"module:name"`` of a class or a function that makes the model (Python), or the name in
            ``hubconf.py`` (hub).
        arguments: What the entry is called with.
        takes: What a Python model's ``predict`` is given: ``"columns"`` (a mapping of arrays), ``"rows"`` (a list
            of mappings), ``"matrix"`` (float64) or ``"frame"`` (pandas).
        logits: Whether scores of classes are logits; probabilities are made of them.
    """

    example: Table | None = None
    columns: Sequence[str] = ()
    classes: Sequence[str] = ()
    trust: bool = False
    entry: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    takes: str = ""
    logits: bool = False

    def fields(self, names: Sequence[str]) -> list[Field]:
        """Fields for these columns: of the example's types, or else of numbers.

        Raises:
            InputError: If the example lacks some of them.
        """
        if self.example is None:
            return [Field(name, "FP64") for name in names]
        types = {column.name: str(column.type) for column in self.example.columns}
        lacking = [name for name in names if name not in types]
        if lacking:
            raise InputError(
                f"the example has no column {', '.join(map(repr, lacking))}",
                expected="the columns of the model: " + ", ".join(names),
            )
        return [Field(name, DATATYPES.get(types[name], "BYTES")) for name in names]


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A model made elsewhere, as a package needs it.

    Attributes:
        runtime: Name of the runtime that reads the files.
        files: What that runtime reads.
        signature: What the model asks for and answers.
        libraries: Distributions that the runtime needs.
        about: What it is, in a few words: ``"ONNX file"``, ``"sklearn.pipeline.Pipeline"``.
        probabilistic: Whether its scores are probabilities.
        runs_code: Whether opening it runs code that came with it.
    """

    runtime: str
    files: Files
    signature: Signature
    libraries: tuple[str, ...]
    about: str
    probabilistic: bool = True
    runs_code: bool = False


class Importer(Protocol):
    """Reads models of one kind; comes in by the hook ``mainspring_importers``."""

    def __call__(self, path: Path, request: Request) -> Described:
        """Read.

        Raises:
            InputError: If there is no such model there.
            UntrustedError: If code would run and the request does not trust it.
        """
        ...


def made_up_row(signature: Signature) -> dict[str, npt.NDArray[Any]]:
    """One row without an example: zeros, and empty texts."""
    return {
        field.name: np.array([""], dtype=object) if field.datatype == "BYTES" else np.zeros(1)
        for field in signature.inputs
    }


def without(columns: Columns, item: Field) -> dict[str, npt.NDArray[Any]]:
    """The first row, with nothing in one column."""
    return {**{name: column[:1] for name, column in columns.items()}, item.name: empty_column(item, 1)}
