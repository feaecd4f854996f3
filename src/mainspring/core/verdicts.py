"""A verdict: the answer of a gate, with every reason and figure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One thing that a gate looked at.

    Attributes:
        ok: Whether this alone would let the gate open.
        code: A short constant for machines, such as ``METRIC_BELOW_THRESHOLD``.
        message: One sentence for people, with the figures in it.
        subject: What was looked at: a column, a metric, a slice (``"accuracy | sex=Female"``).
        observed: The figure or value that was seen.
        expected: The bound or value that was asked for.
    """

    ok: bool
    code: str
    message: str
    subject: str | None = None
    observed: float | str | None = None
    expected: float | str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a gate decided.

    A verdict is true in a condition exactly when it is ok, and it is ok exactly when every reason is.
    The reasons that passed are kept too: an auditor asks what was checked, not only what failed.

    Example:
        >>> verdict = Verdict.of("model gate", [Reason(ok=True, code="METRIC_OK", message="AUC 0.95 >= 0.9")])
        >>> bool(verdict)
        True
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Verdict"

    gate: str
    ok: bool
    reasons: tuple[Reason, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, gate: str, reasons: Iterable[Reason], details: Mapping[str, Any] | None = None) -> Self:
        """The verdict that follows from the reasons: ok if all of them are."""
        kept = tuple(reasons)
        return cls(gate=gate, ok=all(reason.ok for reason in kept), reasons=kept, details=dict(details or {}))

    def __bool__(self) -> bool:
        return self.ok

    @property
    def failures(self) -> tuple[Reason, ...]:
        """The reasons that speak against."""
        return tuple(reason for reason in self.reasons if not reason.ok)

    def merge(self, *others: Verdict) -> Verdict:
        """One verdict over several gates: ok if all are, with all their reasons."""
        verdicts = (self, *others)
        return Verdict(
            gate=" + ".join(dict.fromkeys(v.gate for v in verdicts)),
            ok=all(v.ok for v in verdicts),
            reasons=tuple(reason for v in verdicts for reason in v.reasons),
            details={key: value for v in verdicts for key, value in v.details.items()},
        )

    def properties(self) -> Mapping[str, bool | int | str]:
        """What the record keeps beside the file, to search by."""
        return {"ok": self.ok, "gate": self.gate, "failures": len(self.failures)}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "gate": self.gate,
            "ok": self.ok,
            "reasons": [asdict(reason) for reason in self.reasons],
            "details": dict(self.details),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(
            gate=value["gate"],
            ok=value["ok"],
            reasons=tuple(Reason(**reason) for reason in value["reasons"]),
            details=dict(value.get("details", {})),
        )

    def save(self, folder: Path) -> None:
        """Write ``verdict.json`` into the folder."""
        text = json.dumps(self.as_dict(), indent=1, ensure_ascii=False, sort_keys=True)
        (folder / "verdict.json").write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote."""
        return cls.from_dict(json.loads((folder / "verdict.json").read_text(encoding="utf-8")))
