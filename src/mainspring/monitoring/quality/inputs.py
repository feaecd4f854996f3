"""The inputs of a model and its answers as numbers, for the models that the watch itself makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.schema.inference import infer
from mainspring.data.transforms import Transform
from mainspring.evaluation.reference import OUTPUT, TRUTH
from mainspring.monitoring.windows.window import LOGGED

if TYPE_CHECKING:
    from mainspring.data import Table

Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """How rows become numbers: numbers as they are, words by their frequency, missing ones NaN.

    Points in time and identifiers are left out: they are new in every window.

    Attributes:
        columns: The columns that are read.
        transform: Makes the numbers, of columns that are called by their place.
    """

    columns: tuple[str, ...]
    transform: Transform

    @classmethod
    def learn(cls, reference: Table, *, answers: bool) -> Self:
        """Learn from rows with inputs, answers and truth; the truth is not missing.

        Args:
            reference: The rows.
            answers: Whether the numbers among the answers are taken too.

        Raises:
            InputError: If nothing is left.
        """
        columns = [
            name
            for name in reference.names
            if not name.startswith(LOGGED)
            or (answers and name.startswith(OUTPUT) and reference.type_of(name).is_numeric)
        ]
        table = _by_place(reference, [*columns, TRUTH])
        made = Transform.fit(table, infer(table), label=f"c{len(columns)}", impute=None, categories="ordinal")
        return cls(columns=tuple(columns), transform=made)

    def matrix(self, table: Table) -> Floats:
        """The rows as numbers, ``[rows, inputs]``.

        Raises:
            InputError: If a column is missing, or holds text where numbers were.
        """
        lacking = [name for name in self.columns if name not in table.names]
        if lacking:
            raise InputError(
                f"the rows have no column {', '.join(map(repr, lacking))}", expected="the inputs of the reference"
            )
        found: Floats = self.transform.apply(_by_place(table, self.columns))
        return found


def _by_place(table: Table, columns: Sequence[str]) -> Table:
    """The columns as c0, c1 and so on: a name may hold what means something in the path of a feature."""
    named = ", ".join(f"{engine.quote(name)} AS c{place}" for place, name in enumerate(columns))
    return table.sql(f"FROM this SELECT {named}")
