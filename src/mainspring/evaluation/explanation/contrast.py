"""Why this class and not that one: what is there and is enough, and what is missing and would have turned it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mainspring.core.records import Value
from mainspring.evaluation.explanation.anchors import Anchor, anchors
from mainspring.evaluation.explanation.asking import Asked
from mainspring.evaluation.explanation.background import Background
from mainspring.evaluation.explanation.budgets import Spent
from mainspring.evaluation.explanation.counterfactuals import (
    Constraints,
    Counterfactual,
    Counterfactuals,
    counterfactuals,
)
from mainspring.evaluation.stored import StoredWithoutTime

if TYPE_CHECKING:
    from mainspring.data import Table

_TRIED = 12
_NO_LIMITS = Constraints()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast(StoredWithoutTime):
    """Why a row is answered with one class and not with another.

    Attributes:
        present: What the row has that is enough for its class, whatever the other columns hold (the pertinent
            positive).
        absent: The fewest changes that would have got it the other class (the pertinent negative); one at most.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Contrast"
    FILE: ClassVar[str] = "contrast.json"

    present: Anchor
    absent: Counterfactuals

    @property
    def answer(self) -> str:
        """The class of the row."""
        return self.absent.answer

    @property
    def other(self) -> str:
        """The class that it was not answered with."""
        return self.absent.wanted

    @property
    def needed(self) -> Counterfactual | None:
        """The fewest changes; ``None`` if none within the limits lead there."""
        return self.absent.found[0] if self.absent.found else None

    @property
    def spent(self) -> Spent:
        """What the model was asked for both."""
        return self.absent.spent

    def __str__(self) -> str:
        rule = " and ".join(map(str, self.present.predicates)) or "nearly every row is"
        because = f"{self.answer} because {rule} (precision {self.present.precision:.3f})"
        if not self.present.reached:
            because = f"{self.answer}, and no rule is enough for it: {self.present.why}"
        changes = "; ".join(map(str, self.needed.changes)) if self.needed is not None else ""
        return f"{because}\n{self.other} only if {changes}" if changes else f"{because}\n{self.absent.why}"

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        changes = 0 if self.needed is None else len(self.needed.changes)
        return {"answer": self.answer, "other": self.other, "reached": self.present.reached, "changes": changes}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"present": self.present.as_dict(), "absent": self.absent.as_dict()}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(present=Anchor.from_dict(value["present"]), absent=Counterfactuals.from_dict(value["absent"]))


def contrast(
    asked: Asked,
    rows: Table,
    *,
    background: Background,
    other: str | None = None,
    constraints: Constraints = _NO_LIMITS,
    precision: float = 0.95,
    seed: int = 0,
) -> list[Contrast]:
    """For each row what is enough for its class, and the fewest changes that lead to another one.

    The first is an anchor, a rule that is as short as the search finds. The second is the counterfactual with the
    fewest changes, of which none can be taken back, and of several such the nearest.

    Args:
        asked: The model; a classifier.
        rows: The rows to explain.
        background: A sample of the data, some thousand rows.
        other: The other class; of two it is known.
        constraints: What may be changed, and which way.
        precision: What is enough: the share of rows with the same answer among those that meet the rule.
        seed: Of every random choice.

    Raises:
        InputError: If the model is a regression, there are more than two classes and none was named, or the
            constraints cannot be kept.

    Reference: A. Dhurandhar and others, *Explanations based on the missing: towards contrastive explanations with
    pertinent negatives*, NeurIPS 2018; here over columns of any kind and without gradients.
    """
    present = anchors(asked, rows, background=background, precision=precision, seed=seed)
    absent = counterfactuals(
        asked, rows, background=background, wanted=other, constraints=constraints, count=_TRIED, seed=seed
    )
    return [
        Contrast(present=one, absent=replace(two, found=_fewest(two.found)))
        for one, two in zip(present, absent, strict=True)
    ]


def _fewest(found: tuple[Counterfactual, ...]) -> tuple[Counterfactual, ...]:
    return tuple(sorted(found, key=lambda one: (len(one.changes), one.distance))[:1])
