"""Parity: what was compared before a package was believed, and what came out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """How the runtime of a package compared with the trained model.

    Attributes:
        runtime: The runtime that was chosen, and that all figures but ``examples`` are about.
        rows_compared: How many rows both answered.
        kinds: How many of them were of each kind: ``real``, ``missing``, ``unseen``, ``boundary``, ``single``.
        tolerance: How far scores may lie apart; for values, as a share of one plus their size.
        max_abs_difference: The largest difference of a score, rounded up to two digits.
        labels_different: Rows with another label, those of ``ties`` included.
        ties: Rows whose label differs only because its two best scores are equal within the tolerance.
        fallback_reason: Why no portable format was used; ``None`` if one was.
        examples: Up to ten rows on which the refused portable model differed, with both answers.
        may_differ: The share of rows that may lie further apart or have another label, one row at least: 0 but for
            variants that trade exactness for size (``mainspring.models.variants``).
        rows_different: Rows that do.
    """

    runtime: str
    rows_compared: int
    kinds: Mapping[str, int]
    tolerance: float
    max_abs_difference: float
    labels_different: int = 0
    ties: int = 0
    fallback_reason: str | None = None
    examples: tuple[Mapping[str, Any], ...] = field(default_factory=tuple)
    may_differ: float = 0.0
    rows_different: int = 0

    @property
    def ok(self) -> bool:
        """Whether the runtime answers as the model does."""
        if self.may_differ:
            return self.rows_different <= max(1, self.may_differ * self.rows_compared)
        return self.max_abs_difference <= self.tolerance and self.labels_different == self.ties

    @property
    def labels_equal(self) -> float:
        """The share of rows with the same label, ties aside."""
        return 1 - (self.labels_different - self.ties) / self.rows_compared if self.rows_compared else 1.0

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.kinds.items() if count)
        text = (
            f"{self.runtime}: {self.rows_compared} rows compared ({kinds}), largest difference "
            f"{self.max_abs_difference:.2g}, {self.labels_different} other labels"
        )
        return f"{text}; {self.fallback_reason}" if self.fallback_reason else text

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "ok": self.ok,
            "runtime": self.runtime,
            "rows_compared": self.rows_compared,
            "kinds": dict(self.kinds),
            "tolerance": self.tolerance,
            "max_abs_difference": self.max_abs_difference,
            "labels_different": self.labels_different,
            "ties": self.ties,
            "fallback_reason": self.fallback_reason,
            "examples": [dict(example) for example in self.examples],
            "may_differ": self.may_differ,
            "rows_different": self.rows_different,
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        known = {name: value[name] for name in value if name != "ok"}
        return cls(**{**known, "examples": tuple(value["examples"])})
