"""The columns of a version, all of them as a table and one of them in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.data import figures
from mainspring.app.api.subjects.data.binning import bars_beside
from mainspring.app.api.subjects.data.drifting import Sides, compared, narrowed
from mainspring.app.api.subjects.data.figures import ColumnFigures
from mainspring.app.api.subjects.data.gathering import catalogue
from mainspring.app.api.subjects.data.nouns import Version
from mainspring.app.api.subjects.data.privacy import is_private, private_columns
from mainspring.app.api.subjects.data.reading import (
    is_kept,
    read_schema,
    read_validation,
    statistics_of,
)
from mainspring.core.errors import InputError, NotFoundError
from mainspring.data.statistics import Statistics, TableStatistics, merge_all

if TYPE_CHECKING:
    from mainspring.app.api.shared import Shared
    from mainspring.data.comparison.compared import FeatureComparison
    from mainspring.data.schema import Schema
    from mainspring.data.statistics import FeatureStatistics


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns of a version.

    Attributes:
        rows: How many rows they have.
        splits: The splits that can be chosen.
        split: The split that was chosen; empty for all rows.
        over: What is laid over, in words; empty for nothing.
        columns: In the order of the table.
        lost: Columns that only what is laid over has.
        total: How many columns there are of the name that was asked for.
    """

    rows: int
    splits: Sequence[str]
    split: str
    over: str
    columns: Sequence[ColumnFigures]
    lost: Sequence[str]
    total: int = 0


@operation("data.columns", "GET", "/data/{name}/versions/{version}/columns")
def columns(
    desk: Desk,
    name: str,
    version: str = "latest",
    *,
    split: str = "",
    over: str = "",
    over_split: str = "",
    find: str = "",
    offset: int = 0,
    limit: int = 10_000,
) -> Columns:
    """The columns of a version with types, missing and different values, and their distributions.

    Args:
        split: Only the rows of this split; all by default.
        over: Another version of the same data set (a number), or ``DATASET:NUMBER``, to compare with.
        over_split: A split of it; with no ``over``, another split of this version.
        find: Only columns with this in their names.
        offset: How many to pass over.
        limit: How many to give at most.
    """
    shared = desk.shared
    found = catalogue(shared).version(name, version)
    statistics = statistics_of(shared, found)
    known = list(dict.fromkeys(each for part in statistics.splits.values() for each in part.features))
    named = [each for each in known if find.lower() in each.lower()]
    wanted = named[max(0, offset) : max(0, offset) + max(0, limit)]
    table = table_of(narrowed(statistics, wanted), split)
    hidden, schema, told = private_columns(shared, found), known_to(shared, found), _anomalies(shared, found)
    made = [_figures(one, hidden, schema, told) for one in table.features.values()]
    other, words = overlaid(shared, found, over, over_split)
    lost: list[str] = []
    if other is not None and made:
        beside = statistics_of(shared, other[0])
        theirs = table_of(narrowed(beside, wanted), other[1])
        made = _beside(made, shared, ((found, split), other), (table, theirs))
        lost = [each for each in next(iter(beside.splits.values())).features if each not in known]
    return Columns(
        rows=table.num_examples,
        splits=list(statistics.splits),
        split=split,
        over=words,
        columns=made,
        lost=lost,
        total=len(named),
    )


def table_of(statistics: Statistics, split: str = "") -> TableStatistics:
    """The statistics of a split, or of all rows.

    Raises:
        NotFoundError: If there is no such split.
    """
    if split:
        return statistics.split(split)
    parts = list(statistics.splits.values())
    if not parts:
        raise InputError("these statistics have no splits", expected="at least one")
    try:
        return parts[0] if len(parts) == 1 else merge_all(parts)
    except InputError:
        return max(parts, key=lambda one: one.num_examples)  # a column has another type in one of the splits


