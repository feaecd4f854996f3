"""All that a page of the watch is made from, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mainspring.core.verdicts import Verdict
from mainspring.data import TableStatistics
from mainspring.monitoring.alerts import Alert, Cause
from mainspring.monitoring.monitor import NotedDecision
from mainspring.monitoring.profiles import WindowProfile
from mainspring.monitoring.seen import Series


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenWindow:
    """A window that was judged.

    Attributes:
        since: Where it begins, in seconds since the epoch.
        until: Where it ends.
        ok: Whether every check said that it is in order.
        rows: Its rows.
        version: The version that answered most of them.
        revision: How often it was judged before.
        judged_at: When it was judged last; ``None`` if that is not known.
        verdict: What was said of it; ``None`` where only the outcome was read.
    """

    since: float
    until: float
    ok: bool
    rows: int = 0
    version: str = ""
    revision: int = 0
    judged_at: float | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What the watch saw of a model.

    Attributes:
        model: The model.
        windows: The windows that were judged, oldest first; the last few with their verdicts.
        figures: What checks measured over time, by name, such as ``drift/age``.
        alerts: Its alerts, the most pressing first; those that are over among them.
        changes: What changed upstream in this time: deployments, versions, data.
        decisions: What the retraining policy said, oldest first.
        latest: The profile of the last windows together.
        reference: What the model was trained on.
        window: The length of a window in seconds; ``None`` for windows by count.
        since: Where the page begins, in seconds since the epoch; at the first window by default.
        until: Where it ends; at the last window by default.
        now: When the page is made; by default where it ends, so that equal values give an equal page.
    """

    model: str
    windows: Sequence[SeenWindow] = ()
    figures: Mapping[str, Series] = field(default_factory=dict)
    alerts: Sequence[Alert] = ()
    changes: Sequence[Cause] = ()
    decisions: Sequence[NotedDecision] = ()
    latest: WindowProfile | None = None
    reference: TableStatistics | None = None
    window: float | None = None
    since: float | None = None
    until: float | None = None
    now: float | None = None

    @property
    def bounds(self) -> tuple[float, float]:
        """Where the page begins and ends."""
        first = min((one.since for one in self.windows), default=0.0)
        last = max((one.until for one in self.windows), default=first + 1.0)
        begin = first if self.since is None else self.since
        end = last if self.until is None else self.until
        return begin, max(end, begin + 1.0)

    @property
    def moment(self) -> float:
        """When the page is made."""
        return self.bounds[1] if self.now is None else self.now

    @property
    def version(self) -> str:
        """The version that answered last."""
        return self.windows[-1].version if self.windows else ""

    @property
    def open_alerts(self) -> Sequence[Alert]:
        """The alerts that ask for something to be done, the most pressing first."""
        return [one for one in self.alerts if one.open]
