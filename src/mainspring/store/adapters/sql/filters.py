"""Compiles a filter to SQL. Values are always bound, never written into the statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mainspring.core.records import Kind
from mainspring.store.adapters.sql.database import Dialect
from mainspring.store.adapters.sql.writing import INDEXED
from mainspring.store.query.syntax import (
    EITHER,
    NEGATED,
    And,
    Comparison,
    Exists,
    Expression,
    Field,
    Not,
    Operator,
    Or,
    Scalar,
)

# From each kind of node: the table of links, its column of the node, and that of the neighbour.
_LINKS: Final[Mapping[tuple[Kind, str], tuple[str, str, str]]] = {
    (Kind.ARTIFACT, "contexts"): ("attribution", "artifact_id", "context_id"),
    (Kind.ARTIFACT, "producers"): ("event_output", "artifact_id", "execution_id"),
    (Kind.ARTIFACT, "consumers"): ("event_input", "artifact_id", "execution_id"),
    (Kind.EXECUTION, "contexts"): ("association", "execution_id", "context_id"),
    (Kind.EXECUTION, "inputs"): ("event_input", "execution_id", "artifact_id"),
    (Kind.EXECUTION, "outputs"): ("event_output", "execution_id", "artifact_id"),
    (Kind.CONTEXT, "artifacts"): ("attribution", "context_id", "artifact_id"),
    (Kind.CONTEXT, "executions"): ("association", "context_id", "execution_id"),
    (Kind.CONTEXT, "parents"): ("parent_context", "child_id", "parent_id"),
    (Kind.CONTEXT, "children"): ("parent_context", "parent_id", "child_id"),
}

_ISA: Final = (
    "{type_id} {word} (WITH RECURSIVE heir (id) AS (SELECT id FROM node_type WHERE kind = ? AND name = ?"
    " UNION SELECT t.id FROM heir JOIN node_type t ON t.base_id = heir.id) SELECT id FROM heir)"
)

FEW: Final = 256
"""A set of up to this many ids is looked up and written into the question; of a larger one each node is asked."""

_Sql = tuple[str, list[Any]]
Look = Callable[[str, list[Any]], Sequence[Any]]
"""Runs a statement and gives all its rows."""


def compile_filter(expression: Expression, kind: Kind, dialect: Dialect, look: Look | None = None) -> _Sql:
    """A condition on the table of a kind of node, which goes by the alias ``n``, and its values.

    Args:
        look: Runs a statement on the database that will be asked, in the same transaction; given where the
            dialect looks first.
    """
    return _Compiler(dialect, kind, look).compile(expression, {}, negated=False)


@dataclass(slots=True)
class _Compiler:
    """One statement in the making.

    Attributes:
        count: How many aliases were given out.
        outer: Whether what was compiled last speaks of the node asked for.
    """

    dialect: Dialect
    kind: Kind
    look: Look | None
    count: int = 0
    outer: bool = False

    def compile(self, expression: Expression, bound: Mapping[tuple[str, str], int], *, negated: bool) -> _Sql:
        match expression:
            case Comparison():
                return self._comparison(expression, bound, negated=negated)
            case Not(part=part):
                return self.compile(part, bound, negated=not negated)
            case And(parts=parts):
                return self._joined(parts, bound, " OR " if negated else " AND ", negated=negated)
            case Or(parts=parts):
                return self._joined(parts, bound, " AND " if negated else " OR ", negated=negated)
            case Exists():
                return self._exists(expression, bound, negated=negated)

    def _joined(
        self, parts: Sequence[Expression], bound: Mapping[tuple[str, str], int], word: str, *, negated: bool
    ) -> _Sql:
        conditions, values = [], []
        for part in parts:
            condition, more = self.compile(part, bound, negated=negated)
            conditions.append(condition)
            values += more
        return f"({word.join(conditions)})", values

    def _exists(self, found: Exists, bound: Mapping[tuple[str, str], int], *, negated: bool) -> _Sql:
        relations = EITHER.get((self.kind, found.relation), (found.relation,))
        parts = [self._exists_one(found, relation, bound, negated=negated) for relation in relations]
        word = " AND " if negated else " OR "
        conditions, values = word.join(sql for sql, _ in parts), [value for _, more in parts for value in more]
        return f"({conditions})" if len(parts) > 1 else conditions, values

    def _exists_one(
        self, found: Exists, relation: str, bound: Mapping[tuple[str, str], int], *, negated: bool
    ) -> _Sql:
        self.count += 1
        number = self.count
        outer_before, self.outer = self.outer, False
        inner, values = self.compile(found.part, {**bound, (found.relation, found.alias): number}, negated=False)
        mentions_outer = self.outer
        self.outer = True if bound else outer_before
        table, near, far = _LINKS[self.kind, relation]
        source = f"FROM {table} l{number} JOIN {found.kind.value} x{number} ON x{number}.id = l{number}.{far}"
        each = f"EXISTS (SELECT 1 {source} WHERE l{number}.{near} = n.id AND {inner})"
        if negated or mentions_outer:
            return ("NOT " if negated else "") + each, values
        # Nothing within speaks of the node asked for, so the neighbours can be found first.
        chosen = f"SELECT l{number}.{near} {source} WHERE {inner}"
        return (f"n.id IN ({chosen})", values) if bound else self._among("n.id", chosen, values, each)

    def _among(self, column: str, chosen: str, values: list[Any], each: str) -> _Sql:
        """Whether an id is among those that another statement gives.

        Args:
            chosen: The statement that gives the ids.
            each: The same condition for one id, asked of each.
        """
        if self.look is None:
            return f"{column} IN ({chosen})", values
        rows = self.look(f"{chosen} LIMIT {FEW + 1}", values)
        return (each, values) if len(rows) > FEW else self.dialect.among(column, sorted({row[0] for row in rows}))

    def _comparison(self, comparison: Comparison, bound: Mapping[tuple[str, str], int], *, negated: bool) -> _Sql:
        field = comparison.field
        operator = NEGATED[comparison.operator] if negated else comparison.operator
        values: list[Any] = list(comparison.values)
        if field.alias is None:
            self.outer = True
        number = bound[field.alias] if field.alias else 0
        row = f"x{number}" if number else "n"
        match field.name:
            case "type" if operator in (Operator.ISA, Operator.NOT_ISA):
                word = "IN" if operator is Operator.ISA else "NOT IN"
                return _ISA.format(type_id=f"{row}.type_id", word=word), [field.kind.value, *values]
            case "type" if operator is Operator.EQ and self.look is not None:
                chosen = "SELECT id FROM node_type WHERE kind = ? AND name = ?"
                ids = [row[0] for row in self.look(chosen, [field.kind.value, *values])]
                return self.dialect.among(f"{row}.type_id", ids)
            case "type" | "type_version":
                column = "name" if field.name == "type" else "version"
                condition, bindings = self._column(f"t.{column}", operator, values)
                chosen = f"SELECT t.id FROM node_type t WHERE t.kind = ? AND {condition}"  # noqa: S608
                return f"{row}.type_id IN ({chosen})", [field.kind.value, *bindings]
            case "properties" | "custom":
                return self._json(row, field, operator, values)
            case "link":
                return self._column(f"l{number}.name", operator, values)
            case _:
                return self._column(f"{row}.{field.name}", operator, values)

    def _column(self, column: str, operator: Operator, values: list[Any]) -> _Sql:
        match operator:
            case Operator.IS_NULL | Operator.IS_NOT_NULL:
                return f"{column} {operator.value}", []
            case Operator.IN | Operator.NOT_IN:
                return f"{column} {operator.value} ({', '.join('?' * len(values))})" if values else _never(
                    operator, column
                ), values
            case Operator.LIKE | Operator.NOT_LIKE:
                condition, pattern = self.dialect.like(column, values[0])
                return (condition if operator is Operator.LIKE else f"NOT ({condition})"), [pattern]
            case _:
                return f"{column} {operator.value} ?", values

    def _json(self, row: str, field: Field, operator: Operator, values: list[Any]) -> _Sql:
        column = f"{row}.{field.name}"
        match operator:
            case Operator.IS_NULL | Operator.IS_NOT_NULL:
                condition, paths = self.dialect.json_is(column, field.path, "null")
                return (condition if operator is Operator.IS_NULL else f"NOT ({condition})"), paths
            case Operator.IN | Operator.NOT_IN:
                return self._json_among(row, field, operator, values)
            case _:
                return self._json_one(row, field, operator, values[0])

    def _json_among(self, row: str, field: Field, operator: Operator, values: list[Any]) -> _Sql:
        """IN is an OR of equalities, NOT IN an AND of inequalities, text and numbers each by their kind."""
        column = f"{row}.{field.name}"
        if not values:
            condition, paths = self.dialect.json_is(column, field.path, "null")
            return ("1 = 0", []) if operator is Operator.IN else (f"NOT ({condition})", paths)
        one, word = (Operator.EQ, " OR ") if operator is Operator.IN else (Operator.NE, " AND ")
        parts = [self._json_one(row, field, one, value) for value in values]
        return f"({word.join(sql for sql, _ in parts)})", [value for _, more in parts for value in more]

    def _json_one(self, row: str, field: Field, operator: Operator, value: Scalar) -> _Sql:
        column = f"{row}.{field.name}"
        if isinstance(value, bool):
            wanted = value if operator is Operator.EQ else not value
            return self.dialect.json_is(column, field.path, "true" if wanted else "false")
        if isinstance(value, str):
            if _is_indexed(field, operator, value):
                table = f"{field.kind.value}_text WHERE name = ? AND value = ?"
                each = f"EXISTS (SELECT 1 FROM {table} AND node_id = {row}.id)"  # noqa: S608
                return self._among(f"{row}.id", f"SELECT node_id FROM {table}", [field.path[0], value], each)  # noqa: S608
            expression, paths = self.dialect.json_text(column, field.path)
        else:
            expression, paths = self.dialect.json_number(column, field.path)
        condition, bindings = self._column(expression, operator, [value])
        return condition, [*paths, *bindings]


def _is_indexed(field: Field, operator: Operator, value: str) -> bool:
    """Whether the index of texts knows the answer."""
    return (
        operator is Operator.EQ
        and field.name == "properties"
        and len(field.path) == 1
        and field.kind is not Kind.CONTEXT
        and len(value) <= INDEXED
    )


def _never(operator: Operator, column: str) -> str:
    """IN of nothing is false; NOT IN of nothing holds for every value that is there."""
    return "1 = 0" if operator is Operator.IN else f"{column} IS NOT NULL"
