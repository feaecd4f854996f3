"""How far versions are from each other: two of them, and one after the other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.data.gathering import catalogue
from mainspring.app.api.subjects.data.nouns import Version
from mainspring.app.api.subjects.data.privacy import is_private, private_columns
from mainspring.app.api.subjects.data.reading import condition, is_kept, read_schema, statistics_of
from mainspring.core.errors import IntegrityError
from mainspring.data.comparison import LEVEL, Comparison, compare
from mainspring.data.comparison.compared import FeatureComparison
from mainspring.data.schema.differing import diff
from mainspring.data.statistics import Statistics

if TYPE_CHECKING:
    from mainspring.app.api.shared import Shared
    from mainspring.data.schema import Schema

WIDE: Final = 200
"""In tables with more columns than this only those that are looked at are compared."""
CELLS: Final = 1500
"""At most so many columns times versions are compared for one table."""
Sides = tuple[Version, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """How far one column is from the version before.

    Attributes:
        value: The distance that is furthest past its limit; ``None`` if it was not compared.
        measure: Its name.
        limit: Its limit.
        effect: The distance in units of its limit.
        drifted: Whether it is past it, and more than chance.
        chance: Whether so few rows differ as much by chance.
    """

    value: float | None = None
    measure: str = ""
    limit: float | None = None
    effect: float = 0.0
    drifted: bool = False
    chance: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRow:
    """A column over versions.

    Attributes:
        column: The column.
        type: Of its values.
        cells: One for each pair of versions.
        worst: The largest effect.
    """

    column: str
    type: str
    cells: Sequence[Cell]
    worst: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftPair:
    """Two versions that were compared.

    Attributes:
        before: The reference.
        after: What is compared with it.
        drifted: How many columns drifted.
        worst: The largest effect of any column.
        note: Why they could not be compared; empty if they were.
    """

    before: Version
    after: Version
    drifted: int = 0
    worst: float = 0.0
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How a data set moved on.

    Attributes:
        pairs: The versions, the oldest first.
        rows: The columns, those that moved most first.
        left_out: How many older versions were left out, because there are so many columns.
    """

    pairs: Sequence[DriftPair]
    rows: Sequence[DriftRow]
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """Two versions side by side.

    Attributes:
        a: The reference.
        b: What is compared with it.
        comparison: Distances column by column, and what may have happened.
        added: Columns that only ``b`` has.
        removed: Columns that only ``a`` has.
        schema: What changed in the schemas that they were held against, line by line.
    """

    a: Version
    b: Version
    comparison: Comparison
    added: Sequence[str]
    removed: Sequence[str]
    schema: Sequence[str]


