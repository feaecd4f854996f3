"""What a check may spend on the window at hand, and what it remembers of the windows before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import numpy as np

from mainspring.core.records import Value
from mainspring.monitoring.correction.budget import FalseAlarms
from mainspring.monitoring.correction.lord import LORD
from mainspring.monitoring.correction.pooling import Counts

Kept: TypeAlias = Mapping[str, Sequence[float]]


@dataclass(slots=True, kw_only=True)
class Spending:
    """A budget of false alarms while it is spent: so much each window, or by LORD++ for a share of all alarms.

    Attributes:
        budget: What may be spent.
        control: Of a share.
    """

    budget: FalseAlarms
    control: LORD | None = None

    @classmethod
    def of(cls, words: str, memory: Mapping[str, Any]) -> Self:
        """Go on where the window before ended.

        Raises:
            InputError: If the budget cannot be read.
        """
        budget = FalseAlarms.parse(words)
        if budget.share is None:
            return cls(budget=budget)
        before = memory.get("control")
        control = LORD.from_dict(before) if before else LORD(share=budget.share)
        return cls(budget=budget, control=control if control.share == budget.share else LORD(share=budget.share))

    def level(self, seconds: float) -> float:
        """With which probability a window of this length may alarm by chance alone."""
        return self.budget.level(seconds) if self.control is None else self.control.level

    def spend(self, p_value: float) -> None:
        """Take the smallest adjusted p-value of what alarmed in the window; 1 if nothing did."""
        if self.control is not None:
            self.control.update(min(p_value, 1.0))

    def as_dict(self) -> Mapping[str, Value]:
        """What to remember: plain JSON."""
        return {} if self.control is None else {"control": dict(self.control.as_dict())}


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Counts of the windows before, as long as the same version is held against the same reference.

    Attributes:
        held: What they were counted for; the counts of another one are forgotten.
        windows: When each window began, and its counts, oldest first.
        rest: What else was remembered.
    """

    held: str
    windows: tuple[tuple[float, Kept], ...] = ()
    rest: Mapping[str, Any]

    @classmethod
    def of(cls, memory: Mapping[str, Any], held: str) -> Self:
        """Read what :meth:`after` gave."""
        same = memory.get("held") == held
        windows = tuple((float(since), counts) for since, counts in memory.get("windows", ())) if same else ()
        return cls(held=held, windows=windows, rest=memory)

    def before(self, since: float) -> list[Kept]:
        """The counts of the windows before this one; it may have been judged already."""
        return [counts for began, counts in self.windows if began < since]

    def after(
        self,
        since: float,
        tables: Mapping[str, Counts],
        *,
        most: int,
        spending: Spending,
        without: frozenset[str] = frozenset(),
    ) -> dict[str, Value]:
        """What to remember after a window.

        Args:
            since: When it began.
            tables: What was counted in it.
            most: How many windows to remember.
            spending: The budget.
            without: What has alarmed already in this window alone. It is not counted a second time, so that an
                alarm ends with the windows that it was about.
        """
        now = {
            name: np.floor(one.window).astype(int).tolist()
            for name, one in tables.items()
            if name not in without and one.window.any()
        }
        others = [(began, counts) for began, counts in self.windows if began != since]
        kept = sorted([*others, (since, now)], key=lambda one: one[0])[-most:] if most > 0 else []
        windows: list[Value] = [[began, dict(one)] for began, one in kept]
        return {"held": self.held, "windows": windows, **spending.as_dict()}
