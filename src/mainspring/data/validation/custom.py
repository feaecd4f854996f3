"""Checks of one's own, in SQL and in Python.

A check in SQL stands in the schema (:class:`mainspring.data.schema.SqlCheck`). All conditions on rows are
evaluated in one scan of the table, all queries in one more. A check in Python is a function of the table:

- ``True`` or ``None``: all is well; ``False``: it is not;
- a text: it is not, for this reason;
- an array of bools, one per row: true for good rows;
- a :class:`Table`: the offending rows, none if all is well.

A check that cannot be evaluated is told as such, and is no success.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from mainspring.core import plugins
from mainspring.core.errors import InputError, MainspringError
from mainspring.data import engine
from mainspring.data.schema import SqlCheck
from mainspring.data.tables import Table
from mainspring.data.validation.anomalies import Anomaly, AnomalyType, ExampleRow, Severity
from mainspring.data.validation.findings import SHOWN, finding, plural
from mainspring.data.validation.offenders import MOST_ROWS, Rows, free_name

_QUERY: Final = re.compile(r"\s*(--[^\n]*\n\s*)*(SELECT|WITH|FROM|VALUES)\b", re.IGNORECASE)
_IGNORE: Final = "IGNORE"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotEvaluated:
    """Something that should have been checked and could not be.

    Attributes:
        name: The check or the slice.
        split: The split; empty for all.
        reason: Why not.
        severity: How bad that is: that of the check.
    """

    name: str
    split: str = ""
    reason: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        where = f" in {self.split}" if self.split else ""
        return f"{self.severity:<7} {self.name}{where}: not evaluated\n        because    {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonCheck:
    """A function of a table, with a name and how bad it is if it fails. Made by :func:`check`."""

    function: Callable[[Table], Any]
    name: str
    description: str = ""
    severity: str = "ERROR"
    feature: str = ""

    def __call__(self, table: Table) -> Any:
        """What the function says of a table."""
        return self.function(table)


Check: TypeAlias = Callable[[Table], Any] | str
"""A function of a table, or the name under which a plugin offers one."""


def check(
    *, name: str = "", description: str = "", severity: str = "ERROR", feature: str = ""
) -> Callable[[Callable[[Table], Any]], PythonCheck]:
    """Turn a function of a table into a check with a name of its own.

    Args:
        name: What it is called; the name of the function if not given.
        description: What good data is like; the first line of the docstring if not given.
        severity: What a failure is: ``ERROR``, ``WARNING`` or ``IGNORE``.
        feature: The feature that a failure is reported under.

    Example:
        >>> @check(description="identifiers are given once")
        ... def ids_are_unique(table):
        ...     return len(set(table.column("id"))) == table.num_rows
        >>> ids_are_unique.name
        'ids_are_unique'

    Raises:
        InputError: If the severity is none of the three.
    """
    if severity not in (*Severity, _IGNORE):
        raise InputError(f"the severity {severity!r}", expected=f"one of {', '.join((*Severity, _IGNORE))}")

    def named(function: Callable[[Table], Any]) -> PythonCheck:
        lines = (function.__doc__ or "").strip().splitlines()
        told = description or (lines[0] if lines else "")
        return PythonCheck(
            function=function,
            name=name or _name_of(function),
            description=told,
            severity=severity,
            feature=feature,
        )

    return named


def python_check(given: Check) -> PythonCheck:
    """What is meant by a function, a check, or the name of one.

    Raises:
        NotFoundError: If no plugin offers a check of that name.
    """
    if isinstance(given, str):
        found = plugins.load_string(given) if ":" in given else plugins.load("checks", given)
        made = python_check(found)
        return made if isinstance(found, PythonCheck) else replace(made, name=given)
    return given if isinstance(given, PythonCheck) else check()(given)


def run_checks(
    sql: Sequence[SqlCheck], python: Sequence[PythonCheck], rows: Mapping[str, Rows], splits: Sequence[str]
) -> tuple[list[Anomaly], list[NotEvaluated]]:
    """Evaluate every check on every split.

    Args:
        splits: The splits that are validated; one without rows is told as not evaluated.
    """
    anomalies: list[Anomaly] = []
    lacking: list[NotEvaluated] = []
    named: list[SqlCheck | PythonCheck] = [*sql, *python]
    wanted = [one for one in named if one.severity != _IGNORE]
    if wanted and not rows:
        lacking += [_lacking(one, "no rows were given, only statistics; give the tables too") for one in wanted]
        return anomalies, lacking
    for split in splits if wanted else ():
        if split not in rows:
            lacking += [_lacking(one, "no rows of this split were given", split) for one in wanted]
            continue
        results = _sql_results([one for one in wanted if isinstance(one, SqlCheck)], rows[split])
        results += [_python_result(one, rows[split]) for one in wanted if isinstance(one, PythonCheck)]
        anomalies += [replace(one, split=split) for one in results if isinstance(one, Anomaly)]
        lacking += [replace(one, split=split) for one in results if isinstance(one, NotEvaluated)]
    return anomalies, lacking


_Result: TypeAlias = Anomaly | NotEvaluated | None


def is_query(sql: str) -> bool:
    """Whether a check is a query of one value, not a condition on a row."""
    return _QUERY.match(sql) is not None


def row_condition(one: SqlCheck, table: Table) -> str | NotEvaluated:
    """A condition that can be evaluated row by row, or why it cannot; empty for a query or an aggregate."""
    if is_query(one.sql):
        return ""
    first = engine.quote(table.columns[0].name)
    try:
        if engine.count_statements(f"SELECT {one.sql}") != 1:
            return _lacking(one, "more than one SQL statement")
        described = engine.describe(f"SELECT {first}, ({one.sql}\n) FROM ({table.query()}) AS this")  # noqa: S608 - its own condition
    except engine.error() as error:
        # A condition on sums and means is one on the whole table.
        return "" if "GROUP BY" in str(error) else _lacking(one, reason_of(error))
    kind = described[1][1]
    return (
        f"({one.sql}\n)" if kind in {"BOOLEAN", '"NULL"'} else _lacking(one, f"it gives {kind}, not true or false")
    )


def _sql_results(checks: Sequence[SqlCheck], rows: Rows) -> list[_Result]:
    found: dict[int, _Result] = {}
    conditions: dict[int, str] = {}
    queries: dict[int, str] = {}
    for place, one in enumerate(checks):
        condition = row_condition(one, rows.table)
        if isinstance(condition, NotEvaluated):
            found[place] = condition
        elif condition:
            conditions[place] = condition
        else:
            queries[place] = one.sql if is_query(one.sql) else f"SELECT ({one.sql}\n) FROM this"  # noqa: S608 - its own condition
    for place, answer in _each(rows_that_fail, conditions, rows).items():
        one = checks[place]
        found[place] = _lacking(one, answer) if isinstance(answer, str) else _of_rows(one, answer, rows)
    for place, answer in _each(_answers, queries, rows).items():
        one = checks[place]
        found[place] = _lacking(one, answer) if isinstance(answer, str) else _of_answer(one, answer[0])
    return [found[place] for place in range(len(checks))]


def _each(
    evaluate: Callable[[Mapping[int, str], Rows], dict[int, list[Any]]], wanted: Mapping[int, str], rows: Rows
) -> dict[int, list[Any] | str]:
    """All in one query; if that fails, one by one, so that one bad check does not hide the others."""
    found: dict[int, list[Any] | str] = {}
    if not wanted:
        return found
    try:
        found.update(evaluate(wanted, rows))
    except engine.error() as failed:
        for place, sql in wanted.items():
            try:
                found.update(evaluate({place: sql}, rows) if len(wanted) > 1 else {place: reason_of(failed)})
            except engine.error() as error:
                found[place] = reason_of(error)
    return found


def rows_that_fail(conditions: Mapping[int, str], rows: Rows) -> dict[int, list[Any]]:
    """For each condition: rows for which it is not true, those of them for which it is NULL, the first few."""
    row = engine.quote(free_name("row", rows.table))
    names = [engine.quote(free_name(f"ok{place}", rows.table)) for place in range(len(conditions))]
    picks = ", ".join(f"{sql} AS {name}" for name, sql in zip(names, conditions.values(), strict=True))
    inner = f"SELECT row_number() OVER () AS {row}, {picks} FROM ({rows.table.query()}) AS this"  # noqa: S608 - a check's own condition
    sums = ", ".join(
        f"count(*) FILTER (WHERE {name} IS NOT TRUE), count(*) FILTER (WHERE {name} IS NULL), "
        f"min({row}, {MOST_ROWS}) FILTER (WHERE {name} IS NOT TRUE)"
        for name in names
    )
    (answer,) = engine.fetch(f"SELECT {sums} FROM ({inner})")  # noqa: S608 - as above
    return {one: list(answer[3 * place : 3 * place + 3]) for place, one in enumerate(conditions)}


def _answers(queries: Mapping[int, str], rows: Rows) -> dict[int, list[Any]]:
    picks = ", ".join(f"({sql}\n)" for sql in queries.values())
    (answer,) = engine.fetch(f"WITH this AS ({rows.table.query()}) SELECT {picks}")
    return {one: [value] for one, value in zip(queries, answer, strict=True)}


def _of_rows(one: SqlCheck, answer: Sequence[Any], rows: Rows) -> Anomaly | None:
    wrong, unknown, first = answer
    if not wrong:
        return None
    told = f"{wrong:,} of {rows.table.num_rows:,} rows fail the check"
    if unknown:
        told += f", {unknown:,} of them because a value is missing"
    shown = rows.show(first or (), _mentioned(one, rows.table))
    anomaly = _failed(one, told, one.sql, tuple(shown.values()), observed=wrong)
    if not unknown:
        return anomaly
    return replace(anomaly, edit=f"{anomaly.edit}; to let missing values pass: ({one.sql}) IS NOT FALSE")


def _of_answer(one: SqlCheck, answer: Any) -> Anomaly | NotEvaluated | None:
    if answer is not None and not isinstance(answer, bool):
        return _lacking(one, f"it gives {answer!r}, not true or false")
    told = "the query gives no value" if answer is None else "the query gives false"
    return None if answer else _failed(one, told, one.sql)


def _mentioned(one: SqlCheck, table: Table) -> list[str]:
    """The columns whose names stand in a condition; the feature first."""
    words = set(re.findall(r"\w+", one.sql.lower()))
    named = [name for name in table.names if name.lower() in words or engine.quote(name) in one.sql]
    return [name for name in dict.fromkeys([one.feature, *named]) if name][: SHOWN + 1]


def _python_result(one: PythonCheck, rows: Rows) -> _Result:
    try:
        answer = one(rows.table)
    except Exception as error:  # noqa: BLE001 - whatever a check raises, the others go on, and it is told
        told = error.found if isinstance(error, MainspringError) and hasattr(error, "found") else str(error)
        return _lacking(one, f"{type(error).__name__}: {told}")
    if answer is None or answer is True:
        return None
    if answer is False or isinstance(answer, str):
        return _failed(one, answer or "the check says no")
    if isinstance(answer, Table):
        return _of_table(one, answer) if answer.num_rows else None
    return _of_flags(one, answer, rows)


def _of_table(one: PythonCheck, offending: Table) -> Anomaly:
    shown = Rows(offending).show(range(1, min(offending.num_rows, MOST_ROWS) + 1), offending.names)
    told = f"{plural(offending.num_rows, 'row fails', 'rows fail')} the check"
    return _failed(one, told, examples=tuple(shown.values()), observed=offending.num_rows)


def _of_flags(one: PythonCheck, answer: Any, rows: Rows) -> _Result:
    import numpy as np

    flags = np.asarray(answer)
    if flags.dtype != np.bool_ or flags.ndim > 1:
        return _lacking(one, f"it gives a {type(answer).__name__}, not true or false, a text, bools, or a table")
    if not flags.ndim:
        return None if flags else _failed(one, "the check says no")
    if len(flags) != rows.table.num_rows:
        return _lacking(one, f"it gives {len(flags):,} bools for {rows.table.num_rows:,} rows")
    wrong = np.flatnonzero(~flags)
    if not len(wrong):
        return None
    columns = [one.feature] if one.feature in rows.table.names else rows.table.names[: SHOWN + 1]
    shown = rows.show((wrong[:MOST_ROWS] + 1).tolist(), columns)
    told = f"{len(wrong):,} of {rows.table.num_rows:,} rows fail the check"
    return _failed(one, told, examples=tuple(shown.values()), observed=len(wrong))


def _failed(
    one: SqlCheck | PythonCheck,
    told: str,
    expected: str = "",
    examples: tuple[ExampleRow, ...] = (),
    observed: float | None = None,
) -> Anomaly:
    wanted = " ".join((one.description or expected or "a check that holds").split())
    edit = f"under checks, change or leave out {one.name!r}"
    if isinstance(one, PythonCheck):
        edit = f"change or leave out the check {one.name!r}"
    made = finding(
        AnomalyType.CUSTOM_VALIDATION,
        one.feature,
        found=f"check {one.name!r}: {told}",
        expected=wanted,
        edit=edit,
        severity=Severity(one.severity),
        observed=observed,
        limit=None if observed is None else 0.0,
    )
    return replace(made, examples=examples)


def _lacking(one: SqlCheck | PythonCheck, reason: str, split: str = "") -> NotEvaluated:
    return NotEvaluated(name=f"check {one.name!r}", split=split, reason=reason, severity=Severity(one.severity))


def reason_of(error: Exception) -> str:
    """What the engine says of a check that it could not evaluate, in a line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(line for line in lines[:2] if not line.startswith(("LINE", "^")))


def _name_of(function: Callable[[Table], Any]) -> str:
    return str(getattr(function, "__name__", type(function).__name__))
