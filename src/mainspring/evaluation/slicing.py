"""Cutting rows into slices by the values of raw columns."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError, Slice

if TYPE_CHECKING:
    from mainspring.data import Table

Ints = npt.NDArray[np.int64]

CROSS = "\N{MULTIPLICATION SIGN}"
MISSING = "(missing)"
RARE = "(rare)"

MIN_SLICE_SIZE = 10
MOST_SLICES = 100
MOST_NUMBERS = 12
"""A numeric column with more distinct values than this is cut into quartile ranges."""


@dataclass(frozen=True, slots=True)
class Sliced:
    """Slices with the rows of each.

    Attributes:
        rows: Slice to the indices of its rows, the largest slice of each column first.
        notes: What was folded or left out, in sentences.
    """

    rows: dict[Slice, Ints]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Coded:
    """A column as small integers with their texts."""

    codes: Ints
    texts: list[str]


def slice_rows(
    table: Table,
    by: Sequence[str],
    *,
    min_slice_size: int = MIN_SLICE_SIZE,
    kept: npt.NDArray[np.bool_] | None = None,
) -> Sliced:
    """Cut a table into slices.

    Each value of a column makes a slice and so do the rows without a value. Numeric columns with many
    values are cut at their quartiles. Values with fewer rows than ``min_slice_size``, and those past the
    hundred most frequent, are folded into one slice ``(rare)``, or left out if that is too small as well.

    Args:
        table: The rows.
        by: Column names, or crosses of columns: ``"sex * race"``, with a star or
            the multiplication sign.
        min_slice_size: The fewest rows that a slice may have.
        kept: Which rows take part; the others belong to no slice. Indices count kept rows only.

    Raises:
        InputError: If a column does not exist.

    Example:
        ``slice_rows(table, ["sex", "sex * race"]).rows[Slice.of(sex="Female")]``
    """
    crosses = {spec: _columns_of(spec, table.names) for spec in by}
    unknown = sorted({name for names in crosses.values() for name in names} - set(table.names))
    if unknown:
        raise InputError(
            f"no column {', '.join(map(repr, unknown))} to slice by",
            expected="columns of the table: " + ", ".join(table.names),
            fix=f"correct the names in slices; join columns with {CROSS!r} to cross them",
        )
    types = {column.name: str(column.type) for column in table.columns}
    coded: dict[str, _Coded] = {}
    for name in dict.fromkeys(name for names in crosses.values() for name in names):
        values = table.column(name)
        coded[name] = _code(values if kept is None else values[kept], types[name])
    found: dict[Slice, Ints] = {}
    notes: list[str] = []
    for names in dict.fromkeys(crosses.values()):
        rows, note = _cut(names, [coded[name] for name in names], min_slice_size)
        found.update(rows)
        notes += note
    return Sliced(found, tuple(notes))


def _columns_of(spec: str, names: Sequence[str]) -> tuple[str, ...]:
    if spec in names:
        return (spec,)
    return tuple(part.strip() for part in spec.replace("*", CROSS).split(CROSS))


def _cut(names: tuple[str, ...], columns: list[_Coded], smallest: int) -> tuple[dict[Slice, Ints], list[str]]:
    """The slices of one column or cross, with notes on what was folded."""
    combined = np.zeros(len(columns[0].codes), dtype=np.int64)
    for column in columns:
        combined = combined * len(column.texts) + column.codes
    present, codes, counts = np.unique(combined, return_inverse=True, return_counts=True)
    by_size = np.lexsort((present, -counts))
    large = [int(i) for i in by_size[:MOST_SLICES] if counts[i] >= smallest]
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(counts)
    rows = {_slice(names, columns, int(present[i])): order[ends[i] - counts[i] : ends[i]] for i in large}
    folded = len(present) - len(large)
    if not folded:
        return rows, []
    rest = np.flatnonzero(~np.isin(codes, np.array(large, dtype=np.int64)))
    subject = f" {CROSS} ".join(names)
    few = f"{subject}: {folded} value{'s' * (folded > 1)} with {len(rest)} row{'s' * (len(rest) > 1)} in all"
    if len(rest) < max(smallest, 1):
        return rows, [f"{few} left out (under {smallest} rows)"]
    rows[Slice.of(dict.fromkeys(names, RARE))] = rest
    return rows, [f"{few} shown together as {RARE} (under {smallest} rows, or past the {MOST_SLICES} largest)"]


def _slice(names: tuple[str, ...], columns: list[_Coded], code: int) -> Slice:
    values: dict[str, str] = {}
    for name, column in zip(reversed(names), reversed(columns), strict=True):
        code, place = divmod(code, len(column.texts))
        values[name] = column.texts[place]
    return Slice.of(values)


def _code(values: npt.NDArray[Any], kind: str) -> _Coded:
    if values.dtype == object:
        return _code_texts(values)
    numbers = values.astype(np.float64)
    missing = np.isnan(numbers)
    distinct = np.unique(numbers[~missing])
    if len(distinct) > MOST_NUMBERS:
        codes, texts = _quartiles(numbers, distinct, missing)
    else:
        codes = np.searchsorted(distinct, np.where(missing, np.inf, numbers))
        texts = [number_text(x, kind) for x in distinct.tolist()]
    return _Coded(np.where(missing, len(texts), codes).astype(np.int64), [*texts, MISSING])


def _code_texts(values: npt.NDArray[Any]) -> _Coded:
    places: dict[str | None, int] = {}
    codes = np.fromiter((places.setdefault(v, len(places)) for v in values), np.int64, len(values))
    texts = [MISSING if value is None else str(value) for value in places]
    # Codes follow the order of the texts, so that nothing depends on the order of the rows.
    ranks = np.empty(len(texts), dtype=np.int64)
    ranks[sorted(range(len(texts)), key=texts.__getitem__)] = np.arange(len(texts))
    return _Coded(ranks[codes] if len(codes) else codes, sorted(texts))


def _quartiles(
    numbers: npt.NDArray[np.float64], distinct: npt.NDArray[np.float64], missing: npt.NDArray[np.bool_]
) -> tuple[Ints, list[str]]:
    edges = np.unique(np.quantile(numbers[~missing], (0.25, 0.5, 0.75)))
    edges = edges[edges < distinct[-1]]
    codes = np.searchsorted(edges, np.where(missing, -np.inf, numbers), side="left")
    ends = [f"{edge:.6g}" for edge in edges.tolist()]
    if not ends:
        return codes, [f"≤ {distinct[-1]:.6g}"]
    between = [f"> {low} and ≤ {high}" for low, high in itertools.pairwise(ends)]
    return codes, [f"≤ {ends[0]}", *between, f"> {ends[-1]}"]


def number_text(value: float, kind: str) -> str:
    """A number of a column as the text of its slice: ``true``, ``3``, ``0.25``."""
    if kind == "bool":
        return "true" if value else "false"
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
