"""What became known of a shadow: added up, over all processes."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

EXAMPLES: Final = 10
"""How many of the most different rows are kept."""

PATTERN: Final = "shadow.*.json"


class Output(msgspec.Struct, omit_defaults=True):
    """How one output differs.

    Attributes:
        rows: How many rows were compared.
        different: In how many it differs.
        sum: Of the distances, for numbers.
        most: The largest of them.
        numeric: Whether it is numbers.
    """

    rows: int = 0
    different: int = 0
    sum: float = 0.0
    most: float = 0.0
    numeric: bool = False

    def add(self, other: Output) -> None:
        """Take in what another process knows."""
        self.rows += other.rows
        self.different += other.different
        self.sum += other.sum
        self.most = max(self.most, other.most)
        self.numeric = other.numeric


class Example(msgspec.Struct, frozen=True):
    """A row that was answered differently.

    Attributes:
        distance: How far the answers are apart.
        id: Of the request.
        row: Of the request.
        time: When it was asked.
        columns: The row, without what the log must not hold either.
        primary: What was answered.
        shadow: What would have been.
    """

    distance: float
    id: str
    row: int
    time: float
    columns: Mapping[str, Any]
    primary: Mapping[str, Any]
    shadow: Mapping[str, Any]


class Report(msgspec.Struct, omit_defaults=True):
    """What became known of a shadow.

    Attributes:
        asked: Requests that it answered.
        different: Requests of which at least one row differs.
        rows: Rows compared.
        rows_different: Rows that differ.
        failed: Requests that it failed to answer, and that were answered.
        shed: Requests that were not compared, because there was no room or no time.
        primary_seconds: How long the primary version ran for the requests that both were timed with,
        shadow_seconds: and the shadow,
        timed: and how many requests that were.
        outputs: By output.
        errors: Why it failed, and how often.
        examples: The most different rows.
    """

    asked: int = 0
    different: int = 0
    rows: int = 0
    rows_different: int = 0
    failed: int = 0
    shed: int = 0
    primary_seconds: float = 0.0
    shadow_seconds: float = 0.0
    timed: int = 0
    outputs: dict[str, Output] = msgspec.field(default_factory=dict)
    errors: dict[str, int] = msgspec.field(default_factory=dict)
    examples: list[Example] = msgspec.field(default_factory=list)

    def add(self, other: Report) -> None:
        """Take in what another process knows."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name, output in other.outputs.items():
            self.outputs.setdefault(name, Output()).add(output)
        for text, count in other.errors.items():
            self.errors[text] = self.errors.get(text, 0) + count
        self.examples = heapq.nlargest(
            EXAMPLES, [*self.examples, *other.examples], key=lambda one: (one.distance, one.time)
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON: counts, shares and means."""
        return {
            "asked": self.asked,
            "different": self.different,
            "failed": self.failed,
            "shed": self.shed,
            "rows": self.rows,
            "rows_different": self.rows_different,
            "share_different": self.rows_different / self.rows if self.rows else None,
            "outputs": {
                name: {
                    "rows": one.rows,
                    "different": one.different,
                    "share_different": one.different / one.rows if one.rows else None,
                    **(
                        {"mean_difference": one.sum / one.rows, "largest_difference": one.most}
                        if one.numeric and one.rows
                        else {}
                    ),
                }
                for name, one in self.outputs.items()
            },
            "primary_mean_seconds": self.primary_seconds / self.timed if self.timed else None,
            "shadow_mean_seconds": self.shadow_seconds / self.timed if self.timed else None,
            "errors": self.errors,
            "examples": [msgspec.to_builtins(one) for one in self.examples],
        }


def write(folder: Path, slot: int, report: Report) -> None:
    """Show the other processes what this one knows."""
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"shadow.{slot}.new"
    fresh.write_bytes(msgspec.json.encode(report))
    fresh.rename(folder / f"shadow.{slot}.json")


def read(folder: Path, slot: int) -> Report:
    """What the last process in a slot knew; nothing if there was none, or its report cannot be read."""
    try:
        return msgspec.json.decode((folder / f"shadow.{slot}.json").read_bytes(), type=Report)
    except (OSError, msgspec.DecodeError):
        return Report()


def merged(folder: Path) -> Report:
    """What all processes know together."""
    return _sum(read(folder, int(path.name.split(".")[1])) for path in folder.glob(PATTERN))


def _sum(reports: Iterable[Report]) -> Report:
    found = Report()
    for one in reports:
        found.add(one)
    return found


_SUMS = (
    "asked",
    "different",
    "rows",
    "rows_different",
    "failed",
    "shed",
    "primary_seconds",
    "shadow_seconds",
    "timed",
)
