"""What tests of all columns together give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierTest:
    """How well a model tells two sets of rows apart, on rows it has not learned from.

    Attributes:
        auc: Area under the ROC curve of telling the second from the first: 0.5 if nobody can, 1 if always.
        interval: Where it lies with 95 % confidence.
        p_value: How likely one at least so large is if both sets are drawn from one distribution.
        sizes: Rows of both sides that were used.
        columns: Column to how much of the area is lost when its values are shuffled, the most telling first.
    """

    auc: float
    interval: tuple[float, float]
    p_value: float
    sizes: tuple[int, int]
    columns: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        told = ", ".join(f"{name} ({lost:.3f})" for name, lost in list(self.columns.items())[:3] if lost > 0.005)
        by = f", mostly by {told}" if told and self.p_value <= 0.05 else ""
        return (
            f"a model tells the sides apart with an AUC of {self.auc:.3f} "
            f"({self.interval[0]:.3f} to {self.interval[1]:.3f}, p {self.p_value:.2g}){by}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MmdTest:
    """The maximum mean discrepancy of two sets of rows.

    Attributes:
        value: The unbiased estimate of the squared discrepancy; about 0, or below, for one distribution.
        p_value: How likely one at least so large is if both sets are drawn from one distribution.
        bandwidth: The width of the kernel: the median distance of two rows.
        sizes: Rows of both sides that were used.
        method: ``permutation`` of all pairs, or ``blocks``.
        threshold: The value above which the test says that they differ, at its level.
    """

    value: float
    p_value: float
    bandwidth: float
    sizes: tuple[int, int]
    method: str
    threshold: float

    def __str__(self) -> str:
        return f"the squared mean discrepancy of all columns together is {self.value:.3g} (p {self.p_value:.2g})"
