"""What to slice by, as a text or as a noun: values, chosen values, ranges, crosses of these, SQL conditions.

=============================  ==================================================================================
Text                           Slices
=============================  ==================================================================================
``sex``                        one for every value of a column, and one for the rows without a value
``sex = Female``               the rows with that value; ``sex in {Female, Male}`` for several
``age in [30, 50, 65]``        ``below 30``, ``[30, 50)``, ``[50, 65)``, ``65 and more``: a bound belongs to the
                               range above it, nothing lies outside, and no number is a slice of its own
``age in (30, 50, 65]``        the same with every bound in the range below it: ``up to 30``, ``(30, 50]``, …
``sex * race``                 every combination; of ranges and chosen values too: ``sex * age in [30, 50]``
``sql NAME: CONDITION``        the rows for which an SQL condition holds, as ``sql=NAME``
=============================  ==================================================================================
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from mainspring.core import InputError, Slice
from mainspring.data.profiling.slices import parse_slices

CROSS = "\N{MULTIPLICATION SIGN}"
MISSING = "(missing)"
RARE = "(rare)"
SQL = "sql"
"""What stands for the column in the name of a slice by condition."""

Closed = Literal["left", "right"]
SliceForm: TypeAlias = "str | SliceSpec | tuple[str, ...] | Mapping[str, Any]"
"""Anything that :func:`parse_specs` takes for a spec."""

_CROSSES = re.compile(r"\s+x\s+|\s*[*×]\s*")  # noqa: RUF001 - people write it so
_SQL = re.compile(r"sql\s+([^:]+):(.+)", re.DOTALL)
_RANGES = re.compile(r"(.+?)\s+in\s*([\[(])(.*)([\])])")
_CHOSEN = re.compile(r"(.+?)\s+in\s*\{(.*)\}")
_VALUE = re.compile(r"(.+?)\s*=\s*(.*)")
# A cross inside brackets, braces or a condition is none.
_PARTS = re.compile(r"\{[^}]*\}|[\[(][^\])]*[\])]")


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers between two bounds, one of which belongs to it; ``None`` for no bound.

    Example:
        >>> str(Range(30, 50)), str(Range(30, 50, "right")), str(Range(None, 30)), str(Range(50, None))
        ('[30, 50)', '(30, 50]', 'below 30', '50 and more')
    """

    low: float | None = None
    high: float | None = None
    closed: Closed = "left"

    def __str__(self) -> str:
        left = self.closed == "left"
        if self.low is None and self.high is None:
            return "any number"
        if self.low is None:
            return f"{'below' if left else 'up to'} {self.high:.15g}"
        if self.high is None:
            return f"{self.low:.15g} and more" if left else f"above {self.low:.15g}"
        ends = f"{self.low:.15g}, {self.high:.15g}"
        return f"[{ends})" if left else f"({ends}]"

    def sql(self, cell: str) -> str:
        """SQL: whether a number lies in it."""
        above, below = (">=", "<") if self.closed == "left" else (">", "<=")
        low = [] if self.low is None else [f"{cell} {above} {_number(self.low)}"]
        high = [] if self.high is None else [f"{cell} {below} {_number(self.high)}"]
        return "(" + " AND ".join([*low, *high] or ["true"]) + ")"


def ranges(cuts: Sequence[float], closed: Closed = "left") -> tuple[Range, ...]:
    """The ranges that bounds cut all numbers into, the first and the last without end.

    Example:
        >>> [str(one) for one in ranges([30, 50])]
        ['below 30', '[30, 50)', '50 and more']
    """
    bounds = [None, *sorted(set(map(float, cuts))), None]
    return tuple(Range(low, high, closed) for low, high in itertools.pairwise(bounds))


@dataclass(frozen=True, slots=True)
class Part:
    """One column of a spec.

    Attributes:
        column: Its name.
        values: The only values that are wanted, as text; every value makes a slice without them.
        ranges: Ranges of numbers that take the place of values; they do not overlap.
    """

    column: str
    values: tuple[str, ...] = ()
    ranges: tuple[Range, ...] = ()

    @property
    def is_free(self) -> bool:
        """Whether the data says which values there are."""
        return not (self.values or self.ranges)

    def __str__(self) -> str:
        if self.ranges:
            cuts = [f"{one.low:.17g}" for one in self.ranges if one.low is not None]
            first, last = "[]" if self.ranges[0].closed == "left" else "(]"
            return f"{self.column} in {first}{', '.join(cuts)}{last}"
        if len(self.values) == 1:
            return f"{self.column} = {self.values[0]}"
        return f"{self.column} in {{{', '.join(self.values)}}}" if self.values else self.column


