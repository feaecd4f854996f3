"""The rule of a split as a plain value: as text, as JSON, and applied."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from mainspring.core.errors import InputError
from mainspring.data.splits.chronology import by_time
from mainspring.data.splits.given_column import given
from mainspring.data.splits.hashing import split_rows
from mainspring.data.splits.parting import Parted, check_shares
from mainspring.data.splits.strata import stratified
from mainspring.data.tables import Table

METHODS: Final = ("hash", "time", "stratified", "given")
_TAKES: Final = {
    "hash": {"group", "seed"},
    "time": {"by", "gap"},
    "stratified": {"by", "group", "seed"},
    "given": {"by"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitRule:
    """How rows are shared out to splits.

    Attributes:
        splits: Split name to its share (``3``), its bounds in time (``"<2020-01-01"``), or the values that mean it
            (method ``given``).
        method: ``hash`` (:func:`~mainspring.data.splits.hashing.split_rows`), ``time``
            (:func:`~mainspring.data.splits.chronology.by_time`), ``stratified``
            (:func:`~mainspring.data.splits.strata.stratified`) or ``given``
            (:func:`~mainspring.data.splits.given_column.given`).
        by: The column of time, of the class (there may be several), or of the given split.
        group: Columns of an entity that stays on one side.
        seed: Another seed gives another split.
        gap: The least time between one split and the next.

    Example:
        >>> rule = SplitRule.parse("time train=<2020-01-01 eval=>=2020-01-01 by=day gap=1d")
        >>> rule.method, rule.splits, rule.by, rule.gap
        ('time', {'train': '<2020-01-01', 'eval': '>=2020-01-01'}, ('day',), '1d')
    """

    splits: Mapping[str, int | str | Sequence[str]] = field(default_factory=lambda: {"train": 3, "eval": 1})
    method: str = "hash"
    by: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    seed: int = 0
    gap: str = ""

    def __post_init__(self) -> None:
        for name in ("by", "group"):
            names = getattr(self, name)
            object.__setattr__(self, name, tuple(filter(None, [names] if isinstance(names, str) else names)))
        problems = self._problems()
        if problems:
            raise InputError("; ".join(problems), where=f"splits by method {self.method!r}")

    def _problems(self) -> list[str]:
        if self.method not in METHODS:
            return [f"no such method: expected one of {', '.join(METHODS)}"]
        given_ = {"by": self.by, "group": self.group, "seed": self.seed, "gap": self.gap}
        takes = _TAKES[self.method]
        problems = [f"{name} means nothing here" for name, value in given_.items() if value and name not in takes]
        if "by" in takes and not self.by:
            problems.append("by must name the column")
        if len(self.by) > 1 and self.method != "stratified":
            problems.append(f"by names {len(self.by)} columns: expected one")
        return problems

    @classmethod
    def parse(cls, text: str) -> Self:
        """A rule from its text: the method, then ``name=value`` for each split and option.

        Raises:
            InputError: If it cannot be read.
        """
        words = shlex.split(text)
        method = words.pop(0) if words and "=" not in words[0] else "hash"
        wrong = [word for word in words if "=" not in word]
        if wrong:
            raise InputError(f"{wrong[0]!r} is neither a split nor an option", expected="name=value", where=text)
        pairs = [word.split("=", 1) for word in words]
        options: dict[str, Any] = {name: value for name, value in pairs if name in {"by", "group", "gap"}}
        seeds = [value for name, value in pairs if name == "seed"]
        if any(not value.lstrip("-").isdigit() for value in seeds):
            raise InputError(f"seed={seeds[0]}", expected="a whole number", where=text)
        splits = {name: value for name, value in pairs if name not in {*options, "seed"}}
        return cls(
            method=method,
            splits={name: _read(value, method) for name, value in splits.items()},
            by=tuple(options.get("by", "").split(",")),
            group=tuple(options.get("group", "").split(",")),
            seed=int(seeds[-1]) if seeds else 0,
            gap=options.get("gap", ""),
        )

    def text(self) -> str:
        """The rule in one line; :meth:`parse` reads it back."""
        words = [self.method, *(f"{name}={_as_text(value)}" for name, value in self.splits.items())]
        words += [f"{name}={','.join(names)}" for name, names in (("by", self.by), ("group", self.group)) if names]
        words += [f"seed={self.seed}"] if self.seed else []
        words += [f"gap={self.gap}"] if self.gap else []
        return shlex.join(words)

    def split(self, table: Table) -> Parted:
        """Apply the rule.

        Returns:
            The rows of each split, and for each split the numbers (from 1) of its rows in the table, in order.

        Raises:
            InputError: As the method's own function.
        """
        splits: Mapping[str, Any] = self.splits
        match self.method:
            case "time":
                return by_time(table, self.by[0], splits, gap=self.gap or 0)
            case "stratified":
                return stratified(table, self.by, splits, group=self.group, seed=self.seed)
            case "given":
                return given(table, self.by[0], splits or None)
            case _:
                return split_rows(table, check_shares(splits), group=self.group, seed=self.seed)


def _read(text: str, method: str) -> int | str | list[str]:
    if method == "given":
        return text.split(",") if "," in text else text
    return int(text) if text.isdigit() else text


def _as_text(value: int | str | Sequence[str]) -> str:
    return str(value) if isinstance(value, int | str) else ",".join(value)
