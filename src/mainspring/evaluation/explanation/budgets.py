"""What an explanation may cost, and what it did cost: model calls, rows and seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from mainspring.core.errors import MainspringError


class BudgetError(MainspringError):
    """The model was asked as often, or for as long, as was allowed."""

    code = "BUDGET_SPENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The most that may be spent; ``None`` is no limit.

    Attributes:
        calls: Calls of the model, whatever the number of rows in each.
        rows: Rows that the model answers.
        seconds: Time from the first call on, that of the explainer included.
    """

    calls: int | None = None
    rows: int | None = None
    seconds: float | None = None


UNLIMITED = Budget()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What was spent.

    Attributes:
        calls: Calls of the model.
        rows: Rows that it answered.
        remembered: Rows whose answer was known already.
        seconds: Time from the first call on.
    """

    calls: int = 0
    rows: int = 0
    remembered: int = 0
    seconds: float = 0.0

    def since(self, before: Spent) -> Spent:
        """What was spent after an earlier reading."""
        return Spent(
            calls=self.calls - before.calls,
            rows=self.rows - before.rows,
            remembered=self.remembered - before.remembered,
            seconds=self.seconds - before.seconds,
        )

    def as_dict(self) -> dict[str, float]:
        """Plain values, for JSON."""
        return asdict(self)


NOTHING = Spent()


class Meter:
    """Counts what is spent, and says when it is enough."""

    def __init__(self, budget: Budget = UNLIMITED, progress: Callable[[Spent], None] | None = None) -> None:
        self.budget = budget
        self._progress = progress
        self._calls = self._rows = self._remembered = 0
        self._begun: float | None = None

    @property
    def spent(self) -> Spent:
        """What was spent until now."""
        seconds = 0.0 if self._begun is None else time.monotonic() - self._begun
        return Spent(calls=self._calls, rows=self._rows, remembered=self._remembered, seconds=seconds)

    def allow(self, rows: int) -> None:
        """Let one more call with so many rows pass, and count it.

        Raises:
            BudgetError: If that is more than is allowed. Nothing is counted then.
        """
        if self._begun is None:
            self._begun = time.monotonic()
        limits = (
            ("calls of the model", self.budget.calls, self._calls + 1),
            ("rows", self.budget.rows, self._rows + rows),
            ("seconds", self.budget.seconds, time.monotonic() - self._begun),
        )
        for unit, limit, wanted in limits:
            if limit is not None and wanted > limit:
                raise BudgetError(
                    f"the explanation needs more than its budget of {limit:g} {unit}",
                    fix="raise the budget, explain fewer rows or features, or take a smaller background",
                )
        self._calls += 1
        self._rows += rows
        if self._progress is not None:
            self._progress(self.spent)

    def recall(self, rows: int) -> None:
        """Count rows that needed no call."""
        self._remembered += rows

    def left(self, rows: int) -> int:
        """How many of so many rows the budget still holds."""
        return rows if self.budget.rows is None else max(0, min(rows, self.budget.rows - self._rows))
