"""Anomalies: what is wrong with data, in the names of TensorFlow Data Validation's ``AnomalyInfo.Type``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mainspring.data.validation.catalogue import CATALOGUE
from mainspring.data.validation.naming import AnomalyType, Severity

__all__ = ["Anomaly", "AnomalyType", "ExampleRow", "Severity"]


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """A row that shows an anomaly.

    Attributes:
        row: Its number in the source, the first row being 1; in the table if the origin is not known.
        values: Column to value, as text, for the columns that matter; long values are cut.
    """

    row: int
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return on_one_line(
            f"row {self.row:,}: " + ", ".join(f"{name} = {value}" for name, value in self.values.items())
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """One thing that is not as the schema says.

    Attributes:
        path: The column; empty for the whole data set.
        split: The split it was found in; empty for the schema itself.
        type: Which kind of thing.
        severity: Whether it stops a run.
        found: What was found, with the figures.
        expected: What the schema asks for.
        edit: The smallest change of the schema that accepts it.
        observed: The figure that was compared, if there is one.
        limit: The figure it was compared with.
        slice: The slice it was found in; empty for all rows.
        examples: Some of the rows that show it, where rows were given.
    """

    path: str
    split: str
    type: AnomalyType
    severity: Severity = Severity.ERROR
    found: str
    expected: str
    edit: str
    observed: float | None = None
    limit: float | None = None
    slice: str = ""
    examples: tuple[ExampleRow, ...] = ()

    @property
    def where(self) -> str:
        """Split, slice and column, as people read them: ``train [sex=Female] / age``."""
        split = f"{self.split} [{self.slice}]" if self.slice else self.split or "schema"
        return f"{split} / {on_one_line(self.path)}" if self.path else split

    @property
    def short_description(self) -> str:
        """What kind of thing it is, in a few words."""
        return CATALOGUE[self.type].short

    @property
    def description(self) -> str:
        """What was found and what was expected, in a sentence."""
        return f"{self.found}; expected {self.expected}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "path": self.path,
            "type": self.type.value,
            "severity": self.severity.value,
            "short_description": self.short_description,
            "description": self.description,
            "split": self.split,
            "slice": self.slice,
            "found": self.found,
            "expected": self.expected,
            "edit": self.edit,
            "observed": self.observed,
            "limit": self.limit,
            "examples": [{"row": one.row, "values": dict(one.values)} for one in self.examples],
        }

    def __str__(self) -> str:
        lines = [
            f"{self.severity:<7} {self.where}: {self.type}",
            f"        found      {self.found}",
            f"        expected   {self.expected}",
        ]
        lines += [f"        {'such as' if not place else '':<10} {one}" for place, one in enumerate(self.examples)]
        return "\n".join([*lines, f"        to accept  {self.edit}"])


def on_one_line(text: str) -> str:
    """A text whose line ends are shown, not followed."""
    return text.replace("\r", "\\r").replace("\n", "\\n")
