"""What the conversion of scikit-learn's transformers writes on: ops, and the columns that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mainspring.data.celltypes import ColumnType
from mainspring.data.transforms.ops import Concat, Kind, Op
from mainspring.models.ports import NotExportableError


@dataclass(frozen=True, slots=True)
class Part:
    """A value of the graph that stands for some columns of scikit-learn's matrix.

    Attributes:
        name: Of the value.
        width: How many columns it has.
        kind: Number or word.
    """

    name: str
    width: int = 1
    kind: Kind = Kind.NUMBER


@dataclass(slots=True)
class Sheet:
    """The ops so far.

    Attributes:
        types: Raw columns.
        ops: In order.
    """

    types: dict[str, ColumnType]
    ops: list[Op] = field(default_factory=list)
    _taken: set[str] = field(default_factory=set)

    def raw(self, name: str) -> Part:
        """A raw column."""
        type_ = self.types[name]
        number = type_.is_numeric or type_ is ColumnType.BOOL
        return Part(name, 1, Kind.NUMBER if number else Kind.WORD)

    def add(
        self, op: type[Op], parts: Sequence[Part], suffix: str, *, width: int | None = None, **constants: Any
    ) -> Part:
        """Add an op; by default its value is as wide as the first that it reads."""
        wanted = f"{parts[0].name}.{suffix}"
        name, number = wanted, 2
        while name in self._taken or name in self.types:
            name, number = f"{wanted}_{number}", number + 1
        self._taken.add(name)
        self.ops.append(op(tuple(part.name for part in parts), name, **constants))
        return Part(name, parts[0].width if width is None else width, op.GIVES)

    def together(self, parts: Sequence[Part]) -> Part:
        """All columns as one value."""
        if len(parts) == 1:
            return parts[0]
        return self.add(Concat, parts, "columns", width=sum(part.width for part in parts))


def singles(parts: Sequence[Part], what: object) -> Sequence[Part]:
    """The parts, each a single column of numbers.

    Raises:
        NotExportableError: If some are words, or made of several columns.
    """
    for part in parts:
        if part.width != 1 or part.kind is not Kind.NUMBER:
            raise NotExportableError(
                f"{type(what).__name__} over {part.name!r}, which is not one column of numbers"
            )
    return parts


def numbers_of(values: Any) -> tuple[float, ...]:
    """An array as plain numbers."""
    return tuple(float(value) for value in np.asarray(values).reshape(-1))
