"""What is odd about rows and columns as such: empty, constant, repeated, identifiers, copies of each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from mainspring.data import engine
from mainspring.data.assessment.association import contingency, cramers_v
from mainspring.data.assessment.coding import Coded
from mainspring.data.assessment.nouns import Finding, FindingKind, Level, leaving_out
from mainspring.data.celltypes import ColumnType
from mainspring.data.tables import Table

if TYPE_CHECKING:
    import numpy as np

CORRELATED: Final = 0.95
MANY_DUPLICATES: Final = 0.01
_LEAST_ROWS: Final = 50
_AT_ONCE: Final = 20
"""So many columns are counted in one query: the different values of hundreds at once do not fit into memory."""
_SHOWN: Final = 3


def check_columns(table: Table, coded: Mapping[str, Coded], *, label: str | None) -> Iterator[Finding]:
    """Columns without a value, with one value, with nothing but different values."""
    if not table.num_rows:
        return
    counted = _counts(table)
    for name, (present, different) in counted.items():
        if not present:
            yield Finding(
                kind=FindingKind.EMPTY_COLUMN,
                paths=(name,),
                level=Level.WARNING,
                found="no row has a value",
                why="nothing can be learnt from it, and a value that appears one day meets an unprepared model",
                repair="leave the column out",
                steps=leaving_out(name),
            )
        elif different == 1 and present == table.num_rows:
            yield Finding(
                kind=FindingKind.CONSTANT_COLUMN,
                paths=(name,),
                level=Level.PROBLEM if name == label else Level.NOTE,
                found="all rows have the same value" + _value(coded.get(name)),
                why="a label of one class teaches nothing" if name == label else "it tells no row from another",
                repair="gather rows of the other classes" if name == label else "leave the column out",
                steps=() if name == label else leaving_out(name),
            )
        elif _is_identifier(table.type_of(name), present, different) and name != label:
            yield Finding(
                kind=FindingKind.IDENTIFIER,
                paths=(name,),
                level=Level.WARNING,
                found=f"all {present:,} values are different",
                why="a model that learns identifiers learns the training rows by heart",
                repair=f"leave the column out; where it names an entity that comes again, split by it: "
                f"group=[{name!r}]",
                steps=leaving_out(name),
                observed=float(different),
            )


def _counts(table: Table) -> dict[str, tuple[int, int]]:
    names = [column.name for column in table.columns if column.type is not ColumnType.OTHER]
    asked = ", ".join(
        f"count({engine.quote(name)}), approx_count_distinct({engine.quote(name)})" for name in names
    )
    rough = engine.fetch(f"SELECT {asked} FROM ({table.query()})")[0]  # noqa: S608 - names are quoted
    found = {name: (rough[2 * place], rough[2 * place + 1]) for place, name in enumerate(names)}
    # An estimate tells few from many; what may be one, or all, is counted.
    doubtful = [name for name, (present, about) in found.items() if about <= 2 or about > 0.8 * present]
    for start in range(0, len(doubtful), _AT_ONCE):
        few = doubtful[start : start + _AT_ONCE]
        asked = ", ".join(f"count(DISTINCT {engine.quote(name)})" for name in few)
        exact = engine.fetch(f"SELECT {asked} FROM ({table.query()})")[0]  # noqa: S608 - names are quoted
        found |= {name: (found[name][0], count) for name, count in zip(few, exact, strict=True)}
    return found


def _is_identifier(type_: ColumnType, present: int, different: int) -> bool:
    return type_ in {ColumnType.STRING, ColumnType.INT} and present >= _LEAST_ROWS and different == present


def _value(coded: Coded | None) -> str:
    if coded is None or not len(coded.codes):
        return ""
    return f", {coded.texts[int(coded.codes[0])]!r}"


def check_duplicate_rows(table: Table) -> Iterator[Finding]:
    """Rows that are there more than once."""
    if not table.num_rows:
        return
    row = f"hash({', '.join(f'this.{engine.quote(name)}' for name in table.names)})"
    grouped = f"SELECT count(*) AS n FROM ({table.query()}) AS this GROUP BY {row} HAVING n > 1"  # noqa: S608 - names are quoted
    kinds, more = engine.fetch(f"SELECT count(*), coalesce(sum(n - 1), 0) FROM ({grouped})")[0]  # noqa: S608 - our own query
    if not kinds:
        return
    share = int(more) / table.num_rows
    yield Finding(
        kind=FindingKind.DUPLICATE_ROWS,
        level=Level.WARNING if share >= MANY_DUPLICATES else Level.NOTE,
        found=f"{int(more):,} of {table.num_rows:,} rows ({share:.2%}) repeat another in every column",
        why="a row that is in training and in evaluation makes a model look better than it is, and weighs double",
        repair="split by hash, which keeps equal rows on one side; drop them where they are mistakes",
        steps=({"step": "ingest", "method": "hash"},),
        observed=share,
        limit=MANY_DUPLICATES,
    )


def check_copies(coded: Mapping[str, Coded], *, label: str | None) -> Iterator[Finding]:
    """Columns that are copies of each other, or as good as."""
    features = [one for one in coded.values() if one.name != label and not one.constant]
    copies = _grouped(_pairs(features))
    yield from (_copies(group) for group in copies)
    known = {name for group in copies for name in group[1:]}
    rest = [one for one in features if one.name not in known]
    for group in _grouped(_correlated(rest)):
        yield Finding(
            kind=FindingKind.CORRELATED_FEATURES,
            paths=tuple(group),
            level=Level.NOTE,
            found=f"{len(group)} columns say nearly the same: each is at {CORRELATED} or more with another",
            why="importance is shared out among them by chance, and linear models become unstable",
            repair=f"keep one of them, such as {group[0]!r}, or reduce them together",
            steps=(*leaving_out(*group[1:]), {"step": "reduce", "method": "pca"}),
            limit=CORRELATED,
        )


def _copies(group: Sequence[str]) -> Finding:
    return Finding(
        kind=FindingKind.DUPLICATE_COLUMNS,
        paths=tuple(group),
        level=Level.WARNING,
        found=f"{', '.join(map(repr, group[1:]))} repeats {group[0]!r} in every row",
        why="one of them may be filled from another source in production, and then they differ",
        repair="leave the copies out",
        steps=leaving_out(*group[1:]),
    )


def _same(one: Coded, other: Coded) -> bool:
    import numpy as np

    if one.values is not None and other.values is not None:
        return bool(np.array_equal(one.values, other.values, equal_nan=True))
    # Rare words share a code: without them the codes are the words.
    short = len(one.texts) < 32 and len(other.texts) < 32
    return (
        one.values is other.values
        and short
        and one.texts == other.texts
        and bool((one.codes == other.codes).all())
    )


def _pairs(features: Sequence[Coded]) -> list[tuple[str, str]]:
    buckets: dict[bytes, list[Coded]] = {}
    for one in features:
        buckets.setdefault(one.codes.tobytes(), []).append(one)
    return [
        (alike[first].name, other.name)
        for alike in buckets.values()
        for first in range(len(alike))
        for other in alike[first + 1 :]
        if _same(alike[first], other)
    ]


def _correlated(features: Sequence[Coded]) -> list[tuple[str, str]]:
    import numpy as np

    numbers = [one for one in features if one.values is not None and np.isfinite(one.values).any()]
    words = [one for one in features if one.values is None]
    found: list[tuple[str, str]] = []
    if len(numbers) > 1:
        matrix = np.array([_standardised(one.values) for one in numbers if one.values is not None])
        strength = np.abs(matrix @ matrix.T)
        found += [
            (numbers[row].name, numbers[column].name)
            for row, column in zip(*np.nonzero(np.triu(strength >= CORRELATED, 1)), strict=True)
        ]
    found += [
        (one.name, other.name)
        for place, one in enumerate(words)
        for other in words[place + 1 :]
        if cramers_v(contingency(one.codes, other.codes)) >= CORRELATED
    ]
    return found


def _standardised(values: np.ndarray) -> np.ndarray:
    import numpy as np

    finite = np.isfinite(values)
    filled = np.where(finite, values, values[finite].mean())
    away = filled - filled.mean()
    size = float(np.sqrt(away @ away))
    standard: np.ndarray = away / size if size else away
    return standard


def _grouped(pairs: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Columns joined by pairs, in groups, in the order of their first mention."""
    groups: list[list[str]] = []
    for one, other in pairs:
        joined = [group for group in groups if one in group or other in group]
        merged = list(dict.fromkeys([*(name for group in joined for name in group), one, other]))
        groups = [group for group in groups if group not in joined] + [merged]
    return groups
