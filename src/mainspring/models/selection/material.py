"""What searches work on: the matrix by raw column, the target, and folds that are always the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from mainspring.data import Table, Transform
from mainspring.evaluation.labelled import positive_class

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Rows ready to learn from. A raw column is taken or left as a whole, with all that the transform made of it.

    Attributes:
        columns: Raw columns, as ``Table.column`` gives them, in the order of the transform.
        matrix: ``[n, width]``.
        places: Raw column to its columns of the matrix.
        target: Class indices or numbers, ``[n]``.
        classes: Of the label; ``None`` for numbers.
        positive: Index of the class that a binary task is about.
    """

    columns: Mapping[str, npt.NDArray[Any]]
    matrix: Floats
    places: Mapping[str, tuple[int, ...]]
    target: npt.NDArray[Any]
    classes: tuple[str, ...] | None
    positive: int | None = None

    @classmethod
    def of(cls, table: Table, transform: Transform, *, positive: str | None = None) -> Self:
        """The rows of a table behind a transform that has one rule per column."""
        columns = {column.name: table.column(column.name) for column in transform.inputs}
        parts = [step.apply(columns[name]) for name, step in zip(columns, transform.steps, strict=True)]
        ends = np.cumsum([part.shape[1] for part in parts]).tolist()
        places = {
            name: tuple(range(end - part.shape[1], end))
            for name, part, end in zip(columns, parts, ends, strict=True)
        }
        wanted = positive_class(transform.classes, positive) if transform.classes else None
        return cls(
            columns=columns,
            matrix=np.ascontiguousarray(np.concatenate(parts, axis=1)),
            places=places,
            target=transform.labels(table),
            classes=transform.classes,
            positive=transform.classes.index(wanted) if transform.classes and wanted is not None else None,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The raw columns."""
        return tuple(self.columns)

    @property
    def positive_class(self) -> str | None:
        """The class that a binary task is about."""
        return None if self.classes is None or self.positive is None else self.classes[self.positive]

    def take(self, rows: Ints) -> Material:
        """Some of the rows."""
        return Material(
            {name: values[rows] for name, values in self.columns.items()},
            self.matrix[rows],
            self.places,
            self.target[rows],
            self.classes,
            self.positive,
        )

    def part(self, features: Sequence[str]) -> Floats:
        """The columns of the matrix that belong to some raw columns."""
        return np.ascontiguousarray(self.matrix[:, [place for name in features for place in self.places[name]]])

    def by_feature(self, values: Floats, features: Sequence[str] | None = None) -> dict[str, float]:
        """Lengths of the parts of a vector over the matrix, raw column by raw column."""
        found, start = {}, 0
        for name in features or self.names:
            end = start + len(self.places[name])
            found[name] = float(np.sqrt((values[start:end] ** 2).sum()))
            start = end
        return found

    def folds(self, number: int, seed: int) -> Iterator[tuple[Material, Material]]:
        """Rows to learn from and rows to judge by, fold after fold; every class is shared out evenly."""
        fold = np.empty(len(self.target), dtype=np.int64)
        random = np.random.default_rng(seed)
        groups = [np.arange(len(self.target))]
        if self.classes is not None:
            groups = [np.flatnonzero(self.target == place) for place in range(len(self.classes))]
        order = np.concatenate([random.permutation(group) for group in groups])
        fold[order] = np.arange(len(order)) % number
        for place in range(number):
            yield self.take(np.flatnonzero(fold != place)), self.take(np.flatnonzero(fold == place))