@dataclass(frozen=True, slots=True)
class SliceSpec:
    """What to slice by: columns, crossed if there are several, or a named SQL condition.

    Example:
        >>> spec = SliceSpec.of("sex", Part("age", ranges=ranges([30, 50])))
        >>> str(spec)
        'sex * age in [30, 50]'
        >>> spec == parse_specs(["sex * age in [30, 50]"], ["sex", "age"])[0]
        True
    """

    parts: tuple[Part, ...] = ()
    name: str = ""
    condition: str = ""

    @classmethod
    def of(cls, *parts: str | Part) -> SliceSpec:
        """A spec of columns."""
        return cls(tuple(Part(part) if isinstance(part, str) else part for part in parts))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns, without those of a condition."""
        return tuple(part.column for part in self.parts)

    @property
    def is_free(self) -> bool:
        """Whether the data says which slices there are."""
        return any(part.is_free for part in self.parts)

    @property
    def subject(self) -> str:
        """What it is called in notes."""
        return f"{SQL} {self.name}" if self.name else f" {CROSS} ".join(self.columns)

    def key(self, values: Sequence[str] = ()) -> Slice:
        """The slice of a value for each column."""
        return Slice.of({SQL: self.name} if self.name else dict(zip(self.columns, values, strict=True)))

    def __str__(self) -> str:
        return f"{SQL} {self.name}: {self.condition}" if self.name else " * ".join(map(str, self.parts))


def parse_specs(specs: Sequence[SliceForm], names: Sequence[str]) -> tuple[SliceSpec, ...]:
    """The specs that are meant, each once.

    Args:
        specs: Texts (see the module), :class:`SliceSpec`, tuples of texts to cross, or the mappings that
            :func:`mainspring.data.summarize` takes: ``{"sex": ["F", None]}``,
            ``{"age": [(None, 30), (30, None)]}``, ``{"young": "age < 30"}``.
        names: The columns of the table. A name that looks like a cross is taken for the name that it is.

    Raises:
        InputError: If columns do not exist or something cannot be read; all are named.
    """
    found: list[SliceSpec] = []
    problems: list[str] = []
    for one in [specs] if isinstance(specs, str | Mapping) else specs:
        try:
            found += _read(one, names)
        except ValueError as error:
            problems.append(str(error))
    unknown = sorted({name for spec in found for name in spec.columns} - set(names))
    if unknown:
        raise InputError(
            f"no column {', '.join(map(repr, unknown))} to slice by",
            expected="columns of the table: " + ", ".join(names),
            fix=f"correct the names in slices; join columns with {CROSS!r} to cross them",
        )
    problems += [
        f"{spec.subject!r} names a column twice" for spec in found if len(set(spec.columns)) < len(spec.parts)
    ]
    if problems:
        raise InputError(
            "; ".join(problems),
            expected='"sex", "sex * race", "sex = Female", "age in [30, 50, 65]", crosses of these, or '
            '"sql NAME: CONDITION"',
        )
    return tuple(dict.fromkeys(found))


def _read(one: object, names: Sequence[str]) -> list[SliceSpec]:
    if isinstance(one, SliceSpec):
        return [one]
    if isinstance(one, str):
        return [_read_text(one, names)]
    if isinstance(one, Mapping):
        return [
            SliceSpec(
                tuple(
                    Part(
                        column,
                        rule.values.get(column, ()),
                        tuple(Range(each.low, each.high) for each in rule.ranges.get(column, ())),
                    )
                    for column in rule.columns
                ),
                rule.name,
                rule.condition,
            )
            for rule in parse_slices([one], names)
        ]
    if isinstance(one, tuple | list) and one and all(isinstance(text, str) for text in one):
        return [SliceSpec(tuple(_read_part(text, names) for text in one))]
    raise ValueError(f"{one!r} is no slice")


def _read_text(text: str, names: Sequence[str]) -> SliceSpec:
    if text in names:
        return SliceSpec.of(text)
    condition = _SQL.fullmatch(text.strip())
    if condition:
        return SliceSpec(name=condition[1].strip(), condition=condition[2].strip())
    held: list[str] = []

    def hold(match: re.Match[str]) -> str:
        held.append(match[0])
        return f"\0{len(held) - 1}\0"

    def let_go(part: str) -> str:
        return re.sub("\0(\\d+)\0", lambda match: held[int(match[1])], part)

    return SliceSpec(tuple(_read_part(let_go(part), names) for part in _CROSSES.split(_PARTS.sub(hold, text))))


def _read_part(text: str, names: Sequence[str]) -> Part:
    text = text.strip()
    if text in names:
        return Part(text)
    chosen, found = _CHOSEN.fullmatch(text), _RANGES.fullmatch(text)
    if chosen:
        return Part(chosen[1], tuple(dict.fromkeys(value.strip() for value in chosen[2].split(","))))
    if found:
        if found[2] + found[4] == "()":
            raise ValueError(f"{text!r} does not say where the bounds belong")
        return Part(found[1], ranges=ranges(_cuts(found[3], text), "left" if found[2] == "[" else "right"))
    value = _VALUE.fullmatch(text)
    return Part(value[1], (value[2],)) if value else Part(text)


def _cuts(listed: str, text: str) -> list[float]:
    try:
        cuts = [float(cut) for cut in listed.split(",")]
    except ValueError:
        raise ValueError(f"{text!r} has bounds that are no numbers") from None
    if not all(map(math.isfinite, cuts)):
        raise ValueError(f"{text!r} has bounds that are not finite; the ends are open anyway")
    return cuts


def _number(value: float) -> str:
    return f"{float(value)!r}::DOUBLE"
