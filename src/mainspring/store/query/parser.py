"""Reads a filter: words to an expression, with aliases bound to neighbours."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Final, Literal

from mainspring.core.errors import InputError
from mainspring.core.records import Kind
from mainspring.store.query.binding import bind_aliases
from mainspring.store.query.syntax import (
    FIELDS,
    RELATIONS,
    And,
    Comparison,
    Expression,
    Field,
    Not,
    Operator,
    Or,
    Parameter,
    Scalar,
    along_event,
    holds,
)
from mainspring.store.query.tokens import Token, tokens, trouble
from mainspring.store.query.values import check_value, in_range

_SYMBOLS: Final = {"==": Operator.EQ, "<>": Operator.NE}
_ORDERING: Final = frozenset({Operator.LT, Operator.LE, Operator.GT, Operator.GE})
_DEEPEST: Final = 100
"""How deep parentheses and NOTs may nest."""


@functools.lru_cache(maxsize=1024)
def parse(where: str, kind: Kind, *, within: Literal["", "properties", "custom"] = "") -> Expression:
    """Read a filter about nodes of a kind.

    Args:
        where: The filter.
        kind: The kind.
        within: Where a name that is no field is looked for: with ``"properties"``, ``auc > 0.9`` means
            ``properties.auc > 0.9``. Without it, such a name is refused.

    Returns:
        The expression, in which parameters still have to be bound.

    Raises:
        InputError: If it cannot be read; the message points at the place.
    """
    return bind_aliases(_Parser(where, kind, within).whole(), kind)


class _Parser:
    """Recursive descent: OR binds weakest, then AND, then NOT."""

    def __init__(self, where: str, kind: Kind, within: str = "") -> None:
        self._where = where
        self._kind = kind
        self._within = within
        self._tokens = tokens(where)
        self._at = 0
        self._depth = 0

    def whole(self) -> Expression:
        expression = self._any()
        if self._next.kind != "end":
            raise self._trouble(f"unexpected {self._next.text}", "AND, OR or the end")
        return expression

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _any(self) -> Expression:
        parts = self._separated(self._all, "OR")
        return parts[0] if len(parts) == 1 else Or(parts)

    def _all(self) -> Expression:
        parts = self._separated(self._one, "AND")
        return parts[0] if len(parts) == 1 else And(parts)

    def _separated(self, part: Callable[[], Expression], word: str) -> tuple[Expression, ...]:
        parts = [part()]
        while self._took("keyword", word):
            parts.append(part())
        return tuple(parts)

    def _one(self) -> Expression:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._trouble("this is nested too deeply", f"at most {_DEEPEST} levels")
        try:
            if self._took("keyword", "NOT"):
                return Not(self._one())
            if self._took("mark", "("):
                inner = self._any()
                self._expect(")")
                return inner
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> Comparison:
        field = self._field()
        operator = self._operator(field)
        if operator in (Operator.IS_NULL, Operator.IS_NOT_NULL):
            return Comparison(field, operator)
        if operator in (Operator.IN, Operator.NOT_IN):
            return Comparison(field, operator, self._values(field, operator))
        return Comparison(field, operator, (self._value(field, operator),))

    def _field(self) -> Field:
        first = self._next
        if first.kind not in ("word", "quoted"):
            raise self._trouble(f"unexpected {first.text}", "a field, such as name or properties.accuracy")
        names = [self._name()]
        while self._took("mark", "."):
            names.append(self._name())
        text = self._where[first.start : self._tokens[self._at - 1].end]
        try:
            return _field(self._placed(names), self._kind, text, first.start)
        except InputError as error:
            raise trouble(
                self._where, first.start, first.start + len(text), error.found, error.expected
            ) from error

    def _placed(self, names: list[str]) -> list[str]:
        known = names[0] in FIELDS[self._kind] or (names[0] in RELATIONS[self._kind] and len(names) > 2)
        return names if known or not self._within else [self._within, *names]

    def _name(self) -> str:
        token = self._next
        if token.kind not in ("word", "quoted"):
            raise self._trouble(f"unexpected {token.text}", "a name; odd names go in `back quotes`")
        self._at += 1
        return token.text.strip("`") if token.kind == "quoted" else token.text

    def _operator(self, field: Field) -> Operator:
        token = self._next
        if token.kind == "operator":
            self._at += 1
            return self._fitting(_SYMBOLS.get(token.text) or Operator(token.text), field, token)
        if self._took("keyword", "IS"):
            negated = self._took("keyword", "NOT")
            if not self._took("keyword", "NULL"):
                raise self._trouble(f"unexpected {self._next.text}", "NULL")
            return Operator.IS_NOT_NULL if negated else Operator.IS_NULL
        prefix = "NOT " if self._took("keyword", "NOT") else ""
        for word in ("LIKE", "IN", "ISA"):
            if self._took("keyword", word):
                return self._fitting(Operator(prefix + word), field, self._tokens[self._at - 1])
        raise self._trouble(f"unexpected {self._next.text}", "an operator, such as = or LIKE")

    def _fitting(self, operator: Operator, field: Field, token: Token) -> Operator:
        if operator in (Operator.ISA, Operator.NOT_ISA) and field.name != "type":
            raise trouble(
                self._where, token.start, token.end, f"ISA asks for types, not for {field.text}", "type ISA …"
            )
        if operator in (Operator.LIKE, Operator.NOT_LIKE) and holds(field) not in ("text", "json"):
            raise trouble(self._where, token.start, token.end, f"{field.text} is no text, so LIKE means nothing")
        if holds(field) == "state" and operator in _ORDERING:
            raise trouble(self._where, token.start, token.end, f"{field.text} has no order", "=, != or IN")
        return operator

    def _values(self, field: Field, operator: Operator) -> tuple[Scalar | Parameter, ...]:
        if self._next.kind == "parameter":
            return (self._value(field, operator),)
        self._expect("(")
        values = [self._value(field, operator)]
        while self._took("mark", ","):
            values.append(self._value(field, operator))
        self._expect(")")
        return tuple(values)

    def _value(self, field: Field, operator: Operator) -> Scalar | Parameter:
        token = self._next
        if token.kind == "parameter":
            self._at += 1
            return Parameter(token.text[1:], token.start)
        if token.text == "NULL":
            raise self._trouble("a comparison with NULL is never true", "IS NULL or IS NOT NULL")
        value = _literal(token, field)
        if value is None:
            raise self._trouble(f"unexpected {token.text}", "a number, a 'text', TRUE, FALSE or a :parameter")
        self._at += 1
        try:
            return check_value(value, field, operator)
        except InputError as error:
            raise trouble(self._where, token.start, token.end, error.found, error.expected) from error

    def _took(self, kind: str, text: str) -> bool:
        if self._next.kind == kind and self._next.text == text:
            self._at += 1
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self._took("mark", mark):
            raise self._trouble(f"unexpected {self._next.text}", mark)

    def _trouble(self, found: str, expected: str | None = None) -> InputError:
        return trouble(self._where, self._next.start, self._next.end, found, expected)


def _literal(token: Token, field: Field) -> Scalar | None:
    match token.kind:
        case "number":
            return in_range(token.text)
        case "text":
            return token.text[1:-1].replace("''", "'")
        case "keyword" if token.text in ("TRUE", "FALSE"):
            return token.text == "TRUE"
        case "word" if holds(field) == "state":
            return token.text
        case _:
            return None


def _field(names: list[str], kind: Kind, text: str, start: int) -> Field:
    """The field that dotted names mean.

    Raises:
        InputError: If there is none.
    """
    relations = RELATIONS[kind]
    alias: tuple[str, str] | None = None
    if names[0] in relations:
        if len(names) < 3:
            raise InputError(
                f"{text} names no field of a neighbour", expected=f"such as {names[0]}.{names[0][0]}.name"
            )
        alias = (names[0], names[1])
        linked = along_event(kind, names[0])
        kind, names = relations[names[0]], names[2:]
        if linked and names == ["link"]:
            return Field(kind, "link", (), alias, text, start)
    name, path = names[0], tuple(names[1:])
    if name not in FIELDS[kind]:
        known = [field for field in FIELDS[kind] if field not in ("properties", "custom")]
        known += relations if alias is None else ()
        raise InputError(
            f"there is no field {name!r} of {kind.value}s",
            expected=f"one of {', '.join(known)}, properties.{name} or custom.{name}",
        )
    in_json = name in ("properties", "custom")
    if in_json != bool(path):
        expected = f"{name}.NAME" if in_json else name
        raise InputError(f"{text} is no field", expected=expected)
    for part in path:
        if '"' in part or "\\" in part or "\x00" in part:
            raise InputError(f"the name {part!r} holds a character that cannot be asked for")
    return Field(kind, name, path, alias, text, start)
