"""What came out when a version was made again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self, TypeAlias

from mainspring.core.clock import iso
from mainspring.core.records import Value
from mainspring.models.versions import Version

Likeness: TypeAlias = Literal["bit-equal", "equal", "within tolerance", "different"]
"""How alike two packages are: every byte; every prediction; every prediction within a tolerance; or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """A version that was trained again from its recorded lineage, and how alike the two packages are.

    Attributes:
        name: Name of the model.
        version: Its version.
        likeness: How alike they are.
        run: The run that made it again.
        digest: Digest of the package that it made.
        files: Files that differ.
        rows: How many rows were predicted with both.
        largest_difference: The largest difference of a score on them.
        labels: Rows with another label.
        metrics: The difference of every metric that differs.
        tolerance: Up to which difference they count as alike.
        changed: What was not as it had been when it began, as sentences.
        by: Who asked.
        at: When, in seconds since the epoch.
    """

    name: str
    version: Version
    likeness: Likeness
    run: str
    digest: str
    files: tuple[str, ...] = ()
    rows: int = 0
    largest_difference: float = 0.0
    labels: int = 0
    metrics: Mapping[str, float]
    tolerance: float = 0.0
    changed: tuple[str, ...] = ()
    by: str = ""
    at: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the version was reproduced."""
        return self.likeness != "different"

    def __str__(self) -> str:
        told = f" (largest difference {self.largest_difference:.3g})" if self.likeness != "bit-equal" else ""
        return f"{iso(self.at)} {self.version} reproduced by {self.by}: {self.likeness}{told}, run {self.run}"

    def sentence(self) -> str:
        """The verdict in words."""
        if self.likeness == "bit-equal":
            return "bit-equal: every file of the package has the same bytes"
        count = f"{len(self.files)} file" + ("s differ" if len(self.files) != 1 else " differs")
        if self.likeness == "equal":
            return f"equal predictions on all {self.rows} rows; {count}: {', '.join(self.files)}"
        figures = (
            f"largest difference {self.largest_difference:.3g} on {self.rows} rows, {self.labels} other labels"
        )
        if self.likeness == "within tolerance":
            return f"within the tolerance of {self.tolerance:g}: {figures}; {count}"
        return f"different: {figures}, more than the tolerance of {self.tolerance:g} allows; {count}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**self.told(), "ok": self.ok, "verdict": self.sentence(), "at": self.at}

    def told(self) -> dict[str, Value]:
        """What is written into the record; it knows the time itself."""
        plain = {key: value for key, value in asdict(self).items() if key not in ("name", "at")}
        lists = {"files": list(self.files), "changed": list(self.changed), "metrics": dict(self.metrics)}
        return {**plain, **lists, "model": self.name, "version": str(self.version)}

    @classmethod
    def read(cls, told: Mapping[str, Any], at: float) -> Self:
        """Read what the record has."""
        rest = {key: value for key, value in told.items() if key != "model"}
        lists = {key: tuple(told[key]) for key in ("files", "changed")}
        return cls(**{**rest, **lists, "name": told["model"], "version": Version.parse(told["version"]), "at": at})
