"""Reading nodes: by id, and by a filter in pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from mainspring.core.errors import NotFoundError
from mainspring.core.records import Kind, Node, Value
from mainspring.store.adapters.sql.database import Connection, Dialect
from mainspring.store.adapters.sql.filters import compile_filter
from mainspring.store.adapters.sql.rows import READERS, SELECT
from mainspring.store.adapters.sql.types import Types
from mainspring.store.paging import Place, Question
from mainspring.store.ports import Page
from mainspring.store.query import bind, parse

_AT_ONCE: Final = 20_000
"""How many ids one statement asks for."""


def read_nodes(
    connection: Connection, dialect: Dialect, types: Types, kind: Kind, ids: Sequence[int]
) -> Sequence[Node]:
    """Nodes in the order of their ids given.

    Raises:
        NotFoundError: If one does not exist.
    """
    reader = READERS[kind]
    found: dict[int, Node] = {}
    for part in _parts(ids):
        condition, parameters = dialect.among("n.id", part)
        for row in connection.execute(f"{SELECT[kind]} WHERE {condition}", parameters).fetchall():
            found[row[0]] = reader(row, types)
    missing = [str(node_id) for node_id in ids if node_id not in found]
    if missing:
        more = f" and {len(missing) - 20} more" if len(missing) > 20 else ""
        raise NotFoundError(f"there is no {kind.value} {', '.join(missing[:20])}{more}")
    return [found[node_id] for node_id in ids]


def find(
    connection: Connection, dialect: Dialect, types: Types, question: Question, page: str | None
) -> Page[Node]:
    """One page of the nodes that satisfy a filter."""
    conditions: list[str] = []
    parameters: list[Any] = []
    if question.where.strip():
        expression = bind(parse(question.where, question.kind), question.parameters, question.where)
        look = (lambda sql, values: connection.execute(sql, values).fetchall()) if dialect.looks_first else None
        condition, parameters = compile_filter(expression, question.kind, dialect, look)
        conditions.append(condition)
    if page is not None:
        condition, values = _after(question, question.place(page))
        conditions.append(condition)
        parameters = parameters + values
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    sql = f"{SELECT[question.kind]}{where} ORDER BY {_order(question, dialect)} LIMIT ?"
    rows = connection.execute(sql, (*parameters, question.limit + 1)).fetchall()
    reader = READERS[question.kind]
    items = [reader(row, types) for row in rows[: question.limit]]
    if len(rows) <= question.limit:
        return Page(items)
    return Page(items, question.token(_place(rows[question.limit - 1], question)))


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]


def _order(question: Question, dialect: Dialect) -> str:
    way = " DESC" if question.descending else ""
    if question.order_by == "id":
        return f"n.id{way}"
    nulls = ""
    if question.order_by == "name":
        nulls = dialect.nulls_last if question.descending else dialect.nulls_first
    return f"n.{question.order_by}{way}{nulls}, n.id{way}"


def _after(question: Question, place: Place) -> tuple[str, list[Any]]:
    """The condition for what comes after a place. No name comes before every name."""
    sign = "<" if question.descending else ">"
    if question.order_by == "id":
        return f"n.id {sign} ?", [place.node_id]
    column = f"n.{question.order_by}"
    if place.value is None:
        same = f"({column} IS NULL AND n.id {sign} ?)"
        return (same if question.descending else f"({same} OR {column} IS NOT NULL)"), [place.node_id]
    further = f"{column} {sign} ? OR ({column} = ? AND n.id {sign} ?)"
    if question.order_by == "name" and question.descending:
        further += f" OR {column} IS NULL"
    return f"({further})", [place.value, place.value, place.node_id]


def _place(row: Sequence[Any], question: Question) -> Place:
    value: Mapping[str, Value] = {"created_at": row[-2], "updated_at": row[-1], "name": row[2]}
    found = value.get(question.order_by)
    return Place(found if isinstance(found, int | str) else None, row[0])
