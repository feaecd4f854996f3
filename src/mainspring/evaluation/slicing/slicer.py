"""Cutting rows into slices: one look at the whole table says which slices there are, then chunks are cut."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError, Slice
from mainspring.data import engine
from mainspring.evaluation.slicing.coding import Coder, Ints, make_coder
from mainspring.evaluation.slicing.conditions import condition_problem, condition_sql, failed_condition
from mainspring.evaluation.slicing.cutting import (
    RARE_PLACE,
    Cut,
    combined_codes,
    key_name,
    rows_by_slice,
    single_codes,
)
from mainspring.evaluation.slicing.privacy import CHUNK_ROWS, private_note, shared_rows, shown_slices
from mainspring.evaluation.slicing.specs import RARE, SliceForm, SliceSpec, parse_specs
from mainspring.evaluation.weighing import check_weight_column

if TYPE_CHECKING:
    from mainspring.data import Table

MIN_SLICE_SIZE: Final = 10
MOST_SLICES: Final = 100


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
class Looked:
    """What one look at all rows found of a spec.

    Attributes:
        spec: The spec; one by condition has one key, or none if no row is in it.
        coders: One per part.
        keys: The keys of the most frequent slices, the largest first, then in their own order.
        counts: How many rows each has.
        groups: How many slices there are in all.
        total: How many rows they have in all; one with a list counts for each element.
    """

    spec: SliceSpec
    coders: tuple[Coder, ...]
    keys: Sequence[tuple[Any, ...]]
    counts: Sequence[int]
    groups: int
    total: int

    def key(self, place: int) -> Slice:
        """The slice at a place."""
        texts = [coder.text(key) for coder, key in zip(self.coders, self.keys[place], strict=True)]
        return self.spec.key(texts)

    def large(self, smallest: int) -> list[int]:
        """The places of the slices that have at least so many rows."""
        return [place for place, count in enumerate(self.counts) if count >= smallest]


@dataclass(frozen=True, slots=True)
class Slicer:
    """Cuts the chunks of one table.

    Attributes:
        sizes: Every slice that there is to how many rows of the table it has, those of each spec together, the
            largest first.
        notes: What was folded or left out, in sentences.
    """

    sizes: Mapping[Slice, int]
    notes: tuple[str, ...]
    _cuts: tuple[Cut, ...]

    @property
    def slices(self) -> tuple[Slice, ...]:
        """The slices, those of each spec together, the largest first."""
        return tuple(self.sizes)

    @classmethod
    def of(
        cls,
        table: Table,
        specs: Sequence[SliceForm],
        *,
        min_slice_size: int = MIN_SLICE_SIZE,
        needed: Sequence[str | None] = (),
        weight: str | None = None,
        privacy_floor: int = 0,
    ) -> Slicer:
        """Look at the whole table once, in the engine: which values are frequent, where the quartiles lie.

        Each value of a column makes a slice and so do the rows without a value; a row with a list is in the
        slices of all its elements. Numeric columns with many values are cut at their quartiles. Values with
        fewer rows than ``min_slice_size``, and those past the hundred most frequent, are folded into one slice
        ``(rare)``, or left out if that is too small as well. Slices that were named one by one (ranges, chosen
        values, conditions) are left out when they are too small, never folded.

        Args:
            table: The rows.
            specs: What to slice by; see :mod:`mainspring.evaluation.slicing.specs`.
            min_slice_size: The fewest rows that a slice may have.
            needed: Columns in which a row must have a value (a finite one) to count, such as the label.
            weight: A column that must be above 0 for a row to count.
            privacy_floor: No slice, and no difference of slices, is about fewer rows than this; see
                :mod:`mainspring.evaluation.slicing.privacy`. Costs one more pass over the rows.

        Raises:
            InputError: If a column does not exist, a spec or condition cannot be read, or all rows together are
                fewer than the floor.

        Example:
            >>> from mainspring.data import Table
            >>> table = Table.from_columns({"sex": ["f", "m", "f"], "age": [20, 40, 60]})
            >>> slicer = Slicer.of(table, ["sex", "age in [30]", "sql old: age > 50"], min_slice_size=1)
            >>> {str(key): rows.tolist() for key, rows in slicer.cut(table.rows(0, 2)).items()}
            {'sex=f': [0], 'sex=m': [1], 'age=30 and more': [1], 'age=below 30': [0]}
            >>> slicer.sizes[Slice.of(sql="old")]
            1
        """
        there = _that_count(table, [name for name in needed if name is not None], weight)
        rows = f"SELECT * FROM ({table.query()}) WHERE {there}"  # noqa: S608 - names are quoted
        looked = _look_at_all(table, rows, parse_specs(specs, table.names))
        if privacy_floor <= 1:
            return cls._looked(looked, rows, min_slice_size)
        smallest = max(min_slice_size, privacy_floor)
        chosen = _shown(table, there, looked, smallest, privacy_floor)
        slicer = cls._looked(looked, rows, smallest, chosen)
        notes = [
            private_note(one.spec.subject, privacy_floor)
            for one, places in zip(looked, chosen, strict=True)
            if len(places) < one.groups
        ]
        return replace(slicer, notes=tuple(notes))

    @classmethod
    def _looked(
        cls, looked: Sequence[Looked], rows: str, smallest: int, chosen: Sequence[Sequence[int]] | None = None
    ) -> Slicer:
        """What cuts by what was seen.

        Args:
            looked: What was seen of each spec.
            rows: SQL: the rows that count.
            smallest: The fewest rows of a slice.
            chosen: For each spec the places of the values that have a slice of their own; all that are large
                enough without it.
        """
        cuts: list[Cut] = []
        notes: list[str] = []
        sizes: dict[Slice, int] = {}
        for number, one in enumerate(looked):
            cut, note = _fold(one, one.large(smallest) if chosen is None else chosen[number], rows, smallest)
            # The same slice may come from two specs.
            kept = {key: place for key, place in cut.slices.items() if key not in sizes}
            cuts.append(replace(cut, slices=kept))
            sizes.update({key: cut.sizes[key] for key in kept})
            notes += note
        return cls(sizes, tuple(notes), tuple(cuts))

    def cut(self, chunk: Table, kept: npt.NDArray[np.bool_] | None = None) -> dict[Slice, Ints]:
        """The rows of each slice in a chunk; slices without any are left out.

        Args:
            chunk: Rows with the columns of the table.
            kept: Which rows take part, shape ``[n]``; the others belong to no slice.

        Returns:
            Slice to the ascending indices of its rows. Indices count kept rows only.

        Raises:
            InputError: If a condition cannot be evaluated for some row.
        """
        cuts = [cut for cut in self._cuts if cut.slices]
        if not cuts:
            return {}
        found: dict[Slice, Ints] = {}
        single = single_codes(chunk, cuts)
        lists: dict[str, tuple[Ints, Ints]] = {}
        places = None if kept is None else np.cumsum(kept) - 1
        for number, cut in enumerate(cuts):
            rows, codes = combined_codes(chunk, cut, single[number], lists)
            if kept is not None and places is not None:
                inside = kept[rows]
                rows, codes = places[rows[inside]], codes[inside]
            found.update(rows_by_slice(cut, rows, codes))
        return found


def slice_rows(
    table: Table,
    by: Sequence[SliceForm],
    *,
    min_slice_size: int = MIN_SLICE_SIZE,
    kept: npt.NDArray[np.bool_] | None = None,
) -> Sliced:
    """Cut a table into slices at once; see :meth:`Slicer.of` for what makes a slice.

    Args:
        table: The rows.
        by: What to slice by: ``"sex"``, ``"sex * race"``, and all other forms.
        min_slice_size: The fewest rows that a slice may have.
        kept: Which rows take part; the others belong to no slice. Indices count kept rows only.

    Raises:
        InputError: If a column does not exist, or a spec or condition cannot be read.

    Example:
        ``slice_rows(table, ["sex", "sex * race"]).rows[Slice.of(sex="Female")]``
    """
    specs = parse_specs(by, table.names)
    held = None if kept is None else engine.Relation.of_object({"kept": kept})
    rows = table.query()
    if held is not None:
        names = engine.as_list(table.names)
        rows = f"SELECT {names} FROM ({rows}) AS this POSITIONAL JOIN {held.name} AS rows WHERE rows.kept"  # noqa: S608 - names are quoted
    slicer = Slicer._looked(_look_at_all(table, rows, specs), rows, min_slice_size)
    found = slicer.cut(table, kept)
    return Sliced({key: found[key] for key in slicer.slices if key in found}, slicer.notes)


def _that_count(table: Table, needed: Sequence[str], weight: str | None) -> str:
    """SQL: whether a row counts."""
    wanted = []
    for name in dict.fromkeys([*needed, *([] if weight is None else [weight])]):
        cell, type_ = engine.quote(name), table.type_of(name)
        wanted.append(f"isfinite({cell}::DOUBLE)" if type_.is_numeric else f"{cell} IS NOT NULL")
    if weight is not None:
        check_weight_column(table, weight)
        wanted.append(f"{engine.quote(weight)} > 0")
    return " AND ".join(wanted) or "true"


def _shown(table: Table, there: str, looked: Sequence[Looked], smallest: int, floor: int) -> list[list[int]]:
    """For each spec the places of the values whose slices may be shown without giving fewer rows away."""
    whole = Slicer._looked(looked, "", 1, [range(len(one.keys)) for one in looked])
    keys = [[one.key(place) for place in range(len(one.keys))] for one in looked]

    def chunks() -> Iterator[tuple[int, dict[Slice, Ints]]]:
        for chunk in table.chunks(CHUNK_ROWS):
            with engine.cursor() as cursor:
                query = f"SELECT {there} IS TRUE AS kept FROM ({chunk.query()}) AS this"  # noqa: S608 - names are quoted
                kept = np.asarray(cursor.execute(query).fetchnumpy()["kept"], dtype=np.bool_)
            yield int(kept.sum()), whole.cut(chunk, kept)

    shared = shared_rows(chunks(), [key for group in keys for key in group])
    if shared[0, 0] < floor:
        raise InputError(
            f"there are fewer than {floor} rows, so nothing may be said about them",
            expected=f"at least {floor} rows (privacy_floor) that can be judged",
        )
    disjoint = [not any(coder.many for coder in one.coders) for one in looked]
    return shown_slices(shared, [len(group) for group in keys], disjoint, smallest=smallest, floor=floor)


def _conditions(table: Table, rows: str, specs: Sequence[SliceSpec]) -> dict[str, int]:
    """How many rows each condition holds for, by the name of the condition."""
    if not specs:
        return {}
    problems = [
        f"{str(spec)!r}: {problem}"
        for spec in specs
        if (problem := condition_problem(spec.condition, table)) is not None
    ]
    names = [spec.name for spec in specs]
    problems += [f"two conditions are called {name!r}" for name in dict.fromkeys(names) if names.count(name) > 1]
    if problems:
        raise InputError(
            "; ".join(problems),
            expected="one SQL expression on the columns of a row that is true or false: " + ", ".join(table.names),
            fix="write it as sql NAME: CONDITION, for example sql old men: age > 60 AND sex = 'Male'",
        )
    sums = ", ".join(f"count(*) FILTER (WHERE {condition_sql(spec.condition)})" for spec in specs)
    try:
        ((*counts,),) = engine.fetch(f"SELECT {sums} FROM ({rows}) AS this")  # noqa: S608 - checked conditions
    except engine.error() as error:
        raise failed_condition(error, {spec.name: spec.condition for spec in specs}) from None
    return dict(zip(names, counts, strict=True))


def _look_at_all(table: Table, rows: str, specs: Sequence[SliceSpec]) -> list[Looked]:
    totals = _conditions(table, rows, [spec for spec in specs if spec.name])
    found = []
    for spec in specs:
        if spec.name:
            there = [totals[spec.name]] if totals[spec.name] else []
            found.append(Looked(spec, (), [()] * len(there), there, 1, sum(there)))
        else:
            found.append(_look(spec, tuple(make_coder(part, table, rows) for part in spec.parts), rows))
    return found


def _look(spec: SliceSpec, coders: tuple[Coder, ...], rows: str) -> Looked:
    names = [key_name(place) for place in range(len(coders))]
    there = " AND ".join(f"{name} IS NOT NULL" for name in names)
    listed = ", ".join(names)
    counted = engine.fetch(
        f"SELECT {listed}, n, count(*) OVER (), sum(n) OVER () FROM ("  # noqa: S608 - names are quoted
        f"SELECT {listed}, count(*) AS n FROM ({_keyed(coders, rows)}) WHERE {there} GROUP BY {listed}) "
        f"ORDER BY n DESC, {listed} LIMIT {MOST_SLICES}"
    )
    groups, total = counted[0][-2:] if counted else (0, 0)
    return Looked(
        spec, coders, [row[:-3] for row in counted], [int(row[-3]) for row in counted], groups, int(total)
    )


def _cut(one: Looked, chosen: Sequence[int]) -> Cut:
    """The slices of some of the values that were seen."""
    found = [one.keys[place] for place in chosen]
    keys = tuple(tuple(dict.fromkeys(each[place] for each in found)) for place in range(len(one.coders)))
    codes = np.array([_code(one.coders, keys, each) for each in found], dtype=np.int64)
    order = np.argsort(codes)
    places = np.empty(len(codes), dtype=np.int64)
    places[order] = np.arange(len(codes))
    slices = {one.key(number): int(place) for number, place in zip(chosen, places, strict=True)}
    sizes = {one.key(number): one.counts[number] for number in chosen}
    return Cut(one.spec, one.coders, keys, codes[order], slices, sizes)


def _fold(one: Looked, chosen: Sequence[int], rows: str, smallest: int) -> tuple[Cut, list[str]]:
    """The slices of the chosen values, the others folded or left out, with notes on that."""
    cut = _cut(one, chosen)
    folded = one.groups - len(chosen)
    if not folded:
        return cut, [] if one.groups else [_left_out(str(one.spec), 0, smallest)]
    if not one.spec.is_free:
        small = sorted(set(range(len(one.keys))) - set(chosen))
        told = [(one.key(place), one.counts[place]) for place in small] or [(one.spec.key(), 0)]
        return cut, [_left_out(str(key), count, smallest) for key, count in told]
    many = any(coder.many for coder in one.coders)
    rest = _rows_of_rest(cut, rows) if many else one.total - sum(cut.sizes.values())
    few = f"{one.spec.subject}: {folded} value{'s' * (folded > 1)} with {rest} row{'s' * (rest > 1)} in all"
    if rest < max(smallest, 1):
        return cut, [f"{few} left out (under {smallest} rows)"]
    rare = one.spec.key([RARE] * len(one.coders))
    cut = replace(cut, slices={**cut.slices, rare: RARE_PLACE}, sizes={**cut.sizes, rare: rest})
    return cut, [f"{few} shown together as {RARE} (under {smallest} rows, or past the {MOST_SLICES} largest)"]


def _left_out(subject: str, count: int, smallest: int) -> str:
    return f"{subject}: left out, {count} row{'s' * (count != 1)} (under {max(smallest, 1)})"


def _rows_of_rest(cut: Cut, rows: str) -> int:
    """How many rows have a value that is in no slice of its own, each counted once."""
    parts = zip(cut.coders, cut.keys, strict=True)
    codes = [f"({coder.code(keys, key_name(place))})" for place, (coder, keys) in enumerate(parts)]
    combined = f"{codes[0]}::BIGINT"
    for coder, keys, code in zip(cut.coders[1:], cut.keys[1:], codes[1:], strict=True):
        combined = f"({combined} * {coder.size(keys)} + {code})"
    there = " AND ".join(f"{key_name(place)} IS NOT NULL" for place in range(len(cut.coders)))
    listed = ", ".join(map(str, cut.codes.tolist())) or "NULL"
    row = key_name(len(cut.coders))
    numbered = f"SELECT row_number() OVER () AS {row}, * FROM ({rows})"  # noqa: S608 - our own query
    ((rest,),) = engine.fetch(
        f"SELECT count(DISTINCT {row}) FROM ({_keyed(cut.coders, numbered)}) "  # noqa: S608 - names are quoted
        f"WHERE {there} AND NOT coalesce({combined} IN ({listed}), false)"
    )
    return int(rest)


def _keyed(coders: Sequence[Coder], rows: str) -> str:
    """SQL: the rows with their keys; one with lists comes once for every combination of elements."""
    query = rows
    # One after the other: the engine takes the elements of lists in one SELECT side by side.
    for place, coder in enumerate(coders):
        if coder.many:
            query = f"SELECT *, {coder.key} AS {key_name(place)} FROM ({query})"  # noqa: S608 - names are quoted
    keys = [f"{coder.key} AS {key_name(place)}" for place, coder in enumerate(coders) if not coder.many]
    return f"SELECT *, {', '.join(keys)} FROM ({query})" if keys else query  # noqa: S608 - as above


def _code(coders: Sequence[Coder], keys: Sequence[Sequence[Any]], found: Sequence[Any]) -> int:
    """The combined code of a key for each part."""
    combined = 0
    for coder, known, key in zip(coders, keys, found, strict=True):
        combined = combined * coder.size(known) + (key if coder.texts else _place(known, key))
    return combined


def _place(known: Sequence[Any], key: Any) -> int:
    return next(place for place, one in enumerate(known) if one == key or (one != one and key != key))
