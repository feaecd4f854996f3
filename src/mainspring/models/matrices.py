"""The matrix of a transform, computed by the graph that serves it, and the proof that it is NumPy's.

The meaning of a transform is what its ops do in NumPy. The graph says the same in ONNX, equal to the last bit but
for logarithms, powers, lengths and wide projections, whose last bits every library of mathematics rounds in its
own way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.core.plugins import load as load_plugin
from mainspring.data import Table, Transform
from mainspring.data.transforms.evaluation import as_value
from mainspring.data.transforms.reading import pieces
from mainspring.models.challenges import Challenge, challenges
from mainspring.models.package import columns_of
from mainspring.models.signature import Signature

MOST_ROWS = 10_000
"""At most this many real rows are compared, spread evenly over the table."""

TOLERANCE = 1e-12
"""How far numbers may lie apart, as a share of one plus their size."""

WORST = 10
"""A report shows this many rows."""

Matrix = Callable[[Mapping[str, npt.NDArray[Any]]], npt.NDArray[np.float64]]
"""From raw columns to the matrix."""


class _Compiler(Protocol):
    def matrix(self, transform: Transform, *, threads: int = 1) -> Matrix: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixParity:
    """How the matrix of a graph compares with that of NumPy.

    Attributes:
        rows_compared: How many rows both answered.
        kinds: How many of them were of each kind; see :mod:`mainspring.models.challenges`.
        differences: By column of the matrix, the largest difference, as a share of one plus the size; infinite
            where only one of the two is a number.
        worst: The rows with the largest differences, the worst first: kind, column, both numbers and the raw row.
    """

    rows_compared: int
    kinds: Mapping[str, int]
    differences: Mapping[str, float]
    worst: tuple[Mapping[str, Any], ...]

    @property
    def max_difference(self) -> float:
        """The largest of all."""
        return max(self.differences.values(), default=0.0)

    @property
    def ok(self) -> bool:
        """Whether every number agrees within the tolerance."""
        return self.max_difference <= TOLERANCE

    def __str__(self) -> str:
        apart = [name for name, value in self.differences.items() if value > 0.0]
        text = f"{self.rows_compared} rows compared, largest difference {self.max_difference:.2g}"
        return (
            f"{text}, {len(apart)} of {len(self.differences)} columns not equal to the last bit" if apart else text
        )


def matrix_by_graph(
    table: Table, transform: Transform, *, rows: int = 1 << 15, dtype: str = "float64", threads: int = 2
) -> npt.NDArray[Any]:
    """The matrix of a table, computed by the exported graph of the transform, ``[n, outputs]``.

    Equal to ``transform.apply(table)``. Of the whole matrix one piece at a time is in memory beside the result.

    Args:
        table: The rows.
        transform: Fitted.
        rows: How many are computed at a time.
        dtype: ``float64``, or ``float32``: all is computed in float64 and rounded at the end.
        threads: The most threads that are used.

    Raises:
        NotExportableError: For an op that the graph cannot say.
        InputError: If columns are missing, or hold text that is no number.
    """
    if dtype not in {"float64", "float32"}:
        raise InputError(f"a matrix of {dtype}", expected="float64 or float32")
    found = np.empty((table.num_rows, len(transform.outputs)), dtype=dtype)
    start = 0
    for piece in matrix_chunks(table, transform, rows=rows, threads=threads):
        found[start : start + len(piece)] = piece
        start += len(piece)
    return found


def matrix_chunks(
    table: Table, transform: Transform, *, rows: int = 1 << 15, threads: int = 2
) -> Iterator[npt.NDArray[np.float64]]:
    """The same as :func:`matrix_by_graph`, piece by piece, so that it never has to fit into memory.

    Raises:
        NotExportableError: As :func:`matrix_by_graph`.
        InputError: As :func:`matrix_by_graph`.
    """
    lacking = [column.name for column in transform.inputs if column.name not in table.names]
    if lacking:
        raise InputError("columns are missing: " + ", ".join(lacking), expected=", ".join(table.names))
    compute = compiled(transform, threads=threads)
    kinds = transform.graph.kinds
    return (
        compute({name: as_value(values, kinds[name], name) for name, values in piece.items()})
        for piece in pieces(table, [column.name for column in transform.inputs], rows)
    )


def compiled(transform: Transform, *, threads: int = 1) -> Matrix:
    """The graph of a transform, ready to compute.

    Raises:
        NotExportableError: For an op that ONNX cannot say; the reason is told.
        UnavailableError: If a library that it needs is not installed.
    """
    return cast("_Compiler", load_plugin("exporters", "onnx")()).matrix(transform, threads=threads)


def prove_matrix(transform: Transform, table: Table) -> MatrixParity:
    """Compare the graph of a transform with NumPy, on real rows of a table and on those that break converters.

    Raises:
        NotExportableError: For an op that the graph cannot say.
        InputError: If columns are missing or there are no rows.
    """
    if not table.num_rows:
        raise InputError("there are no rows to compare", expected="a table with rows")
    signature = Signature.from_transform(transform)
    columns = columns_of(table, signature)
    if table.num_rows > MOST_ROWS:
        chosen = np.linspace(0, table.num_rows - 1, MOST_ROWS).astype(np.int64)
        columns = {name: column[chosen] for name, column in columns.items()}
    return compare(transform, compiled(transform), challenges(columns, signature, transform, {}))


def compare(transform: Transform, matrix: Matrix, rows: list[Challenge]) -> MatrixParity:
    """Compare a computed matrix with NumPy's on given rows; those that the transform refuses are left out."""
    names = transform.outputs
    largest = np.zeros(len(names))
    kinds: dict[str, int] = {}
    worst: list[tuple[float, dict[str, Any]]] = []
    for challenge in rows:
        try:
            with np.errstate(all="ignore"):
                expected = transform.apply_columns(challenge.columns)
        except InputError:
            if challenge.kind == "real":
                raise
            continue
        found = matrix(challenge.columns)
        kinds[challenge.kind] = kinds.get(challenge.kind, 0) + len(expected)
        apart = _apart(expected, found)
        largest = np.maximum(largest, apart.max(axis=0))
        by_row = apart.max(axis=1)
        for row in np.argsort(-by_row, kind="stable")[:WORST]:
            if by_row[row] > 0.0:
                column = int(apart[row].argmax())
                both = float(expected[row, column]), float(found[row, column])
                worst.append((float(by_row[row]), _shown(challenge, int(row), names[column], both)))
        worst = sorted(worst, key=lambda item: -item[0])[:WORST]
    return MatrixParity(
        rows_compared=sum(kinds.values()),
        kinds=kinds,
        differences=dict(zip(names, largest.tolist(), strict=True)),
        worst=tuple(shown for _, shown in worst),
    )


def _apart(expected: npt.NDArray[np.float64], found: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    same = (expected == found) | (np.isnan(expected) & np.isnan(found))
    with np.errstate(all="ignore"):
        apart = np.abs(expected - found) / (1.0 + np.abs(expected))
    return np.where(same, 0.0, np.where(np.isfinite(apart), apart, np.inf))


def _shown(challenge: Challenge, row: int, column: str, both: tuple[float, float]) -> dict[str, Any]:
    raw = {name: values[row] for name, values in challenge.columns.items()}
    return {"kind": challenge.kind, "column": column, "numpy": both[0], "graph": both[1], "row": raw}
