"""Cutting one chunk: the code of every row for each spec, and the rows of each slice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mainspring.core import Slice
from mainspring.data import engine
from mainspring.evaluation.slicing.coding import NOWHERE, Coder, Ints
from mainspring.evaluation.slicing.conditions import condition_sql, failed_condition
from mainspring.evaluation.slicing.specs import SliceSpec

if TYPE_CHECKING:
    from mainspring.data import Table

RARE_PLACE: Final = -1
"""Stands for the place of rows whose values are in no slice of their own."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The slices of one spec.

    Attributes:
        spec: What they come from.
        coders: One per part.
        keys: For each part, the keys that slices have; the places in them are codes.
        codes: The combined codes of the slices, ascending.
        slices: The slices with the places of their codes among ``codes``; the largest first, ``-1`` for the rare.
        sizes: How many rows each slice has.
    """

    spec: SliceSpec
    coders: tuple[Coder, ...]
    keys: tuple[tuple[Any, ...], ...]
    codes: Ints
    slices: Mapping[Slice, int]
    sizes: Mapping[Slice, int]


def key_name(place: int) -> str:
    """A name that no column of people has."""
    return engine.quote(f"\x1fslice {place}")


def single_codes(chunk: Table, cuts: Sequence[Cut]) -> list[dict[int, Ints]]:
    """For each cut, the codes of the parts that give each row one; of a condition 1 where it holds. One query."""
    picks: dict[tuple[int, int], str] = {}
    for number, cut in enumerate(cuts):
        if cut.spec.name:
            picks[number, 0] = f"CASE WHEN {condition_sql(cut.spec.condition)} THEN 1 ELSE {NOWHERE} END"
        for place, (coder, keys) in enumerate(zip(cut.coders, cut.keys, strict=True)):
            if not coder.many:
                picks[number, place] = coder.code(keys)
    found: list[dict[int, Ints]] = [{} for _ in cuts]
    if not picks:
        return found
    # The same column in several specs is worked out once.
    different = list(dict.fromkeys(picks.values()))
    listed = ", ".join(f"({sql})::INTEGER AS c{place}" for place, sql in enumerate(different))
    with engine.cursor() as cursor:
        try:
            answer = cursor.execute(f"SELECT {listed} FROM ({chunk.query()}) AS this").fetchnumpy()  # noqa: S608 - names are quoted
        except engine.error() as error:
            conditions = {cut.spec.name: cut.spec.condition for cut in cuts if cut.spec.name}
            raise failed_condition(error, conditions) from None
    for (number, place), sql in picks.items():
        found[number][place] = np.asarray(answer[f"c{different.index(sql)}"])
    return found


def combined_codes(
    chunk: Table, cut: Cut, single: Mapping[int, Ints], lists: dict[str, tuple[Ints, Ints]]
) -> tuple[Ints, Ints]:
    """Rows with their combined codes, in the order of the rows; a row in several slices comes several times."""
    if cut.spec.name:
        rows = np.flatnonzero(single[0] == 1)
        return rows, np.zeros(len(rows), dtype=np.int64)
    rows = np.arange(chunk.num_rows)
    codes = np.zeros(chunk.num_rows, dtype=np.int64)
    for place, (coder, keys) in enumerate(zip(cut.coders, cut.keys, strict=True)):
        if coder.many:
            given, many = _list_codes(chunk, coder, keys, lists)
            times = np.bincount(given, minlength=chunk.num_rows)
            first = np.cumsum(times) - times
            repeat = times[rows]
            # Row by row: all elements of its list, for each of the combinations so far.
            within = np.arange(int(repeat.sum())) - np.repeat(np.cumsum(repeat) - repeat, repeat)
            starts = np.repeat(first[rows], repeat)
            rows, codes = np.repeat(rows, repeat), np.repeat(codes, repeat)
            more = many[starts + within]
        else:
            more = single[place][rows]
        inside = more != NOWHERE
        if not inside.all():
            rows, codes, more = rows[inside], codes[inside], more[inside]
        codes = codes * coder.size(keys) + more
    return rows, codes


def _list_codes(
    chunk: Table, coder: Coder, keys: Sequence[Any], lists: dict[str, tuple[Ints, Ints]]
) -> tuple[Ints, Ints]:
    """The row and the code of every element of the lists, in the order of the rows."""
    row, value = key_name(0), key_name(1)
    sql = coder.code(keys, value)
    known = coder.key + sql
    if known not in lists:
        numbered = f"SELECT row_number() OVER () - 1 AS {row}, * FROM ({chunk.query()})"  # noqa: S608 - our own query
        unnested = f"SELECT {row}, {coder.key} AS {value} FROM ({numbered})"  # noqa: S608 - names are quoted
        with engine.cursor() as cursor:
            query = f"SELECT {row} AS row, {sql} AS code FROM ({unnested}) ORDER BY 1"  # noqa: S608 - as above
            answer = cursor.execute(query).fetchnumpy()
        lists[known] = np.asarray(answer["row"]), np.asarray(answer["code"])
    return lists[known]


def rows_by_slice(cut: Cut, rows: Ints, codes: Ints) -> dict[Slice, Ints]:
    """The rows of each slice."""
    places = np.full(len(codes), len(cut.codes), dtype=np.int16)
    if len(cut.codes):
        nearest = np.minimum(np.searchsorted(cut.codes, codes), len(cut.codes) - 1)
        places = np.where(cut.codes[nearest] == codes, nearest, len(cut.codes)).astype(np.int16)
    # Sixteen bits are sorted in one sweep over the rows.
    order = np.argsort(places, kind="stable")
    counts = np.bincount(places, minlength=len(cut.codes) + 1)
    ends = np.cumsum(counts)
    found = {key: rows[order[ends[place] - counts[place] : ends[place]]] for key, place in cut.slices.items()}
    if RARE_PLACE in cut.slices.values() and any(coder.many for coder in cut.coders):
        rare = next(key for key, place in cut.slices.items() if place == RARE_PLACE)
        found[rare] = np.unique(found[rare])
    return {key: indices for key, indices in found.items() if len(indices)}
