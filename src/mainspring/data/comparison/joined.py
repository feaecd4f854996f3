"""Feature skew row by row: the same row in the logs of training and of serving, joined by its id.

Distances of whole columns do not see that values went to the wrong rows; this does. The counts are those of
TensorFlow Data Validation's ``DetectFeatureSkew``. The join runs in the engine, which spills to disk where it does
not fit into memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, Final, Self

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import engine
from mainspring.data.columns import Column, as_text
from mainspring.data.tables import Table

_FILE: Final = "joined_skew.json"
_MOST_CONFUSED: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSkew:
    """One column over all pairs of rows with the same id.

    Attributes:
        name: The column.
        one_count: Pairs in which the first side has a value.
        other_count: Pairs in which the second side has one.
        match: Pairs in which both have one and the same.
        mismatch: Pairs in which both have one, but not the same.
        one_only: Pairs in which only the first side has one.
        other_only: Pairs in which only the second side has one.
    """

    name: str
    one_count: int
    other_count: int
    match: int
    mismatch: int
    one_only: int
    other_only: int

    @property
    def diff(self) -> int:
        """Pairs that differ in any way."""
        return self.mismatch + self.one_only + self.other_only


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """How well the ids of both sides match.

    Attributes:
        one_rows: Rows of the first side with an id.
        other_rows: Rows of the second side with an id.
        ids: Different ids of both sides together.
        missing_in_one: Ids that only the second side has.
        missing_in_other: Ids that only the first side has.
        pairs: Pairs of rows with the same id.
        one_without_id: Rows of the first side without an id; they are left out.
        other_without_id: Rows of the second side without one.
        duplicates: Ids that more than one row of a side has.
    """

    one_rows: int
    other_rows: int
    ids: int
    missing_in_one: int
    missing_in_other: int
    pairs: int
    one_without_id: int
    other_without_id: int
    duplicates: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A pair of rows with the same id that differ; values as text, ``None`` where missing.

    Attributes:
        id: The id, column by column.
        one: The columns that differ, on the first side.
        other: The same on the second side.
    """

    id: Mapping[str, str]
    one: Mapping[str, str | None]
    other: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often one value stands on the first side where another stands on the second."""

    one: str | None
    other: str | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedSkew:
    """What joining two tables row by row shows.

    Attributes:
        matching: How well the ids match.
        features: Every column, the most different pairs first.
        samples: The first pairs that differ, in the order of their ids.
        confusion: Column to its most frequent pairs of values, where asked for.

    ``print`` shows a table.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.JoinedSkew"

    matching: Matching
    features: tuple[FeatureSkew, ...]
    samples: tuple[Pair, ...] = ()
    confusion: Mapping[str, tuple[Confusion, ...]] = field(default_factory=dict)

    def verdict(self, *, limit: float = 0.0) -> Verdict:
        """Ok if no column differs in more than this share of the pairs."""
        pairs = self.matching.pairs
        reasons = [
            Reason(
                ok=one.diff <= limit * pairs,
                code="SAME_IN_BOTH" if one.diff <= limit * pairs else "SKEW",
                message=f"column {one.name!r} differs in {one.diff:,} of {pairs:,} pairs",
                subject=one.name,
                observed=one.diff / pairs if pairs else 0.0,
                expected=limit,
            )
            for one in self.features
        ]
        if not pairs:
            message = "no id is on both sides: nothing was compared"
            reasons = [Reason(ok=False, code="NO_PAIRS", message=message, observed=0.0)]
        return Verdict.of("joined skew", reasons, {"pairs": pairs, "ids": self.matching.ids})

    def describe(self) -> str:
        """The columns that differ, for people."""
        found = self.matching
        alone = f"{found.missing_in_other:,} only on the first side, {found.missing_in_one:,} only on the second"
        lines = [f"{found.pairs:,} pairs of rows; {found.ids:,} ids, {alone}"]
        moved = [one for one in self.features if one.diff]
        if not moved:
            return "\n".join([*lines, "every pair is the same in every column"])
        width = max(len(one.name) for one in moved)
        lines.append(
            f"{'column':{width}}  {'differ':>9}  {'other value':>11}  {'only first':>10}  {'only second':>11}"
        )
        lines += [
            f"{one.name:{width}}  {one.diff:9,}  {one.mismatch:11,}  {one.one_only:10,}  {one.other_only:11,}"
            for one in moved
        ]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.describe()

    def save(self, folder: Path) -> None:
        """Write ``joined_skew.json`` into the folder."""
        import msgspec

        (folder / _FILE).write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote."""
        import msgspec

        return msgspec.json.decode((folder / _FILE).read_bytes(), type=cls)

    def properties(self) -> Mapping[str, Value]:
        """Pairs, and how many columns differ in some."""
        return {"pairs": self.matching.pairs, "skewed": sum(1 for one in self.features if one.diff)}


def joined_skew(
    one: Table,
    other: Table,
    *,
    on: str | Sequence[str],
    ignore: Sequence[str] = (),
    round_digits: int | None = None,
    samples: int = 10,
    confusion: Sequence[str] = (),
    allow_duplicates: bool = False,
) -> JoinedSkew:
    """Join two tables by an id and compare every column of every pair of rows.

    Args:
        one: The rows as training saw them.
        other: The rows as serving saw them.
        on: The columns that make the id. Rows without one are counted and left out.
        ignore: Columns not to compare. A column that only one side has is compared: its values are missing there.
        round_digits: Digits after the point to which floats are rounded before they are compared, ids too.
        samples: How many pairs that differ to keep.
        confusion: Columns whose pairs of values to count.
        allow_duplicates: Whether an id may stand for several rows of a side; every pair of them is then compared.

    Raises:
        InputError: If a column of the id is missing, nothing is left to compare, or ids repeat.

    Example:
        >>> trained = Table.from_columns({"id": [1, 2, 3], "fare": [5.0, 6.0, 7.0]})
        >>> served = Table.from_columns({"id": [3, 1, 4], "fare": [7.0, 5.5, 9.0]})
        >>> found = joined_skew(trained, served, on="id")
        >>> found.matching.pairs, found.features[0].match, found.features[0].mismatch
        (2, 1, 1)
    """
    keys = [on] if isinstance(on, str) else list(on)
    join = _Join.of(one, other, keys, ignore, round_digits)
    matching, repeated = _matching(join)
    if matching.duplicates and not allow_duplicates:
        raise InputError(
            f"{matching.duplicates:,} ids stand for more than one row, such as {repeated}",
            expected="one row per id on either side",
            fix="add columns to the id, or pass allow_duplicates=True to compare every pair",
        )
    unknown = [name for name in confusion if name not in join.names]
    if unknown:
        raise InputError(f"{', '.join(unknown)} is not compared", expected="some of " + ", ".join(join.names))
    pairs, features = _features(join)
    return JoinedSkew(
        matching=replace(matching, pairs=pairs),
        features=tuple(sorted(features, key=lambda found: (-found.diff, found.name))),
        samples=tuple(_samples(join, samples)) if samples else (),
        confusion={name: _confused(join, name) for name in confusion},
    )


@dataclass(frozen=True, slots=True)
class _Join:
    """Both tables and the SQL of what is compared.

    Attributes:
        keys: The columns of the id.
        ids: SQL of each on either side, ``{side}`` standing for the table.
        names: The columns that are compared.
        values: SQL of each on either side, ``NULL`` where the column is not there.
        texts: SQL of each as text.
    """

    one: Table
    other: Table
    keys: tuple[str, ...]
    ids: tuple[str, ...]
    names: tuple[str, ...]
    values: Mapping[str, tuple[str, str]]
    texts: Mapping[str, tuple[str, str]]

    @classmethod
    def of(cls, one: Table, other: Table, keys: Sequence[str], ignore: Sequence[str], digits: int | None) -> _Join:
        lost = [name for name in keys if name not in one.names or name not in other.names]
        if lost or not keys:
            raise InputError(
                f"the id needs {', '.join(lost)}, which not both sides have" if lost else "an id without columns",
                expected="columns that both have: " + ", ".join(name for name in one.names if name in other.names),
            )
        names = tuple(name for name in dict.fromkeys([*one.names, *other.names]) if name not in {*keys, *ignore})
        if not names:
            raise InputError("there is no column to compare", expected="at least one beside the id")
        types = _engine_types(one), _engine_types(other)
        values, texts = {}, {}
        for name in names:
            plain = _mixed(name, one, other)
            values[name] = (
                _value("a", one, name, types[0], digits, plain),
                _value("b", other, name, types[1], digits, plain),
            )
            texts[name] = _text("a", one, name), _text("b", other, name)
        ids = tuple(_rounded(f"{{side}}.{engine.quote(name)}", types[0][name], digits) for name in keys)
        return cls(one, other, tuple(keys), ids, names, values, texts)

    def paired(self) -> str:
        """SQL: both tables joined, as ``a`` and ``b``."""
        equal = " AND ".join(f"{sql.format(side='a')} = {sql.format(side='b')}" for sql in self.ids)
        return f"({self.one.query()}) a JOIN ({self.other.query()}) b ON {equal}"

    def differs(self, name: str) -> str:
        """SQL: whether a pair differs in a column."""
        a, b = self.values[name]
        return f"({a} IS DISTINCT FROM {b})"


def _engine_types(table: Table) -> dict[str, str]:
    return dict(engine.describe(table.query()))


def _mixed(name: str, one: Table, other: Table) -> bool:
    """Whether the sides hold different types, so that they are compared as text."""
    if name not in one.names or name not in other.names:
        return False
    types = one.type_of(name), other.type_of(name)
    return types[0] is not types[1] and not all(type_.is_numeric for type_ in types)


def _value(
    side: str, table: Table, name: str, kinds: Mapping[str, str], digits: int | None, as_text_: bool
) -> str:
    if name not in table.names:
        return "NULL"
    if as_text_:
        return _text(side, table, name)
    return _rounded(f"{side}.{engine.quote(name)}", kinds[name], digits)


def _rounded(value: str, kind: str, digits: int | None) -> str:
    if digits is None:
        return value
    if kind in {"DOUBLE", "FLOAT"}:
        return f"round({value}, {int(digits)})"
    if kind in {"DOUBLE[]", "FLOAT[]"}:
        return f"list_transform({value}, lambda v: round(v, {int(digits)}))"
    return value


def _text(side: str, table: Table, name: str) -> str:
    if name not in table.names:
        return "NULL"
    column = Column(name, table.type_of(name))
    return as_text(column).replace(engine.quote(name), f"{side}.{engine.quote(name)}")


def _matching(join: _Join) -> tuple[Matching, str]:
    """How the ids match, the pairs not yet counted, and an id that repeats."""
    grouped = []
    for table in (join.one, join.other):
        ids = [sql.format(side="t") for sql in join.ids]
        listed = ", ".join(f"{sql} AS k{place}" for place, sql in enumerate(ids))
        there = " AND ".join(f"{sql} IS NOT NULL" for sql in ids)
        grouped.append(f"(SELECT {listed}, count(*) AS n FROM ({table.query()}) t WHERE {there} GROUP BY ALL)")  # noqa: S608 - names are quoted
    on = " AND ".join(f"a.k{place} = b.k{place}" for place in range(len(join.ids)))
    key = " || ', ' || ".join(f"coalesce(a.k{place}, b.k{place})::VARCHAR" for place in range(len(join.ids)))
    ids_, no_one, no_other, one_rows, other_rows, repeats, example = engine.fetch(
        f"SELECT count(*), count(*) FILTER (a.n IS NULL), count(*) FILTER (b.n IS NULL), sum(a.n), sum(b.n), "  # noqa: S608 - our own names
        f"count(*) FILTER (a.n > 1 OR b.n > 1), min({key}) FILTER (a.n > 1 OR b.n > 1) "
        f"FROM {grouped[0]} a FULL JOIN {grouped[1]} b ON {on}"
    )[0]
    matching = Matching(
        one_rows=int(one_rows or 0),
        other_rows=int(other_rows or 0),
        ids=ids_,
        missing_in_one=no_one,
        missing_in_other=no_other,
        pairs=0,
        one_without_id=join.one.num_rows - int(one_rows or 0),
        other_without_id=join.other.num_rows - int(other_rows or 0),
        duplicates=repeats,
    )
    return matching, str(example)


def _features(join: _Join) -> tuple[int, list[FeatureSkew]]:
    """The counts of every column, in one pass over the join."""
    counted = ["count(*)"]
    for name in join.names:
        a, b = join.values[name]
        both = f"{a} IS NOT NULL AND {b} IS NOT NULL"
        counted += [
            f"count(*) FILTER ({a} IS NOT NULL)",
            f"count(*) FILTER ({b} IS NOT NULL)",
            f"count(*) FILTER ({both})",
            f"count(*) FILTER ({both} AND {join.differs(name)})",
        ]
    pairs, *counts = engine.fetch(f"SELECT {', '.join(counted)} FROM {join.paired()}")[0]  # noqa: S608 - names are quoted
    found = []
    for place, name in enumerate(join.names):
        one, other, both_, mismatch = counts[4 * place : 4 * place + 4]
        found.append(
            FeatureSkew(
                name=name,
                one_count=one,
                other_count=other,
                match=both_ - mismatch,
                mismatch=mismatch,
                one_only=one - both_,
                other_only=other - both_,
            )
        )
    return pairs, found


def _samples(join: _Join, count: int) -> Iterator[Pair]:
    shown = [f"a.{engine.quote(name)}::VARCHAR" for name in join.keys]
    for name in join.names:
        shown += [join.differs(name), *join.texts[name]]
    differ = " OR ".join(join.differs(name) for name in join.names)
    order = ", ".join([*(f"a.{engine.quote(name)}" for name in join.keys), *map(str, range(1, len(shown) + 1))])
    rows = engine.fetch(
        f"SELECT {', '.join(shown)} FROM {join.paired()} "  # noqa: S608 - names are quoted
        f"WHERE {differ} ORDER BY {order} LIMIT {int(count)}"
    )
    for row in rows:
        values = row[len(join.keys) :]
        cells = {name: values[3 * place : 3 * place + 3] for place, name in enumerate(join.names)}
        moved = {name: cell[1:] for name, cell in cells.items() if cell[0]}
        yield Pair(
            id=dict(zip(join.keys, row, strict=False)),
            one={name: cell[0] for name, cell in moved.items()},
            other={name: cell[1] for name, cell in moved.items()},
        )


def _confused(join: _Join, name: str) -> tuple[Confusion, ...]:
    """The most frequent pairs of values, those that agree among them."""
    a, b = join.texts[name]
    rows = engine.fetch(
        f"SELECT {a} AS x, {b} AS y, count(*) AS n FROM {join.paired()} "  # noqa: S608 - names are quoted
        f"GROUP BY 1, 2 ORDER BY n DESC, x, y LIMIT {_MOST_CONFUSED}"
    )
    return tuple(Confusion(*row) for row in rows)
