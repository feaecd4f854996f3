"""The columns that a preprocessing function is given, and the graph that it makes of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

from mainspring.core.errors import InputError
from mainspring.data.celltypes import ColumnType
from mainspring.data.schema import Schema
from mainspring.data.transforms import ops
from mainspring.data.transforms.graph.expression import Several, Value
from mainspring.data.transforms.graph.moments import Expression
from mainspring.data.transforms.graph.plan import MOMENTS, Plan
from mainspring.data.transforms.ops import Kind

_WORDS = (ColumnType.STRING,)


class Columns:
    """The raw columns of a table, by name and by what the schema says of them.

    The label and excluded columns are not among them.

    Example:
        >>> from mainspring.data import Table, Transform, infer, summarize
        >>> table = Table.from_columns({"age": [20.0, None, 40.0], "job": ["a", "b", "a"], "y": [0, 1, 0]})
        >>> schema = infer(summarize({"train": table}), label="y")
        >>> def features(c):
        ...     return c["age"].impute("mean").z_score(), c["job"].one_hot()
        >>> Transform.fit(table, schema, function=features).outputs
        ('age.impute.z_score', 'job=a', 'job=b', 'job?unseen', 'job?missing')
    """

    __slots__ = ("_plan", "_schema")

    def __init__(self, plan: Plan, schema: Schema) -> None:
        self._plan = plan
        self._schema = schema

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(self._plan.types)

    def __getitem__(self, name: str) -> Expression:
        if name not in self._plan.types:
            known = ", ".join(self._plan.types)
            what = "is the label" if name == self._plan.label else "is no column"
            raise InputError(f"{name!r} {what}", where="preprocessing function", expected=f"one of {known}")
        return Expression(self._plan, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._plan.types)

    def __contains__(self, name: object) -> bool:
        return name in self._plan.types

    def numeric(self) -> Several:
        """Columns of numbers and of yes and no, but for those that the schema calls categories."""
        return self._where(
            lambda name, type_: (type_.is_numeric or type_ is ColumnType.BOOL) and not self._is_categorical(name)
        )

    def categorical(self) -> Several:
        """Columns of words, but for natural language, and of numbers that the schema calls categories."""
        return self._where(
            lambda name, type_: (type_ in _WORDS and not self._is_language(name)) or self._is_categorical(name)
        )

    def moments(self) -> Several:
        """Columns of dates and times."""
        return self._where(lambda name, type_: type_ in MOMENTS)

    def all(self) -> Several:
        """All columns."""
        return self._where(lambda name, type_: True)

    def matching(self, pattern: str) -> Several:
        """Columns whose whole name matches a regular expression."""
        return self._where(lambda name, type_: re.fullmatch(pattern, name) is not None)

    def tagged(self, tag: str) -> Several:
        """Columns with a tag in the schema."""
        return self._where(lambda name, type_: tag in getattr(self._schema.features.get(name), "tags", ()))

    def cross(self, *columns: str | Value, separator: str = "_x_") -> Expression:
        """The words of two columns or more as one, such as day and hour; missing where one of them is.

        Raises:
            InputError: If there are fewer than two.
        """
        if len(columns) < 2:
            raise InputError("a cross of fewer than two columns", expected="at least two")
        first, *others = self._values(columns)
        return first.cross(*others, separator=separator)

    def concat(self, *columns: str | Value | Several) -> Expression:
        """Numbers of several columns side by side."""
        first, *others = (one._as(Kind.NUMBER, "concat") for one in self._values(columns))
        name = "+".join(one.name for one in (first, *others))
        return first._then(ops.Concat, name if len(name) < 60 else f"{name[:56]}…", *others)

    def _values(self, columns: Iterable[str | Value | Several]) -> list[Expression]:
        found: list[Expression] = []
        for one in columns:
            if isinstance(one, str):
                found.append(self[one])
            else:
                values = [one] if isinstance(one, Value) else list(one)
                # Every value that there is is an expression; the types above it only part its methods by theme.
                found += [cast("Expression", each) for each in values]
        return found

    def _where(self, condition: Callable[[str, ColumnType], bool]) -> Several:
        return Several(tuple(self[name] for name, type_ in self._plan.types.items() if condition(name, type_)))

    def _is_language(self, name: str) -> bool:
        return getattr(self._schema.features.get(name), "language", None) is not None

    def _is_categorical(self, name: str) -> bool:
        return bool(getattr(self._schema.features.get(name), "categorical", False))


def results_of(plan: Plan, returned: Any) -> tuple[str, ...]:
    """The names of the values that make the matrix, in order.

    Args:
        returned: What a preprocessing function gave: values, in lists, tuples, generators, mappings to new names.

    Raises:
        InputError: If something else is among it, it is words or tokens, or nothing is there.
    """
    names: list[str] = []
    problems: list[str] = []
    for value in _flat(returned, problems):
        for name in (value.name, *value.beside):
            if plan.kinds[name] is not Kind.NUMBER:
                problems.append(f"{name!r} holds {plan.kinds[name]}, not numbers")
            elif name not in names:
                names.append(name)
    if problems or not names:
        raise InputError(
            "; ".join(problems) or "the preprocessing function gives no values",
            where="preprocessing function",
            expected="a list of values that are numbers",
            fix="say how words become numbers, such as c['job'].one_hot(), and return the values",
        )
    return tuple(names)


def _flat(returned: Any, problems: list[str]) -> Iterator[Value]:
    if isinstance(returned, Value):
        yield returned
    elif isinstance(returned, Mapping):
        for name, value in returned.items():
            if isinstance(value, Value):
                yield value if value.name == name else value.named(name)
            else:
                problems.append(f"{name!r} is {type(value).__name__}, not a value")
    elif isinstance(returned, Iterable) and not isinstance(returned, str):
        for one in returned:
            yield from _flat(one, problems)
    else:
        problems.append(f"a {type(returned).__name__} is no value")
