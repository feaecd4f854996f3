"""What a preprocessing function works with: a value of the graph, on which further ops are called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Self

from mainspring.core.errors import InputError
from mainspring.data.transforms.graph.plan import MOMENTS, Plan
from mainspring.data.transforms.ops import Kind, Moment, Op, ToWord


class Value:
    """A value of a graph that is being written, and what goes into the matrix beside it.

    Attributes:
        plan: The graph.
        name: The value's name in it.
        beside: Names of further values that come with it, such as marks of missing values.
    """

    __slots__ = ("beside", "name", "plan")

    def __init__(self, plan: Plan, name: str, beside: tuple[str, ...] = ()) -> None:
        self.plan = plan
        self.name = name
        self.beside = beside

    @property
    def kind(self) -> Kind:
        """Number, word or tokens."""
        return self.plan.kinds[self.name]

    def named(self, name: str) -> Self:
        """The same under another name, which its columns of the matrix bear.

        Raises:
            InputError: If the name is taken, or it is a raw column.
        """
        if name in self.plan.kinds or self.name not in self.plan.drafts:
            raise InputError(
                f"{self.name!r} cannot be called {name!r}",
                expected="a name of its own, for what an op makes",
                fix="rename raw columns when they are read",
            )
        return type(self)(self.plan, self.plan.rename(self.name, name), self.beside)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name!r}>"

    # What the methods of numbers, words and dates are made of.

    def _then(self, op: type[Op], suffix: str, *others: Value, **constants: Any) -> Self:
        inputs = (self._as(op.TAKES[0], suffix).name, *(other.name for other in others))
        read: list[Value] = [self, *others]
        beside = tuple(dict.fromkeys(name for one in read for name in one.beside))
        return type(self)(self.plan, self.plan.add(op, inputs, suffix, **constants), beside)

    def _as(self, kind: Kind, what: str) -> Self:
        """This value as one of a kind; numbers become words where words are wanted, and points in time seconds."""
        if self.kind is kind:
            return self
        if kind is Kind.WORD and self.kind is Kind.NUMBER:
            return type(self)(self.plan, self.plan.add(ToWord, (self.name,), ".word"), self.beside)
        if kind is Kind.NUMBER and self.plan.types.get(self.name) in MOMENTS:
            return type(self)(self.plan, self.plan.add(Moment, (self.name,), ".seconds"), self.beside)
        raise InputError(
            f"{what.lstrip('.')} takes {_MANY[kind]}, and {self.name!r} holds {_MANY[self.kind]}",
            where="preprocessing function",
            expected=_MANY[kind],
            fix=_FIXES[kind],
        )


_MANY = {Kind.NUMBER: "numbers", Kind.WORD: "words", Kind.TOKENS: "tokens"}
_FIXES = {
    Kind.NUMBER: "say how it becomes numbers, such as .one_hot(), .vocabulary(), .hash(64) or .number()",
    Kind.WORD: "call it before .tokens()",
    Kind.TOKENS: "call .tokens() or .characters() before",
}


class Several:
    """Several values, on each of which the same is called: ``c.numeric().impute("median").z_score()``."""

    __slots__ = ("values",)

    def __init__(self, values: tuple[Value, ...]) -> None:
        self.values = values

    def each(self, function: Callable[[Any], Any]) -> list[Any]:
        """What a function makes of every value."""
        return [function(value) for value in self.values]

    def __getattr__(self, name: str) -> Callable[..., Several]:
        if name.startswith("_"):
            raise AttributeError(name)

        def call(*arguments: Any, **options: Any) -> Several:
            return Several(tuple(getattr(value, name)(*arguments, **options) for value in self.values))

        return call

    def __iter__(self) -> Iterator[Value]:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)