@operation("data.drift", "GET", "/data/{name}/drift", command="mainspring data compare A B")
def drift(desk: Desk, name: str, *, last: int = 12, against: Literal["previous", "first"] = "previous") -> Drift:
    """How far every column is from the version before, over spans and versions.

    Args:
        last: At most so many of the newest versions.
        against: What each is compared with: the one before it, or the first of them.
    """
    found = catalogue(desk.shared).data(name)
    line = [one for one in found.in_time() if one.statistics and not one.deleted]
    wide = max((one.columns or 1 for one in line), default=1)
    kept = line[-max(2, min(last + 1, 1 + CELLS // max(wide, 1))) :]
    pairs, told = [], []
    for place in range(1, len(kept)):
        before, after = kept[0 if against == "first" else place - 1], kept[place]
        pair, comparison = _pair(desk.shared, before, after)
        pairs.append(pair)
        told.append({one.name: one for one in comparison.features} if comparison is not None else {})
    names = dict.fromkeys(column for each in reversed(told) for column in each)
    rows = [
        DriftRow(
            column=column,
            type=next(each[column].type for each in reversed(told) if column in each),
            cells=[_cell(each.get(column)) for each in told],
            worst=max((effect_of(each[column]) for each in told if column in each), default=0.0),
        )
        for column in names
    ]
    rows.sort(key=lambda one: (-any(cell.drifted for cell in one.cells), -one.worst, one.column))
    return Drift(pairs=pairs, rows=rows, left_out=len(line) - len(kept))


@operation("data.compare", "GET", "/data/{name}/compare", command="mainspring data compare A B")
def differences(desk: Desk, name: str, *, a: str, b: str = "latest", other: str = "") -> Differences:
    """Two versions side by side: columns that came and went, the schemas, and every distance.

    Args:
        a: The number of the reference.
        b: The number of what is compared with it.
        other: The data set of ``b``, if it is another one.
    """
    found = catalogue(desk.shared)
    one, two = found.version(name, a), found.version(other or name, b)
    tables = [_all(statistics_of(desk.shared, each)) for each in (one, two)]
    return Differences(
        a=one,
        b=two,
        comparison=compared(desk.shared, (one, ""), (two, "")),
        added=[each for each in tables[1] if each not in tables[0]],
        removed=[each for each in tables[0] if each not in tables[1]],
        schema=_schema_lines(desk.shared, one, two),
    )


def compared(shared: Shared, a: Sides, b: Sides, only: tuple[str, ...] = ()) -> Comparison:
    """Two sets of rows compared, with the schema of the second; private columns show no values.

    Args:
        a: The reference: a version, and one of its splits or nothing for all rows.
        b: What is compared with it.
        only: The columns that are looked at, which in a wide table are the only ones that are compared; all
            without any.
    """
    schema = held_against(shared, b[0])
    only = only if (b[0].columns or 0) > WIDE else ()
    key = (
        "data.compared",
        a[0].digest,
        a[1],
        b[0].digest,
        b[1],
        schema.digest() if schema is not None else "",
        only,
    )
    made: Comparison = shared.remembered(key, "", lambda: _compare(shared, a, b, schema, only))
    hidden = private_columns(shared, a[0]) | private_columns(shared, b[0])
    return _masked(made, hidden) if hidden else made


def held_against(shared: Shared, version: Version) -> Schema | None:
    """The schema of the latest validation of a version."""
    schema = next((one.schema for one in version.checks if one.schema is not None), None)
    return read_schema(shared, schema) if schema is not None and is_kept(shared, schema) else None


def narrowed(statistics: Statistics, columns: Collection[str]) -> Statistics:
    """Statistics of some of the columns."""
    wanted = frozenset(columns)
    return Statistics(
        {
            split: replace(
                one,
                features={name: each for name, each in one.features.items() if name in wanted},
                slices={},
                crosses=None,
                composites={},
            )
            for split, one in statistics.splits.items()
        }
    )


def _compare(shared: Shared, a: Sides, b: Sides, schema: Schema | None, only: tuple[str, ...]) -> Comparison:
    sides = [statistics_of(shared, one) for one, _ in (a, b)]
    sides = [narrowed(one, only) for one in sides] if only else sides
    parts = [one.split(split) if split else one for one, (_, split) in zip(sides, (a, b), strict=True)]
    names = (_title(a, b), _title(b, a))
    return compare(parts[0], parts[1], schema=schema, between=names, intervals=False)


def _title(one: Sides, other: Sides) -> str:
    words = [one[0].title if one[0].data == other[0].data else f"{one[0].data} {one[0].title}"]
    return ", ".join(words + [one[1]] * bool(one[1]))


def _masked(made: Comparison, hidden: frozenset[str]) -> Comparison:
    features = tuple(
        replace(one, masses=(), at=None, why=tuple(each.partition(", most at")[0] for each in one.why))
        if is_private(one.name, hidden)
        else one
        for one in made.features
    )
    changes = tuple(one for one in made.changes if not any(is_private(each, hidden) for each in one.columns))
    return replace(made, features=features, changes=changes, slices={})


def _pair(shared: Shared, before: Version, after: Version) -> tuple[DriftPair, Comparison | None]:
    for one in (before, after):
        how = condition(shared, one.statistics[0])
        if how != "there":
            note = f"the statistics of {one.title} {'were collected' if how == 'gone' else 'are damaged'}"
            return DriftPair(before=before, after=after, note=note), None
    try:
        found = compared(shared, (before, ""), (after, ""))
    except IntegrityError:
        return DriftPair(before=before, after=after, note="the schema of one of them is damaged"), None
    worst = max(map(effect_of, found.features), default=0.0)
    return DriftPair(before=before, after=after, drifted=len(found.drifted), worst=worst), found


def effect_of(one: FeatureComparison) -> float:
    """The largest distance in units of its limit; 0 where rows differ as much by chance."""
    judged = [each for each in one.distances.values() if each.threshold]
    sure = [each for each in judged if each.adjusted_p is None or each.adjusted_p <= LEVEL]
    return max((each.value / (each.threshold or 1.0) for each in sure), default=0.0)


def _cell(one: FeatureComparison | None) -> Cell:
    if one is None:
        return Cell()
    distance = one.distances[one.main]
    return Cell(
        value=distance.value,
        measure=one.main,
        limit=distance.threshold,
        effect=effect_of(one),
        drifted=one.drifted,
        chance=bool(distance.adjusted_p is not None and distance.adjusted_p > LEVEL),
    )


def _all(statistics: Statistics) -> list[str]:
    return list(dict.fromkeys(name for split in statistics.splits.values() for name in split.features))


def _schema_lines(shared: Shared, one: Version, two: Version) -> list[str]:
    schemas = [held_against(shared, each) for each in (one, two)]
    if schemas[0] is None or schemas[1] is None:
        return []
    found = str(diff(schemas[0], schemas[1]))
    return found.splitlines()
