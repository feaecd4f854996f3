"""SQL conditions that people write: one expression on a row that is true or false, and nothing else.

A condition comes from settings, pipelines and command lines. It is therefore taken apart before it is run: what
holds a query of its own could read files, and what looks at other rows would mean something else in every chunk.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mainspring.core import InputError
from mainspring.data import engine

if TYPE_CHECKING:
    from mainspring.data import Table

_REFUSED = {
    "SUBQUERY": "it holds a query of its own",
    "WINDOW": "it looks at other rows",
    "PARAMETER": "it holds a parameter",
}
_AROUND = ("where_clause", "having", "qualify", "sample", "group_expressions", "modifiers")


def condition_problem(condition: str, table: Table) -> str | None:
    """Why a text is no condition on the rows of a table; ``None`` if it is one.

    Example:
        >>> from mainspring.data import Table
        >>> table = Table.from_columns({"age": [39, 50]})
        >>> condition_problem("age > 40", table)
        >>> condition_problem("age + 1", table)
        'it gives BIGINT, not true or false'
        >>> condition_problem("age IN (SELECT 1)", table)
        'it holds a query of its own'
    """
    text = f"({condition}\n)"
    try:
        problem = _shape_problem(f"SELECT {text}")
        if problem:
            return problem
        first = engine.quote(table.names[0])
        described = engine.describe(f"SELECT {first}, {text} FROM ({table.query()}) AS this")  # noqa: S608 - taken apart above
    except engine.error() as error:
        told = _first_line(error)
        return "it is about all rows together, not about one" if "GROUP BY" in told else told
    if len(described) != 2:
        return "it gives several values, not one"
    kind = described[1][1]
    return None if kind in {"BOOLEAN", '"NULL"'} else f"it gives {kind}, not true or false"


def condition_sql(condition: str) -> str:
    """SQL: whether a condition holds for a row; a condition on a missing value does not."""
    return f"coalesce(({condition}\n), false)"


def failed_condition(error: Exception, conditions: Mapping[str, str]) -> InputError:
    """The error for conditions that stop at some row, such as one that is no number."""
    return InputError(
        f"an SQL condition cannot be evaluated: {_first_line(error)}",
        where="; ".join(f"{name}: {sql}" for name, sql in conditions.items()),
        expected="a condition that is true or false for every row, such as TRY_CAST(x AS DOUBLE) > 3",
    )


def _shape_problem(statement: str) -> str | None:
    """What is wrong with the form of ``SELECT (condition)``."""
    if engine.count_statements(statement) != 1:
        return "it is more than one SQL statement"
    ((told,),) = engine.fetch("SELECT json_serialize_sql($sql::VARCHAR)", {"sql": statement})
    parsed = json.loads(told)
    if parsed["error"]:
        return str(parsed.get("error_message", "it is not an SQL expression"))
    (found,) = parsed["statements"]
    node = found["node"]
    alone = node["type"] == "SELECT_NODE" and node["from_table"]["type"] == "EMPTY"
    if not alone or len(node["select_list"]) != 1 or any(node.get(part) for part in _AROUND):
        return "it is more than one expression"
    return next((_REFUSED[kind] for kind in _classes(node["select_list"]) if kind in _REFUSED), None)


def _classes(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for one in node:
            yield from _classes(one)
    elif isinstance(node, dict):
        yield str(node.get("class", ""))
        for one in node.values():
            yield from _classes(one)


def _first_line(error: Exception) -> str:
    return "; ".join(str(error).strip().partition("\n\nLINE ")[0].splitlines())
