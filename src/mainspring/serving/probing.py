"""Rows made ready to be sent to a prediction server that is tried, and a package made ready to be served."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mainspring.models.package import Package
from mainspring.models.signature import Signature
from mainspring.serving.prediction import plain_values


@dataclass(frozen=True, slots=True)
class Questions:
    """Rows ready to be sent, their columns in another order each time.

    Attributes:
        columns: Data type and values by column name.
        order: Shuffles the columns.
    """

    columns: Mapping[str, tuple[str, list[Any]]]
    order: random.Random

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray], signature: Signature, seed: int) -> Questions:
        """The rows of columns as :func:`mainspring.models.package.columns_of` gives them."""
        columns = {item.name: (item.datatype, plain_values(item, arrays[item.name])) for item in signature.inputs}
        return cls(columns, random.Random(seed))  # noqa: S311  no secret

    def shuffled(self) -> list[str]:
        """The names of the columns."""
        names = list(self.columns)
        self.order.shuffle(names)
        return names

    def part(self, start: int, stop: int) -> dict[str, tuple[str, list[Any]]]:
        """Some rows, by column (Open Inference Protocol)."""
        return {name: (self.columns[name][0], self.columns[name][1][start:stop]) for name in self.shuffled()}

    def row(self, index: int) -> dict[str, Any]:
        """One row (KServe V1)."""
        return {name: self.columns[name][1][index] for name in self.shuffled()}


def sendable(arrays: Mapping[str, np.ndarray], rows: int) -> np.ndarray:
    """Which rows can be asked: JSON has no word for infinity."""
    found = np.ones(rows, dtype=bool)
    for array in arrays.values():
        if array.dtype != object:
            found &= ~np.isinf(array)
    return found


@contextmanager
def folder_of(package: Package | Path) -> Iterator[Path]:
    """The folder of a package, for as long as it is needed."""
    if isinstance(package, Path):
        yield package
        return
    with tempfile.TemporaryDirectory(prefix="mainspring-package-") as name:
        package.save(Path(name))
        yield Path(name)
