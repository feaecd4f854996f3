"""Measuring how pairs of numeric columns vary together: products of whole blocks of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.statistics.comoments import CoMoments
from mainspring.data.tables import Table

if TYPE_CHECKING:
    import numpy as np

_ROWS: Final = 1 << 17


def measure_comoments(table: Table, columns: Sequence[str]) -> CoMoments:
    """Covariances and correlations of all pairs of some numeric columns.

    Rows are read in blocks, so that memory does not grow with their number. In each block every column is moved
    by its mean first, which keeps the sums of products exact to the last digits even where means are large.

    Raises:
        InputError: If a column does not exist or is not numeric.
    """
    wrong = [f"{name!r} is {kind}" for name in columns if not (kind := table.type_of(name)).is_numeric]
    if wrong:
        raise InputError("pairs of " + ", ".join(wrong), expected="columns of single numbers")
    if not columns:
        return CoMoments()
    parts = [_of_block(columns, _block(chunk, columns)) for chunk in table.select(columns).chunks(_ROWS)]
    return CoMoments.merged(parts)


def _block(table: Table, columns: Sequence[str]) -> np.ndarray:
    import numpy as np

    # By position: a query answers names that differ in case or repeat with names of its own.
    cells = ", ".join(f"{engine.quote(name)}::DOUBLE AS c{place}" for place, name in enumerate(columns))
    with engine.cursor() as found:
        answer = found.execute(f"SELECT {cells} FROM ({table.query()})").fetchnumpy()  # noqa: S608 - names are quoted
    block = np.empty((len(columns), table.num_rows))
    for place in range(len(columns)):
        values = answer[f"c{place}"]
        block[place] = np.ma.filled(values, np.nan) if isinstance(values, np.ma.MaskedArray) else values
    return block


def _of_block(columns: Sequence[str], block: np.ndarray) -> CoMoments:
    import numpy as np

    there = np.isfinite(block)
    with np.errstate(over="ignore", invalid="ignore"):
        moved = np.where(there, block, 0.0)
        centre = moved.sum(axis=1) / np.maximum(there.sum(axis=1), 1)
        moved = np.where(there, block - centre[:, None], 0.0)
        some = there.astype(np.float64)
        counts = np.rint(some @ some.T)
        sums, squares, products = moved @ some.T, (moved * moved) @ some.T, moved @ moved.T
        means = sums / np.maximum(counts, 1)
        return CoMoments.of_matrices(
            columns,
            counts,
            np.where(counts > 0, centre[:, None] + means, 0.0),
            np.maximum(squares - counts * means * means, 0.0),
            products - counts * means * means.T,
        )
