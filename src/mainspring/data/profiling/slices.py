"""Cutting a table into slices: by the values of columns, by ranges of numbers, by SQL conditions.

Rows are put in the order of their slice once for each rule; every slice then is a range of rows, read without
looking at the others.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from mainspring.core.errors import InputError
from mainspring.core.slices import Slice
from mainspring.data import engine
from mainspring.data.celltypes import ColumnType, from_engine
from mainspring.data.columns import Column, as_text
from mainspring.data.statistics.slices import MISSING, NumberRange, SliceRule
from mainspring.data.tables import Table

MOST_SLICES: Final = 1000
_CROSS: Final = re.compile(r"\s+(?:x|×|\*)\s+")  # noqa: RUF001 - people write it so


def slice_tables(table: Table, slices: Iterable[Any], *, most: int = MOST_SLICES) -> dict[str, Table]:
    """The rows of every slice, by the name of the slice, in order.

    Args:
        slices: Rules, in any of these forms:

            - ``"sex"``: one slice per value of a column, and one for rows without a value.
            - ``"sex x race"`` or ``("sex", "race")``: one per combination of values.
            - ``{"sex": ["F", None]}``: only these values; ``None`` for rows without one.
            - ``{"age": [(None, 18), (18, 65), (65, None)]}``: ranges of numbers; the upper bound is not in them.
            - ``{"sex": ["F"], "age": [(18, 65)]}``: combinations of these.
            - ``{"young": "age < 30"}``: the rows for which an SQL condition holds, under a name of your own.

            A row with a list is in the slices of all its elements.
        most: How many slices there may be.

    Raises:
        InputError: If a column does not exist, a rule or condition cannot be read, ranges overlap, slices have the
            same name, or there are more than ``most``.

    Example:
        >>> table = Table.from_columns({"sex": ["F", "M", None], "age": [20, 40, 60]})
        >>> {name: rows.num_rows for name, rows in slice_tables(table, ["sex", {"young": "age < 30"}]).items()}
        {'sex=(missing)': 1, 'sex=F': 1, 'sex=M': 1, 'young': 1}
    """
    found: dict[str, Table] = {}
    rules = parse_slices(slices, table.names)
    counted = [(rule, _counts(table, rule) if rule.columns else {rule.name: 0}) for rule in rules]
    names = [name for _, counts in counted for name in counts]
    check_number(names, most, ", ".join(f"{str(rule)!r} {len(counts):,}" for rule, counts in counted))
    repeated = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if repeated:
        raise InputError(f"slices with the same name: {', '.join(repeated)}", expected="each slice once")
    for rule, counts in counted:
        found.update(_ordered(table, rule, counts) if rule.columns else {rule.name: table.where(rule.condition)})
    return found


def check_number(names: Collection[str], most: int = MOST_SLICES, told: str = "") -> None:
    """See that there are not too many slices, of one part of a table or of all parts together.

    Raises:
        InputError: If there are more than ``most``.
    """
    if len(names) > most:
        raise InputError(
            f"{len(names):,} slices" + (f": {told}" if told else ""),
            expected=f"at most {most:,}",
            fix='name the values you need, such as {"country": ["FR", "DE"]}, or use ranges of numbers',
        )


def parse_slices(slices: Iterable[Any], names: Sequence[str]) -> tuple[SliceRule, ...]:
    """The rules that are meant (see :func:`slice_tables`).

    Args:
        names: The columns of the table.

    Raises:
        InputError: If some cannot be read; all are listed.
    """
    problems: list[str] = []
    rules: list[SliceRule] = []
    for one in [slices] if isinstance(slices, str | Mapping) else slices:
        try:
            rules.extend(_rules(one, names))
        except ValueError as error:
            problems.append(str(error))
    for rule in rules:
        problems += [f"there is no column {name!r}" for name in rule.columns if name not in names]
        for name, ranges in rule.ranges.items():
            pairs = itertools.combinations(ranges, 2)
            problems += [f"{name!r}: {one} and {other} overlap" for one, other in pairs if one.overlaps(other)]
    if problems:
        raise InputError(
            "; ".join(dict.fromkeys(problems)),
            expected='columns such as "sex", crosses such as "sex x race", {"sex": ["F"]}, {"age": [(18, 65)]}, '
            'or {"young": "age < 30"}; the columns are ' + ", ".join(names),
        )
    return tuple(rules)


def _rules(one: Any, names: Sequence[str]) -> list[SliceRule]:
    if isinstance(one, SliceRule):
        return [one]
    if isinstance(one, str):
        return [SliceRule((one,) if one in names else tuple(_CROSS.split(one.strip())))]
    if isinstance(one, Mapping):
        conditions = [
            SliceRule(name=str(name), condition=sql) for name, sql in one.items() if isinstance(sql, str)
        ]
        listed = {str(name): found for name, found in one.items() if not isinstance(found, str)}
        return [*conditions, *([_listed(listed)] if listed else [])]
    if isinstance(one, Sequence) and one and all(isinstance(name, str) for name in one):
        return [SliceRule(tuple(one))]
    raise ValueError(f"{one!r} is no slice")


def _listed(listed: Mapping[str, Any]) -> SliceRule:
    values: dict[str, tuple[str, ...]] = {}
    ranges: dict[str, tuple[NumberRange, ...]] = {}
    for name, found in listed.items():
        if found is None:
            continue
        if not isinstance(found, Iterable):
            raise ValueError(f"{name!r}: {found!r} is no list of values")
        given = list(found)
        pairs = [one for one in given if isinstance(one, tuple | list | NumberRange)]
        if pairs and len(pairs) < len(given):
            raise ValueError(f"{name!r}: values and ranges together")
        if pairs:
            ranges[name] = tuple(_range(name, pair) for pair in pairs)
        else:
            values[name] = tuple(dict.fromkeys(_value(one) for one in given))
    return SliceRule(tuple(listed), values, ranges)


def _range(name: str, pair: Any) -> NumberRange:
    if isinstance(pair, NumberRange):
        return pair
    numbers = [bound for bound in pair if bound is not None]
    if len(pair) != 2 or not all(isinstance(bound, int | float) for bound in numbers):
        raise ValueError(f"{name!r}: {pair!r} is no range of numbers")
    return NumberRange(*pair)


def _value(one: Any) -> str:
    if one is None:
        return MISSING
    if isinstance(one, bool):
        return str(one).lower()
    return str(int(one)) if isinstance(one, float) and one.is_integer() else str(one)


def _counts(table: Table, rule: SliceRule) -> dict[str, int]:
    """The names of the slices of a rule, in order, with their rows."""
    places = ", ".join(str(place + 1) for place in range(len(rule.columns)))
    query = f"SELECT {_keys(rule)}, count(*) FROM ({_keyed(table, rule)}) GROUP BY {places} ORDER BY {places}"  # noqa: S608 - names are quoted
    found = {_name(rule, values): count for *values, count in engine.fetch(query)}
    if all(name in rule.values or name in rule.ranges for name in rule.columns):
        # Whoever names a value wants to see that it does not occur.
        wanted = [rule.values.get(name) or map(str, rule.ranges[name]) for name in rule.columns]
        found |= {name: 0 for values in itertools.product(*wanted) if (name := _name(rule, values)) not in found}
    return found


def _ordered(table: Table, rule: SliceRule, counts: Mapping[str, int]) -> dict[str, Table]:
    names = engine.as_list(table.names)
    query = f"SELECT {names} FROM ({_keyed(table, rule)}) ORDER BY {_keys(rule)}, {_key('row')}"  # noqa: S608 - names are quoted
    rows = Table.of_query(query)
    ends = list(itertools.accumulate(counts.values()))
    return {name: rows.rows(end - count, end) for (name, count), end in zip(counts.items(), ends, strict=True)}


def _name(rule: SliceRule, values: Iterable[str]) -> str:
    return str(Slice.of(dict(zip(rule.columns, values, strict=True))))


def _keys(rule: SliceRule) -> str:
    return ", ".join(_key(str(place)) for place in range(len(rule.columns)))


def _key(name: str) -> str:
    """A name that no column of people has."""
    return engine.quote(f"\x1fslice {name}")


def _keyed(table: Table, rule: SliceRule) -> str:
    """SQL: the rows that are in a slice, with the text of its values and their place in the table."""
    query = f"SELECT *, row_number() OVER () AS {_key('row')} FROM ({table.query()})"  # noqa: S608 - our own query
    columns = {column.name: column for column in table.columns}
    for place, name in enumerate(rule.columns):
        cell = _text(columns[name], rule)
        query = f"SELECT *, {cell} AS {_key(str(place))} FROM ({query})"  # noqa: S608 - names are quoted
    there = " AND ".join(f"{_key(str(place))} IS NOT NULL" for place in range(len(rule.columns)))
    return f"SELECT * FROM ({query}) WHERE {there}"  # noqa: S608 - names are quoted


def _text(column: Column, rule: SliceRule) -> str:
    """SQL: the value of a column that names the slice; NULL if the row is in none."""
    name = engine.quote(column.name)
    if column.type is ColumnType.LIST:
        inner = _wanted(Column("e", from_engine(column.nested.removesuffix("[]"))), rule, column.name)
        texts = f"list_distinct(list_transform({name}, lambda e: {inner}))"
        return f"unnest(CASE WHEN {name} IS NULL THEN [{_missing(rule, column.name)}] ELSE {texts} END)"
    return _wanted(column, rule, column.name)


def _wanted(column: Column, rule: SliceRule, name: str) -> str:
    cell = engine.quote(column.name)
    if name in rule.ranges:
        if not column.type.is_numeric:
            raise InputError(f"ranges of {name!r}, which is {column.type}", expected="a column of numbers")
        cases = "".join(f" WHEN {_within(cell, one)} THEN {engine.literal(str(one))}" for one in rule.ranges[name])
        return f"CASE{cases} END"
    text = as_text(column)
    if column.type is ColumnType.FLOAT:
        whole = f"abs({cell}) < 9e15 AND trunc({cell}) = {cell}"
        text = f"CASE WHEN {whole} THEN CAST(CAST({cell} AS BIGINT) AS VARCHAR) ELSE {text} END"
    text = f"CASE WHEN {cell} IS NULL THEN {_missing(rule, name)} ELSE {text} END"
    if name in rule.values:
        listed = ", ".join(engine.literal(value) for value in rule.values[name])
        return f"CASE WHEN {text} IN ({listed or 'NULL'}) THEN {text} END"
    return text


def _missing(rule: SliceRule, name: str) -> str:
    if name in rule.ranges or (name in rule.values and MISSING not in rule.values[name]):
        return "NULL::VARCHAR"
    return engine.literal(MISSING)


def _within(cell: str, one: NumberRange) -> str:
    low = [f"{cell} >= {one.low!r}"] if one.low is not None else []
    high = [f"{cell} < {one.high!r}"] if one.high is not None else []
    # NaN is larger than every number to the engine.
    return " AND ".join([f"NOT isnan({cell}::DOUBLE)", *low, *high])
