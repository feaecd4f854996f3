"""What an assessment says: findings, each with why it matters and what would repair it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Final, Self

from mainspring.core.records import Value

_FILE: Final = "assessment.json"


class FindingKind(StrEnum):
    """What can be found."""

    EMPTY_COLUMN = "EMPTY_COLUMN"
    CONSTANT_COLUMN = "CONSTANT_COLUMN"
    DUPLICATE_COLUMNS = "DUPLICATE_COLUMNS"
    DUPLICATE_ROWS = "DUPLICATE_ROWS"
    IDENTIFIER = "IDENTIFIER"
    CORRELATED_FEATURES = "CORRELATED_FEATURES"
    CONFLICTING_LABELS = "CONFLICTING_LABELS"
    MISSING_LABELS = "MISSING_LABELS"
    LABEL_LEAKAGE = "LABEL_LEAKAGE"
    CLASS_IMBALANCE = "CLASS_IMBALANCE"
    PROTECTED_FEATURE = "PROTECTED_FEATURE"
    PROXY = "PROXY"
    GROUP_IMBALANCE = "GROUP_IMBALANCE"
    UNEQUAL_RATES = "UNEQUAL_RATES"
    UNEQUAL_MISSINGNESS = "UNEQUAL_MISSINGNESS"
    NOT_REPRESENTATIVE = "NOT_REPRESENTATIVE"


class Level(StrEnum):
    """How much a finding weighs."""

    PROBLEM = "PROBLEM"
    """A model trained on this is wrong, or looks better than it is."""
    WARNING = "WARNING"
    """A person should decide."""
    NOTE = "NOTE"
    """Good to know."""


_ORDER: Final = {level: place for place, level in enumerate(Level)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing worth knowing about the data.

    Attributes:
        kind: What it is.
        paths: The columns it is about; empty for the whole table.
        level: How much it weighs.
        found: What was found, with the figures.
        why: Why it matters.
        repair: What would repair it, in words.
        steps: Steps of a pipeline that do so, each with its parameters, such as ``{"step": "transform", "exclude":
            ["id"]}``; any one of them does. Empty where it takes a person.
        observed: The figure that was compared, if there is one.
        limit: The figure it was compared with.
        examples: Rows or values that show it.
    """

    kind: FindingKind
    paths: tuple[str, ...] = ()
    level: Level
    found: str
    why: str
    repair: str
    steps: tuple[Mapping[str, Any], ...] = ()
    observed: float | None = None
    limit: float | None = None
    examples: tuple[str, ...] = ()

    @property
    def calls(self) -> tuple[str, ...]:
        """The steps as a pipeline has them: ``transform(exclude=['id'])``."""
        return tuple(
            f"{step['step']}({', '.join(f'{name}={value!r}' for name, value in step.items() if name != 'step')})"
            for step in self.steps
        )

    def __str__(self) -> str:
        where = f" {', '.join(self.paths)}" if self.paths else ""
        lines = [f"{self.level:<7}{where}: {self.kind}", f"        found      {self.found}"]
        lines += [f"        such as    {', '.join(self.examples)}"] if self.examples else []
        lines += [f"        matters    {self.why}", f"        repair     {self.repair}"]
        lines += [f"        by step    {' or '.join(self.calls)}"] if self.calls else []
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What was found in a table, the weightiest first.

    Attributes:
        rows: Rows of the table.
        columns: Columns of the table.
        label: The column to be predicted, if one was named.
        protected: The columns that were held to be protected.
        findings: What was found.
        sampled: Rows that associations between columns were measured on; ``rows`` if it was all of them.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Assessment"

    rows: int
    columns: int
    label: str | None = None
    protected: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    sampled: int = 0

    def of(self, kind: FindingKind) -> tuple[Finding, ...]:
        """The findings of one kind."""
        return tuple(finding for finding in self.findings if finding.kind is kind)

    @property
    def problems(self) -> tuple[Finding, ...]:
        """The findings that make a model wrong."""
        return tuple(finding for finding in self.findings if finding.level is Level.PROBLEM)

    def describe(self) -> str:
        """The report, for people."""
        counted = ", ".join(
            f"{count} {level.lower()}" + ("s" if count > 1 else "")
            for level in Level
            for count in [sum(one.level is level for one in self.findings)]
            if count
        )
        head = f"{self.rows:,} rows, {self.columns} columns: {counted or 'nothing found'}"
        if self.sampled < self.rows:
            head += f" (associations measured on {self.sampled:,} rows)"
        return "\n".join([head, *map(str, self.findings)])

    def __str__(self) -> str:
        return self.describe()

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        import msgspec

        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    def save(self, folder: Path) -> None:
        """Write ``assessment.json`` into the folder."""
        import msgspec

        (folder / _FILE).write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote."""
        import msgspec

        return msgspec.json.decode((folder / _FILE).read_bytes(), type=cls)

    def properties(self) -> Mapping[str, Value]:
        """How many findings of each level there are."""
        return {f"{level.lower()}s": sum(finding.level is level for finding in self.findings) for level in Level}


def ranked(findings: list[Finding]) -> tuple[Finding, ...]:
    """The weightiest first; among equals in the order they were found."""
    return tuple(sorted(findings, key=lambda finding: _ORDER[finding.level]))


def leaving_out(*names: str) -> tuple[Mapping[str, Any], ...]:
    """The step by which no model learns from these columns."""
    return ({"step": "transform", "exclude": list(names)},)
