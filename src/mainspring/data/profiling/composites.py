"""Measuring features made of several columns: do indices or weights stand beside every value?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.profiling.paths import path_of, paths
from mainspring.data.statistics.composites import SPARSE, WEIGHTED, CompositeStatistics
from mainspring.data.tables import Table


class Sparse(Protocol):
    """A sparse feature: lists of indices beside a list of values."""

    @property
    def name(self) -> str:
        """Of the feature."""
        ...

    @property
    def index(self) -> Sequence[str]:
        """The columns of indices, one per dimension."""
        ...

    @property
    def value(self) -> str:
        """The column of values."""
        ...


class Weighted(Protocol):
    """A weighted feature: a list of weights beside a list of values."""

    @property
    def name(self) -> str:
        """Of the feature."""
        ...

    @property
    def feature(self) -> str:
        """The column of values."""
        ...

    @property
    def weight(self) -> str:
        """The column of weights."""
        ...


def measure_composites(
    table: Table, sparse: Iterable[Sparse] = (), weighted: Iterable[Weighted] = ()
) -> dict[str, CompositeStatistics]:
    """How well the columns of composite features fit each other, by the name of the feature.

    A column that holds single values counts as lists of one value. Fields of structures may take part:
    ``person.tags``.

    Raises:
        InputError: If columns do not exist, or two composite features have one name.
    """
    wanted = [(one.name, SPARSE, one.value, tuple(one.index)) for one in sparse]
    wanted += [(one.name, WEIGHTED, one.feature, (one.weight,)) for one in weighted]
    _check(table, wanted)
    return {name: _measured(table, kind, value, others) for name, kind, value, others in wanted}


def _check(table: Table, wanted: Sequence[tuple[str, str, str, tuple[str, ...]]]) -> None:
    names = [name for name, _, _, _ in wanted]
    known = {*table.names, *(path.name for path in paths(table))}
    problems = [f"{name!r} is declared twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    for name, kind, value, others in wanted:
        problems += [f"{name!r} needs the column {one!r}" for one in (value, *others) if one not in known]
        if not others:
            problems.append(f"the {kind} feature {name!r} names no columns of indices")
    if problems:
        raise InputError("; ".join(problems), expected="columns of the table: " + ", ".join(table.names))


def _measured(table: Table, kind: str, value: str, others: tuple[str, ...]) -> CompositeStatistics:
    lengths = ", ".join(f"{_length(table, name)} AS l{place}" for place, name in enumerate((value, *others)))
    there = " OR ".join(f"l{place} IS NOT NULL" for place in range(len(others) + 1))
    figures = ["count(*)", "count(*) FILTER (l0 IS NULL)"]
    for place in range(1, len(others) + 1):
        apart = f"coalesce(l{place}, 0) - coalesce(l0, 0)"
        figures += [f"count(*) FILTER (l{place} IS NULL)", f"min({apart})", f"max({apart})"]
    query = f"SELECT {', '.join(figures)} FROM (SELECT {lengths} FROM ({table.query()})) WHERE {there}"  # noqa: S608 - names are quoted
    count, missing, *rest = engine.fetch(query)[0]
    return CompositeStatistics(
        kind=kind,
        value=value,
        num_examples=count,
        missing_value=missing,
        missing_index=dict(sorted(zip(others, rest[0::3], strict=True))),
        min_length_diff=_given(others, rest[1::3]),
        max_length_diff=_given(others, rest[2::3]),
    )


def _given(names: Sequence[str], lengths: Sequence[int | None]) -> Mapping[str, int]:
    found = sorted(zip(names, lengths, strict=True))
    return {name: length for name, length in found if length is not None}


def _length(table: Table, name: str) -> str:
    path = path_of(table, name)
    return f"len({path.cell})" if path.depth else f"CASE WHEN {path.cell} IS NOT NULL THEN 1 END"
