"""How fast an error budget burns, and when somebody is told.

A burn rate of 1 uses up the budget in exactly the objective's window. Somebody is told when it is high over a long
time, which says that it matters, and over a short one, which says that it still goes on: the multiwindow,
multi-burn-rate alerts of *The Site Reliability Workbook*, chapter 5 ("Alerting on SLOs"), table 5-8.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from mainspring.core.verdicts import Reason, Verdict
from mainspring.serving.telemetry.slo import windows
from mainspring.serving.telemetry.slo.counting import Counted
from mainspring.serving.telemetry.slo.history import History
from mainspring.serving.telemetry.slo.objective import Objective

Severity: TypeAlias = Literal["page", "ticket"]

SHOWN: Final = ("5m", "30m", "1h", "6h", "3d")
"""The times over which burn rates are told."""


class Alert(NamedTuple):
    """A condition under which somebody is told.

    Attributes:
        severity: Whether somebody is woken up.
        long: The long window.
        short: The short window.
        rate: The burn rate in both from which on somebody is told.
    """

    severity: Severity
    long: str
    short: str
    rate: float


_SPENT: Final[tuple[tuple[Severity, str, str, float], ...]] = (
    ("page", "1h", "5m", 0.02),
    ("page", "6h", "30m", 0.05),
    ("ticket", "3d", "6h", 0.10),
)
"""Severity, long and short window, and the share of the budget that is spent in the long one by then."""


def alerts_of(objective: Objective) -> Iterator[Alert]:
    """The conditions for an objective: 14.4, 6 and 1 for a window of 30 days.

    Those that can never hold are left out: with a target of 0.9 the budget burns at most 10 times too fast; and a
    long window that is not shorter than the objective's own says nothing that the budget does not say.
    """
    window = windows.seconds(objective.window)
    for severity, long, short, share in _SPENT:
        rate = share * window / windows.seconds(long)
        if rate * objective.budget < 1 and windows.seconds(long) < window:
            yield Alert(severity, long, short, round(rate, 6))


@dataclass(frozen=True, slots=True)
class Status:
    """How an objective stands.

    Attributes:
        objective: The objective.
        counted: What was good of how much in its window.
        burn: Burn rate by window.
        firing: The alerts whose condition holds.
    """

    objective: Objective
    counted: Counted
    burn: dict[str, float]
    firing: tuple[Alert, ...]

    @property
    def ratio(self) -> float | None:
        """The share that was good; ``None`` if there was nothing."""
        return self.counted.good / self.counted.total if self.counted.total else None

    @property
    def budget_left(self) -> float:
        """The share of the error budget that is left, negative if it is overspent."""
        ratio = self.ratio
        return 1.0 if ratio is None else 1.0 - (1.0 - ratio) / self.objective.budget

    @property
    def verdict(self) -> Verdict:
        """Whether nobody needs to be told, with every figure."""
        reasons = [self._of_budget(), *(self._of_alert(alert) for alert in alerts_of(self.objective))]
        return Verdict.of(f"slo {self.objective.name}", reasons, {"objective": self.objective.sentence})

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        objective = self.objective
        return {
            "name": objective.name,
            "objective": objective.sentence,
            "model": objective.model,
            "version": objective.version,
            "kind": objective.kind,
            "measure": objective.measure,
            "threshold": objective.threshold,
            "target": objective.target,
            "window": objective.window,
            "good": self.counted.good,
            "total": self.counted.total,
            "ratio": self.ratio,
            "budget_left": self.budget_left,
            "burn_rates": self.burn,
            "alerts": [{**alert._asdict(), "firing": alert in self.firing} for alert in alerts_of(objective)],
            "verdict": self.verdict.as_dict(),
        }

    def _of_budget(self) -> Reason:
        ok, objective = self.budget_left >= 0, self.objective
        good, total = self.counted
        return Reason(
            ok=ok,
            code="SLO_BUDGET_LEFT" if ok else "SLO_BUDGET_SPENT",
            message=f"{good:.0f} of {total:.0f} were good over {objective.window}; "
            f"{100 * self.budget_left:.1f} % of the error budget is left",
            subject=objective.name,
            observed=self.ratio,
            expected=objective.target,
        )

    def _of_alert(self, alert: Alert) -> Reason:
        ok = alert not in self.firing
        long, short = self.burn[alert.long], self.burn[alert.short]
        return Reason(
            ok=ok,
            code="SLO_BURNS_SLOWLY" if ok else "SLO_BURNS_FAST",
            message=f"the burn rate is {long:.3g} over {alert.long} and {short:.3g} over "
            f"{alert.short}; {alert.severity} from {alert.rate:.3g} on",
            subject=f"{self.objective.name} | {alert.long}",
            observed=min(long, short),
            expected=alert.rate,
        )


def status_of(objective: Objective, history: History, moment: float) -> Status:
    """How an objective stands at a moment, in seconds since the epoch."""
    wanted = {*SHOWN, *(window for alert in alerts_of(objective) for window in (alert.long, alert.short))}
    counted = {window: history.over(windows.seconds(window), moment) for window in wanted}
    burn = {window: burn_rate(objective, counted[window]) for window in sorted(wanted, key=windows.seconds)}
    firing = tuple(
        alert
        for alert in alerts_of(objective)
        if burn[alert.long] >= alert.rate
        and burn[alert.short] >= alert.rate
        and counted[alert.long].total >= objective.least
    )
    return Status(objective, history.over(windows.seconds(objective.window), moment), burn, firing)


def burn_rate(objective: Objective, counted: Counted) -> float:
    """How many times too fast the budget burned; 0 if nothing was counted."""
    return (1.0 - counted.good / counted.total) / objective.budget if counted.total else 0.0
