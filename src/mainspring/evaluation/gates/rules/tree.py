"""The parts of a rule that was read: numbers and figures, comparisons of them, and what joins comparisons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from mainspring.core.slices import Slice

Sign = Literal[">=", "<=", ">", "<", "==", "!="]

OPPOSITE: Final[dict[Sign, Sign]] = {">=": "<", "<": ">=", "<=": ">", ">": "<=", "==": "!=", "!=": "=="}
"""The comparison that holds exactly where another does not."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Which slices a figure is about: fixed values, or any value (``None``); no pairs at all mean every slice."""

    pairs: tuple[tuple[str, str | None], ...] = ()

    @property
    def slice(self) -> Slice | None:
        """The one slice that is meant, if it is one."""
        values = {column: value for column, value in self.pairs if value is not None}
        return Slice.of(values) if self.pairs and len(values) == len(self.pairs) else None

    def fits(self, key: Slice) -> bool:
        """Whether a slice is one of those that are meant."""
        if not self.pairs:
            return bool(key.values)
        found = dict(key.values)
        wanted = dict(self.pairs)
        return found.keys() == wanted.keys() and all(wanted[name] in (None, found[name]) for name in wanted)

    def __str__(self) -> str:
        return (
            ", ".join(f"{name}={'*' if value is None else value}" for name, value in self.pairs) or "every slice"
        )


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written, with its value."""

    value: float
    text: str
    unit: str
    at: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric of a model.

    Attributes:
        whose: The name of a baseline; ``""`` for the model that is judged.
        metric: Its metric; ``""`` while it is not known yet that the comparison's is meant.
        pattern: The slices; ``None`` for all rows.
        bound: ``"low"`` or ``"high"`` for an end of its interval; ``""`` for the figure itself.
        text: As it was written, without its slice.
        at: Where it stands in the rule.
    """

    whose: str
    metric: str
    pattern: Pattern | None
    bound: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Binary:
    """Two amounts and ``+``, ``-``, ``*`` or ``/`` between them."""

    sign: str
    left: Amount
    right: Amount


@dataclass(frozen=True, slots=True)
class Negative:
    """An amount with the other sign."""

    of: Amount


Amount: TypeAlias = Number | Figure | Binary | Negative


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two amounts that are compared."""

    sign: Sign
    left: Amount
    right: Amount
    at: int


@dataclass(frozen=True, slots=True)
class Every:
    """Holds if all parts hold."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """Holds if any part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always holds (``pass``), or never (``fail``)."""

    holds: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """``wanted if condition else otherwise``: the one or the other must hold.

    Attributes:
        plain: Whether ``otherwise`` was not written, and is the plain comparison with the baseline.
    """

    wanted: Condition
    condition: Condition
    otherwise: Condition
    plain: bool


Condition: TypeAlias = Comparison | Every | Some | Fixed | Choice


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that was read.

    Attributes:
        text: As it was written.
        condition: What must hold.
    """

    text: str
    condition: Condition

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every figure that it speaks of, in the order of the text."""
        return tuple(figures_of(self.condition))

    @property
    def parts(self) -> tuple[Rule, ...]:
        """What is joined by ``and`` on the outside, as rules of their own."""
        if not isinstance(self.condition, Every):
            return (self,)
        return tuple(inner for part in self.condition.parts for inner in Rule(self.text, part).parts)


def figures_of(node: Condition | Amount) -> Iterator[Figure]:
    """Every figure in a part of a rule."""
    if isinstance(node, Figure):
        yield node
    for child in _children(node):
        yield from figures_of(child)


def _children(node: Condition | Amount) -> tuple[Condition | Amount, ...]:
    match node:
        case Binary() | Comparison():
            return (node.left, node.right)
        case Negative():
            return (node.of,)
        case Every() | Some():
            return node.parts
        case Choice():
            return (node.wanted, node.condition, node.otherwise)
        case _:
            return ()


def negated(node: Condition) -> Condition:
    """What holds exactly where a condition does not; every comparison in it says what it wants."""
    match node:
        case Comparison():
            return replace(node, sign=OPPOSITE[node.sign])
        case Every():
            return Some(tuple(map(negated, node.parts)))
        case Some():
            return Every(tuple(map(negated, node.parts)))
        case Fixed():
            return Fixed(not node.holds)
        case Choice():
            return replace(node, wanted=negated(node.wanted), otherwise=negated(node.otherwise))


def with_figures(node: Amount, change: dict[Figure, Figure]) -> Amount:
    """An amount with some figures replaced."""
    match node:
        case Figure():
            return change.get(node, node)
        case Binary():
            return replace(node, left=with_figures(node.left, change), right=with_figures(node.right, change))
        case Negative():
            return Negative(with_figures(node.of, change))
        case Number():
            return node