def overlaid(shared: Shared, found: Version, over: str, over_split: str) -> tuple[tuple[Version, str] | None, str]:
    """What is to be laid over a version, and what to call it; ``None`` for nothing."""
    if not over and not over_split:
        return None, ""
    data, _, number = over.rpartition(":")
    other = catalogue(shared).version(data or found.data, number) if over else found
    words = other.title if other.data == found.data else f"{other.data} {other.title}"
    return (other, over_split), f"{words}, {over_split}" if over_split else words


def known_to(shared: Shared, version: Version) -> Schema | None:
    """The schema that a version was held against last, if it is still there."""
    for check in version.checks[:1]:
        if check.schema is not None and is_kept(shared, check.schema):
            return read_schema(shared, check.schema)
    return None


def column_of(statistics: Statistics, column: str, split: str = "") -> FeatureStatistics | None:
    """The statistics of one column in a split, or in all rows; ``None`` if there is no such column."""
    return table_of(narrowed(statistics, [column]), split).features.get(column)


def column_in(table: TableStatistics, column: str) -> FeatureStatistics:
    """The statistics of one column.

    Raises:
        NotFoundError: If there is none of that name.
    """
    if column not in table.features:
        near = [one for one in table.features if column.lower() in one.lower()][:5] or list(table.features)[:8]
        raise NotFoundError(f"there is no column {column!r}", expected="one of " + ", ".join(near))
    return table.features[column]


def _figures(
    one: FeatureStatistics, hidden: frozenset[str], schema: Schema | None, told: Mapping[str, tuple[int, int]]
) -> ColumnFigures:
    anomalies, errors = told.get(one.name, (0, 0))
    return replace(
        figures_of(one, private=is_private(one.name, hidden)),
        named=None if schema is None else one.name in schema.features,
        anomalies=anomalies,
        errors=errors,
    )


def figures_of(one: FeatureStatistics, *, private: bool) -> ColumnFigures:
    """A column in figures; of a private one only those that tell no values."""
    made = ColumnFigures(
        name=one.name,
        type="list of " * len(one.levels) + str(one.type),
        kind=figures.kind_of(one),
        rows=one.num_examples,
        missing=1.0 - one.presence,
        distinct=one.unique,
        private=private,
    )
    if private:
        return made
    least, most = figures.ends_of(one)
    mean, spread = figures.moments_of(one.numbers)
    zeros = one.numbers.zeros / one.numbers.count if one.numbers is not None and one.numbers.count else None
    return replace(
        made,
        zeros=zeros,
        least=least,
        most=most,
        mean=mean,
        spread=spread,
        top=figures.top_of(one.words) if one.times is None and one.numbers is None else "",
        bars=bars_beside(one, None),
    )


def _anomalies(shared: Shared, version: Version) -> Mapping[str, tuple[int, int]]:
    check = version.check
    if check is None or not (check.errors or check.warnings) or not is_kept(shared, check.artifact):
        return {}
    found = read_validation(shared, check.artifact)
    errors = Counter(one.path for one in found.errors)
    return {path: (count, errors[path]) for path, count in Counter(one.path for one in found.anomalies).items()}


def _beside(
    made: Sequence[ColumnFigures],
    shared: Shared,
    sides: tuple[Sides, Sides],
    tables: tuple[TableStatistics, TableStatistics],
) -> list[ColumnFigures]:
    here, other = sides
    found = {one.name: one for one in compared(shared, other, here, tuple(one.name for one in made)).features}
    mine, theirs = tables[0].features, tables[1].features
    hidden = private_columns(shared, other[0])
    return [
        _with(one, found[one.name], mine[one.name], theirs[one.name], hidden) if one.name in found else one
        for one in made
    ]


def _with(
    one: ColumnFigures,
    apart: FeatureComparison,
    mine: FeatureStatistics,
    theirs: FeatureStatistics,
    hidden: frozenset[str],
) -> ColumnFigures:
    main = apart.distances[apart.main]
    closed = one.private or is_private(one.name, hidden)
    return replace(
        one,
        bars=() if closed else bars_beside(mine, theirs),
        distance=main.value / main.threshold if main.threshold else None,
        measure=apart.main,
        value=main.value,
        drifted=apart.drifted,
    )
