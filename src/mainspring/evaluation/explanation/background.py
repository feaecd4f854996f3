"""The rows that stand for "anything else" when a feature is taken away."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mainspring.core.digests import digest_text
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.data import Table

ROWS = 100


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Background:
    """A fixed sample of rows.

    Attributes:
        columns: Raw columns in the form of ``Table.column``, each of shape ``[rows]``.
        features: The columns that are explained; the others keep the explained row's values.
        digest: Of the rows: two explanations with one digest are comparable.
    """

    columns: dict[str, npt.NDArray[Any]]
    features: tuple[str, ...]
    digest: str = field(default="")

    @classmethod
    def of(
        cls,
        table: Table,
        *,
        rows: int = ROWS,
        seed: int = 0,
        features: Sequence[str] | None = None,
        without: Sequence[str] = (),
    ) -> Background:
        """Draw rows without replacement; the same table and seed give the same rows.

        Args:
            table: Where they come from, such as the training rows.
            rows: At most so many.
            seed: Of the draw.
            features: The columns to explain; all of the table without it.
            without: Columns that are no features, such as the label.

        Raises:
            InputError: If the table is empty, or a feature is not in it.
        """
        chosen = tuple(features) if features is not None else tuple(n for n in table.names if n not in without)
        strange = [name for name in chosen if name not in table.names]
        if strange or not chosen:
            raise InputError(
                f"no column {', '.join(map(repr, strange))}" if strange else "there is nothing to explain",
                expected="features among " + ", ".join(table.names),
            )
        if not table.num_rows:
            raise InputError("the background has no rows", expected="rows that stand for the data, a hundred say")
        drawn = np.random.default_rng(seed).permutation(table.num_rows)[:rows]
        drawn.sort()
        columns = {name: table.column(name)[drawn] for name in table.names if name not in without}
        return cls(columns=columns, features=chosen, digest=_digest(columns))

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))


def _digest(columns: dict[str, npt.NDArray[Any]]) -> str:
    plain = {name: [None if v != v else v for v in values.tolist()] for name, values in columns.items()}
    return digest_text(json.dumps(plain, sort_keys=True, ensure_ascii=False))
