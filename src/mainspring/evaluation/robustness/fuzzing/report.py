"""What became of hostile input: the noun."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self

from mainspring.core import Reason, Verdict
from mainspring.core.records import Value
from mainspring.evaluation.stored import StoredAsJson

CODES = {
    "crashed": "CRASHED",
    "silent": "NOT_A_NUMBER",
    "swayed": "OTHER_ROWS_CHANGED",
    "hung": "HUNG",
    "dead": "DEAD",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Something that was neither answered nor refused.

    Attributes:
        kind: ``"crashed"`` (an error other than a refusal; of a server a status of 500 or more), ``"silent"`` (an
            answer that is no number, or no probability), ``"swayed"`` (the answers to other rows changed),
            ``"hung"`` (no answer in time) or ``"dead"`` (no answer to anything any more).
        sent: What was sent, in words.
        said: What came back.
    """

    kind: str
    sent: str
    said: str

    def __str__(self) -> str:
        return f"{self.kind} at {self.sent}: {self.said}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fuzzing(StoredAsJson):
    """What became of hostile input.

    Attributes:
        about: ``"model"``, or the address of a server.
        answered: Inputs that got a proper answer.
        refused: Inputs that were refused, and it was said why.
        failures: All others.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Fuzzing"
    FILE: ClassVar[str] = "fuzzing.json"

    about: str
    answered: int
    refused: int
    failures: tuple[Failure, ...]

    @property
    def tried(self) -> int:
        """How many inputs there were."""
        return self.answered + self.refused + len(self.failures)

    def judge(self, *, gate: str = "fuzzing") -> Verdict:
        """Whether everything was answered or refused."""
        reasons = [
            Reason(ok=False, code=CODES[one.kind], message=str(one), subject=one.sent) for one in self.failures
        ]
        if not reasons:
            message = f"{self.answered} hostile inputs were answered and {self.refused} refused"
            reasons = [Reason(ok=self.tried > 0, code="UNSHAKEN" if self.tried else "NOT_TESTED", message=message)]
        return Verdict.of(gate, reasons, {"tried": self.tried})

    def __str__(self) -> str:
        head = f"{self.about}: {self.answered} hostile inputs answered, {self.refused} refused"
        return "\n".join([f"{head}, {len(self.failures)} failures", *(f"  {one}" for one in self.failures)])

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        return {"tried": self.tried, "failures": len(self.failures)}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "failures": [asdict(one) for one in self.failures]}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(**{**value, "failures": tuple(Failure(**one) for one in value["failures"])})
