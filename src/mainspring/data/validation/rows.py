"""Validation row by row: which rows are wrong, and why, in one scan of the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mainspring.data import engine
from mainspring.data.profiling.paths import paths
from mainspring.data.schema import TRAINING, Feature, Schema, SqlCheck
from mainspring.data.statistics import FeatureStatistics
from mainspring.data.tables import Table
from mainspring.data.validation.anomalies import Anomaly, AnomalyType, ExampleRow, Severity
from mainspring.data.validation.conditions import Condition, conditions
from mainspring.data.validation.custom import NotEvaluated, reason_of, row_condition, rows_that_fail
from mainspring.data.validation.offenders import MOST_ROWS, Rows, free_name
from mainspring.data.validation.presence import check_columns
from mainspring.data.validation.row_report import RowReason, RowReport
from mainspring.data.validation.severities import severity_of

if TYPE_CHECKING:
    import numpy as np

_ABOUT_ALL: Final = "it is about all rows together; validate(…, tables=…) evaluates it"


def validate_rows(
    table: Table,
    schema: Schema,
    *,
    environment: str = TRAINING,
    origin: np.ndarray | None = None,
) -> RowReport:
    """Hold every row against the schema: types, ranges, domains, lists, lengths, formats, checks, missing values.

    All conditions are evaluated in one scan. What only all rows together show, such as a fraction of missing
    values, how many values differ, or drift, is for :func:`mainspring.data.validate`; where both look at the same
    thing they agree.

    Args:
        environment: Where the data is used.
        origin: The number of each row in the source, from 1, if the table holds some of its rows.

    Raises:
        InputError: If the schema does not name the environment.

    Example:
        >>> schema = Schema.from_text("{features: {age: {type: INT, min: 0}, job: {type: STRING, presence: 1}}}")
        >>> table = Table.from_columns({"age": [39, -1, 50], "job": ["clerk", "smith", None]})
        >>> report = validate_rows(table, schema)
        >>> report.rows.select(["row", "reasons"]).to_columns()
        {'row': [2, 3], 'reasons': ['age: INT_TYPE_SMALL_INT', 'job: FEATURE_TYPE_LOW_FRACTION_PRESENT']}
    """
    rows = Rows(table, lambda: origin)
    wanted = [
        replace(one, severity=severity)
        for one in conditions(schema, table, environment=environment)
        for severity in [severity_of(schema, one.path, one.type, one.severity)]
        if severity is not None
    ]
    checks, lacking = _checks(schema.checks, rows)
    try:
        found, names = _scan(rows, [*wanted, *checks])
    except engine.error():
        checks, stopped = _that_work(checks, rows)
        lacking += stopped
        found, names = _scan(rows, [*wanted, *checks])
    wanted += checks
    reasons = _reasons(found, names, wanted, rows)
    errors = [place for place, one in enumerate(wanted) if one.severity is Severity.ERROR]
    return RowReport(
        environment=environment,
        num_rows=table.num_rows,
        num_errors=_count_any(found, names, errors),
        reasons=tuple(sorted(reasons, key=lambda one: (one.severity is not Severity.ERROR, -one.rows))),
        columns=_columns(schema, table, environment),
        rows=_offending(found, names, wanted, rows),
        not_evaluated=tuple(lacking),
    )


def _checks(checks: Sequence[SqlCheck], rows: Rows) -> tuple[list[Condition], list[NotEvaluated]]:
    found: list[Condition] = []
    lacking: list[NotEvaluated] = []
    for one in checks:
        if one.severity == "IGNORE":
            continue
        sql = row_condition(one, rows.table)
        if isinstance(sql, NotEvaluated):
            lacking.append(sql)
            continue
        name = f"check {one.name!r}"
        if not sql:
            lacking.append(NotEvaluated(name=name, reason=_ABOUT_ALL, severity=Severity.WARNING))
            continue
        expected = " ".join((one.description or one.sql).split())
        found.append(
            Condition(
                name,
                AnomalyType.CUSTOM_VALIDATION,
                f"{sql} IS NOT TRUE",
                expected,
                rows.table.names[:MOST_ROWS],
                Severity(one.severity),
            )
        )
    return found, lacking


def _that_work(checks: Sequence[Condition], rows: Rows) -> tuple[list[Condition], list[NotEvaluated]]:
    """The checks that every row can be asked; the others stop at some row, such as one that is no number."""
    found: list[Condition] = []
    lacking: list[NotEvaluated] = []
    for one in checks:
        try:
            rows_that_fail({0: one.sql}, rows)
            found.append(one)
        except engine.error() as error:
            lacking.append(NotEvaluated(name=one.path, reason=reason_of(error), severity=one.severity))
    return found, lacking


def _scan(rows: Rows, wanted: Sequence[Condition]) -> tuple[Table, tuple[str, str]]:
    """The rows that are wrong, with their number and the places of the conditions that say so."""
    names = free_name("row", rows.table), free_name("reasons", rows.table)
    row, why = map(engine.quote, names)
    cases = ", ".join(f"CASE WHEN {one.sql} THEN {place} END" for place, one in enumerate(wanted))
    places = f"list_filter([{cases}]::INTEGER[], lambda place: place IS NOT NULL)"
    this = f"({rows.table.query()}) AS this"
    query = f"SELECT row_number() OVER () AS {row}, {places} AS {why}, * FROM {this}"  # noqa: S608 - our own conditions
    return Table.of_query(f"SELECT * FROM ({query}) WHERE len({why}) > 0"), names  # noqa: S608 - as above


def _reasons(found: Table, names: tuple[str, str], wanted: Sequence[Condition], rows: Rows) -> list[RowReason]:
    row, why = map(engine.quote, names)
    inner = f"SELECT {row} AS r, unnest({why}) AS place FROM ({found.query()})"  # noqa: S608 - names are quoted
    counted = engine.fetch(f"SELECT place, count(*), min(r, {MOST_ROWS}) FROM ({inner}) GROUP BY 1 ORDER BY 1")  # noqa: S608 - as above
    columns = {name for place, _, _ in counted for name in wanted[place].columns}
    numbers = [number for _, _, first in counted for number in first]
    shown = _shown(found, names[0], numbers, [name for name in rows.table.names if name in columns], rows)
    return [
        RowReason(
            path=wanted[place].path,
            type=wanted[place].type,
            severity=wanted[place].severity,
            expected=wanted[place].expected,
            rows=count,
            examples=tuple(_only(shown[number], wanted[place].columns) for number in first),
        )
        for place, count, first in counted
    ]


def _shown(
    found: Table, row: str, numbers: Sequence[int], columns: Sequence[str], rows: Rows
) -> dict[int, ExampleRow]:
    """The rows of these numbers, looked up among those that are wrong, not in the whole table again."""
    if not numbers:
        return {}
    picked = ", ".join(map(str, sorted(set(numbers))))
    some = Table.of_query(f"SELECT * FROM ({found.query()}) WHERE {engine.quote(row)} IN ({picked})")  # noqa: S608 - names are quoted
    places = [int(number) for number in some.column(row)]
    shown = Rows(some).show(range(1, some.num_rows + 1), columns)
    return {
        number: ExampleRow(rows.number(number), shown[place + 1].values) for place, number in enumerate(places)
    }


def _only(example: ExampleRow, columns: Sequence[str]) -> ExampleRow:
    return ExampleRow(example.row, {name: value for name, value in example.values.items() if name in columns})


def _count_any(found: Table, names: tuple[str, str], places: Sequence[int]) -> int:
    listed = ", ".join(map(str, places))
    wrong = f"list_has_any({engine.quote(names[1])}, [{listed}]::INTEGER[])"
    return int(engine.fetch(f"SELECT count(*) FROM ({found.query()}) WHERE {wrong}")[0][0])  # noqa: S608 - names are quoted


def _offending(found: Table, names: tuple[str, str], wanted: Sequence[Condition], rows: Rows) -> Table:
    """The rows that are wrong as people read them: numbers of the source, reasons in words."""
    row, why = map(engine.quote, names)
    told = ", ".join(engine.literal(f"{one.path}: {one.type}") for one in wanted)
    listed = f"list_transform({why}, lambda place: ([{told}]::VARCHAR[])[place + 1])"
    words = f"list_aggregate({listed}, 'string_agg', '; ')"
    columns = ", ".join(map(engine.quote, rows.table.names))
    source = found.query()
    number = row
    origin = rows.origin
    if origin is not None:
        name = free_name("origin", rows.table)
        numbers = Table.from_columns({name: origin}).sql("SELECT row_number() OVER () AS place, * FROM this")
        number = engine.quote(name)
        pairs = f"({source}) f LEFT JOIN ({numbers.query()}) o ON f.{row} = o.place"
        source = f"SELECT f.*, o.{number} FROM {pairs} ORDER BY f.{row}"  # noqa: S608 - names are quoted
    return Table.of_query(f"SELECT {number} AS {row}, {words} AS {why}, {columns} FROM ({source})")  # noqa: S608 - as above


def _columns(schema: Schema, table: Table, environment: str) -> tuple[Anomaly, ...]:
    """Columns that are missing or new, as statistics would show them."""
    expected: list[Feature] = [one for one in schema.in_environment(environment) if one.stage.is_validated]
    there = {path.name: FeatureStatistics(path.name, path.type, 0, 0) for path in paths(table)}
    found = []
    for one in check_columns(schema, expected, there):
        severity = severity_of(schema, one.path, one.type, one.severity)
        if severity is not None:
            found.append(replace(one, severity=severity))
    return tuple(found)
