"""Prototypes, the rows that stand for many; and criticisms, the rows that they do not stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.explanation.asking import taken
from mainspring.evaluation.explanation.distances import distances, scales_of

if TYPE_CHECKING:
    from mainspring.data import Table

Floats = npt.NDArray[np.float64]

ROWS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Prototypes:
    """Rows that show what a table is like.

    Attributes:
        prototypes: Indices of rows, the one that stands for most first.
        stand_for: The share of rows that are nearest to each of them.
        criticisms: Indices of rows that they stand for worst, the worst first.
        mismatch: How far the prototypes are from the table as a whole, by squared maximum mean discrepancy.
    """

    prototypes: tuple[int, ...]
    stand_for: tuple[float, ...]
    criticisms: tuple[int, ...]
    mismatch: float


def prototypes(
    table: Table,
    *,
    count: int = 6,
    criticisms: int = 6,
    features: Sequence[str] | None = None,
    without: Sequence[str] = (),
    rows: int = ROWS,
    seed: int = 0,
) -> Prototypes:
    """Choose rows whose mixture is most like the whole table, then those where it differs most.

    Rows are alike by ``exp(-distance / typical distance)``. Both choices are greedy; criticisms are kept apart
    from each other.

    Args:
        table: The rows, such as those that a model answers with one class.
        count: How many prototypes.
        criticisms: How many criticisms.
        features: Columns that count; all without it.
        without: Columns that do not count.
        rows: At most so many rows, drawn without replacement.
        seed: Of the draw.

    Raises:
        InputError: If there are fewer rows than are to be chosen, or no columns.

    Reference: B. Kim, R. Khanna and O. Koyejo, *Examples are not enough, learn to criticize!*, NIPS 2016.
    """
    names = tuple(features or [name for name in table.names if name not in without])
    if not names or table.num_rows < max(count + criticisms, 1) or count < 1:
        raise InputError(
            f"{count} prototypes and {criticisms} criticisms of {table.num_rows} rows by {len(names)} columns",
            expected="one prototype and one column at least, and no more than there are rows",
        )
    places = np.sort(np.random.default_rng(seed).permutation(table.num_rows)[:rows])
    columns = taken({name: table.column(name) for name in names}, places)
    apart = distances(columns, columns, names, scales_of(columns, names))
    typical = float(np.median(apart[apart > 0])) if (apart > 0).any() else 1.0
    alike = np.exp(-apart / typical)
    means = alike.mean(axis=1)
    chosen = _greedy(alike, means, count)
    witness = np.abs(means - alike[:, chosen].mean(axis=1))
    odd = _odd(alike, witness, chosen, criticisms)
    nearest = apart[:, chosen].argmin(axis=1)
    inside = alike[np.ix_(chosen, chosen)].mean()
    return Prototypes(
        prototypes=tuple(int(places[place]) for place in chosen),
        stand_for=tuple(float((nearest == place).mean()) for place in range(len(chosen))),
        criticisms=tuple(int(places[place]) for place in odd),
        mismatch=float(alike.mean() - 2 * means[chosen].mean() + inside),
    )


def _greedy(alike: Floats, means: Floats, count: int) -> list[int]:
    """Rows by which the mixture comes nearest to the whole, one after the other."""
    chosen: list[int] = []
    to_chosen, own = np.zeros(len(alike)), 0.0
    for size in range(1, count + 1):
        # The gain of a row: how well it stands for the whole, less how much the others do so already.
        worth = 2 * (means[chosen].sum() + means) / size - (own + 2 * to_chosen + np.diag(alike)) / size**2
        worth[chosen] = -np.inf
        best = int(worth.argmax())
        own += 2 * float(to_chosen[best]) + float(alike[best, best])
        to_chosen += alike[best]
        chosen.append(best)
    return chosen


def _odd(alike: Floats, witness: Floats, taken_rows: list[int], count: int) -> list[int]:
    """Rows with the largest witness, each weighed by how unlike those before it is."""
    found: list[int] = []
    for _ in range(count):
        near = alike[:, found].max(axis=1) if found else np.zeros(len(alike))
        worth = witness * (1 - near)
        worth[[*taken_rows, *found]] = -np.inf
        found.append(int(worth.argmax()))
    return found
