"""Membership inference: whether a model's answers give away which rows it was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from mainspring.core import InputError, Reason, Verdict
from mainspring.core.records import Value
from mainspring.evaluation.losses import row_losses
from mainspring.evaluation.metrics.intervals import normal
from mainspring.evaluation.metrics.measured import Interval
from mainspring.evaluation.metrics.ranking import Ranking
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.stored import StoredAsJson

if TYPE_CHECKING:
    from mainspring.data import Table

FEW_ALARMS = (0.001, 0.01, 0.1)
"""False alarms at which the caught members are counted."""

_LEAST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership(StoredAsJson):
    """What somebody who knows rows and labels can tell from a model's losses on them.

    Attributes:
        auc: The chance that a row it was trained on has a smaller loss than one it was not, ties counting half:
            0.5 tells nothing.
        interval: 95 % interval of it.
        advantage: The largest difference between the shares of members and of others below a loss.
        caught: Share of false alarms to the share of members found at it: what matters to those who are found.
        members: Rows it was trained on.
        others: Rows it was not.
        loss: Which loss was looked at.
        notes: What was left out, in sentences.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Membership"
    FILE: ClassVar[str] = "membership.json"

    auc: float
    interval: Interval
    advantage: float
    caught: Mapping[str, float]
    members: int
    others: int
    loss: str
    notes: tuple[str, ...] = ()

    def judge(self, *, auc_at_most: float = 0.6, gate: str = "membership inference") -> Verdict:
        """Whether the model keeps its training rows to itself: refused where the lower end is above the bound."""
        low, high = self.interval
        ok = not low > auc_at_most
        relation = "is not surely above" if ok else "is above"
        message = (
            f"members are told from others with AUC {self.auc:.3f} ({low:.3f} to {high:.3f}), "
            f"which {relation} {auc_at_most:g}"
        )
        code = "MEMBERS_HIDDEN" if ok else "MEMBERS_LEAK"
        reason = Reason(ok=ok, code=code, message=message, subject="auc", observed=self.auc, expected=auc_at_most)
        return Verdict.of(gate, [reason], {"members": self.members, "others": self.others})

    def __str__(self) -> str:
        shares = ", ".join(
            f"{share:.1%} at {float(alarms):.1%} false alarms" for alarms, share in self.caught.items()
        )
        return f"AUC {self.auc:.3f} ({self.interval.low:.3f} to {self.interval.high:.3f}); members found: {shares}"

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        return {"auc": self.auc, "advantage": self.advantage, "members": self.members}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "interval": list(self.interval), "notes": list(self.notes)}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(**{**value, "interval": Interval(*value["interval"]), "notes": tuple(value["notes"])})


def infer_membership(
    predictor: Predictor, members: Table, others: Table, *, label: str, positive: str | None = None
) -> Membership:
    """Tell training rows from others by the model's loss on them, as an attacker with their labels would.

    It is the plain attack by threshold: no model of the attacker's own. What it finds is a lower bound of what
    there is to be found.

    Args:
        predictor: The model.
        members: Rows that it was trained on.
        others: Rows of the same kind that it was not; a model that was trained on different data differs in its
            losses for that alone.
        label: The label column.
        positive: The class that a binary task is about.

    Raises:
        InputError: If there are fewer than twenty rows on a side, or a column is missing.

    Reference: S. Yeom and others, *Privacy risk in machine learning: analyzing the connection to overfitting*, CSF
    2018; N. Carlini and others, *Membership inference attacks from first principles*, IEEE S&P 2022, for the
    shares at few false alarms.
    """
    loss = _loss(predictor, members)
    inside, outside = (
        row_losses(predictor, table, label=label, metric=loss, positive=positive) for table in (members, others)
    )
    sizes = len(inside.values), len(outside.values)
    if min(sizes) < _LEAST:
        raise InputError(
            f"{sizes[0]} members and {sizes[1]} others with a label and an answer",
            expected=f"{_LEAST} of each at least",
        )
    losses = np.concatenate((inside.values, outside.values))
    ranking = Ranking.of(-losses, np.arange(len(losses)) < sizes[0])
    area = ranking.auc()
    # Over falling losses thresholds: how many of either are below each.
    found = np.cumsum(ranking.positives[::-1]) / sizes[0]
    alarms = np.cumsum(ranking.negatives[::-1]) / sizes[1]
    caught = {f"{share:g}": float(found[alarms <= share].max(initial=0.0)) for share in FEW_ALARMS}
    return Membership(
        auc=area,
        interval=normal(area, ranking.auc_variance(), low=0.0, high=1.0),
        advantage=float(max((found - alarms).max(), 0.0)),
        caught=caught,
        members=sizes[0],
        others=sizes[1],
        loss=loss,
        notes=(*inside.notes, *outside.notes),
    )


def _loss(predictor: Predictor, table: Table) -> str:
    """Log loss tells sure answers from unsure ones; a regression has its absolute error."""
    return "absolute_error" if predictor.predict(table.rows(0, 1)).classes is None else "log_loss"
