"""Is the model asked and answered as usual? Requests that fail, are refused, take long, or stay away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from scipy.stats import binom, poisson

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.core.verdicts import Reason, Verdict
from mainspring.evaluation.metrics.intervals import wilson
from mainspring.monitoring.checks.usual import at_such_times, lately
from mainspring.monitoring.correction import Spending
from mainspring.monitoring.seen import Figure, History, Judged, Seen
from mainspring.monitoring.skew.codes import UNAVAILABLE
from mainspring.monitoring.windows import Window
from mainspring.monitoring.windows.failures import BLOCKED, missing_columns

_PARTS: Final = 4
"""Errors, refusals, latency and volume: each may have so much of the budget."""
_TAIL: Final = 0.95
_NAMED: Final = 3
_UNSURE: Final = 0.2
"""Part of what has to come otherwise that must come before a week is known."""
_IN_A_ROW: Final = 1000


@dataclass(frozen=True, kw_only=True)
class TrafficCheck:
    """Watches requests rather than rows: it sees a model that answers nobody, which checks of rows cannot.

    ======================  ===================================================================================
    subject                 finding
    ======================  ===================================================================================
    ``errors``              a larger share of requests fails than ``errors``; says why, without their values
    the name of a column    such a share is refused because the column is not there (``FEATURE_UNAVAILABLE``)
    ``blocked``             a larger share than ``blocked`` is refused by an assertion of the model
    ``latency_p95``         one in twenty takes longer than ``slowest``, or ``slower`` times as long as usual
    ``rate``                fewer requests come than ``quieter`` times as many as usual at this hour
    ======================  ===================================================================================

    Each is an alarm only where it is more than chance, by exact tests: binomial for shares, the order statistics
    of the latencies for their 95th percentile (David and Nagaraja, *Order Statistics*, Wiley, 2003, section 7.1),
    Poisson for volume. Shares above their limit are counted on from window to window, so that a model that is
    asked once an hour is seen to fail too. What is usual is learned from the figures of the windows before: the
    median of the last 30 days for latency; for volume the same hour of the week in the last four weeks. Before a
    week is known nobody knows what a Sunday is like: then a fifth of that is asked for, of the least of the same
    hour on three days or more.

    Args:
        errors: The share of requests that may fail; what assertions refuse is counted apart.
        blocked: The share that assertions may refuse.
        slowest: The longest 95th percentile of the seconds that requests take; no such limit if it is 0.
        slower: How many times as long as usual it may be; no such limit if it is 0.
        noticeable: Less than so many seconds more than usual is no alarm.
        quieter: How small a part of the usual number of requests per second is still enough; any if it is 0.
        least_windows: With fewer windows before, latency is compared with no usual one.
        false_alarms: So many in a period on average while nothing changes, or a share of all alarms.
    """

    name: ClassVar[str] = "traffic"
    on_truth: ClassVar[bool] = False

    errors: float = 0.05
    blocked: float = 0.05
    slowest: float = 0.0
    slower: float = 3.0
    noticeable: float = 0.1
    quieter: float = 0.5
    least_windows: int = 5
    false_alarms: str = "1 per 30d"

    def __post_init__(self) -> None:
        """Check the options."""
        Spending.of(self.false_alarms, {})
        shares = {"errors": self.errors, "blocked": self.blocked, "quieter": self.quieter}
        wrong = [f"{name}: {value}" for name, value in shares.items() if not 0 <= value < 1]
        amounts = {"slowest": self.slowest, "noticeable": self.noticeable, "slower": self.slower}
        wrong += [f"{name}: {value}" for name, value in amounts.items() if not value >= 0]
        if 0 < self.slower < 1:
            wrong.append(f"slower: {self.slower}")
        if wrong:
            raise InputError(
                ", ".join(wrong),
                expected="shares from 0 to less than 1, seconds of 0 or more, and slower of 1 or more (or 0)",
                where=self.name,
            )

    def judge(self, seen: Seen, memory: Mapping[str, Value]) -> Judged:
        """Judge a window."""
        spending = Spending.of(self.false_alarms, memory)
        window = seen.window
        level = spending.level(window.until - window.since) / _PARTS
        found = _Found(level=level, memory=memory)
        self._shares(window, found)
        self._latency(window, seen.history, found)
        self._rate(window, seen.history, found)
        spending.spend(_PARTS * min(found.p_values, default=1.0))
        return Judged(
            verdict=Verdict.of(self.name, found.reasons, {"requests": window.requests, "features": found.columns}),
            figures=found.figures,
            memory={**found.kept, **spending.as_dict()},
        )

    def _shares(self, window: Window, found: _Found) -> None:
        asked = window.requests if window.asked is None else window.asked
        failed = window.errors if window.failed is None else window.failed
        if not window.requests:
            found.say(True, "NO_REQUESTS", "no request came")
            return
        blocked = float(window.blocked)
        why = ", ".join(f"{reason} ({count})" for reason, count in _reasons(window)[:_NAMED])
        if found.share("errors", failed - blocked, asked, self.errors, "failed", why):
            for column, count in _missing(window).items():
                share = count / asked
                if share > self.errors:
                    found.columns[column] = share
                    message = f"column {column!r} is gone: {share:.1%} of the requests were refused without it"
                    found.say(False, UNAVAILABLE, message, column, share, self.errors)
        found.share("blocked", blocked, asked, self.blocked, "were refused by an assertion of the model")

    def _latency(self, window: Window, history: History, found: _Found) -> None:
        if not window.requests:
            return
        value, usual = window.latency_p95, lately(history, "traffic/latency_p95", window.since, self.least_windows)
        limits = [self.slowest] if self.slowest else []
        if usual is not None and self.slower:
            limits.append(max(self.slower * usual, usual + self.noticeable))
        most, low = min(limits, default=None), _lowest(window, found.level)
        found.figures["latency_p95"] = Figure(value=value, low=low, most=most)
        if most is None:
            message = f"fewer than {self.least_windows} windows before: whether it is slow is not known"
            found.say(True, "NOT_COMPARED", message, "latency_p95")
            return
        slow = low > most
        than = "" if usual is None else f", usually in {_seconds(usual)}"
        message = f"19 of 20 requests are answered in {_seconds(value)}{than} (at most {_seconds(most)})"
        found.say(not slow, "SLOW" if slow else "LATENCY_OK", message, "latency_p95", value, most)
        found.p_values += [found.level] if slow else []

    def _rate(self, window: Window, history: History, found: _Found) -> None:
        length = max(window.until - window.since, 1.0)
        asked = window.requests if window.asked is None else window.asked
        rate = asked / length
        known = at_such_times(history, "traffic/rate", window.since, length) if self.quieter else None
        usual, sure = known or (None, False)
        least = None if usual is None else self.quieter * usual * (1.0 if sure else _UNSURE)
        found.figures["rate"] = Figure(value=rate, least=least)
        if usual is None or least is None:
            return
        chance = float(poisson.cdf(asked, least * length))
        few = rate < least and chance < found.level
        message = (
            f"{asked:,.0f} requests came, at such times it is usually {usual * length:,.0f} "
            f"(at least {least * length:,.0f})"
        )
        found.say(not few, "FEW_REQUESTS" if few else "AS_MANY_AS_USUAL", message, "rate", rate, least)
        found.p_values += [chance] if few else []


class _Found:
    """What is said of a window.

    Attributes:
        level: The probability with which each part may alarm by chance.
        reasons: What is said.
        figures: What was measured.
        kept: What is remembered.
        columns: How large a share of the requests lacks each column.
        p_values: Of what alarmed.
    """

    def __init__(self, *, level: float, memory: Mapping[str, Any]) -> None:
        self.level, self._memory = level, memory
        self.reasons: list[Reason] = []
        self.figures: dict[str, Figure] = {}
        self.kept: dict[str, Value] = {}
        self.columns: dict[str, float] = {}
        self.p_values: list[float] = []

    def say(
        self,
        ok: bool,
        code: str,
        message: str,
        subject: str | None = None,
        observed: float | None = None,
        expected: float | None = None,
    ) -> None:
        """Add a reason."""
        self.reasons.append(
            Reason(ok=ok, code=code, message=message, subject=subject, observed=observed, expected=expected)
        )

    def share(self, name: str, hits: float, asked: float, most: float, what: str, why: str = "") -> bool:
        """Judge a share of the requests, and say whether it is too large."""
        share, interval = hits / asked, wilson(hits, asked)
        self.figures[name] = Figure(value=share, low=interval.low, high=interval.high, most=most)
        row = list(self._memory.get(name) or ())[-_IN_A_ROW:] if share > most else []
        p_value = self._in_a_row(row, hits, asked, most) if share > most else 1.0
        self.kept[name] = [*row, [hits, asked]] if share > most else []
        bad = p_value < self.level
        message = f"{share:.1%} of {asked:,.0f} requests {what} (at most {most:.1%})"
        if bad and why:
            message += f": {why}"
        code = name.upper() if bad else f"{name.upper()}_OK"
        self.say(not bad, code, message, name, share, most)
        self.p_values += [p_value] if bad else []
        return bad

    def _in_a_row(self, row: list[Any], hits: float, asked: float, most: float) -> float:
        """How likely so many are, of the windows in a row in which they are too many.

        The budget is divided into 1/2, 1/6, 1/12, … for 1, 2, 3, … windows, so that the sum is what it was.
        """
        count = len(row) + 1
        some, all_ = (sum(one[place] for one in row) + now for place, now in ((0, hits), (1, asked)))
        return float(binom.sf(round(some) - 1, max(round(all_), round(some)), most)) * count * (count + 1)


def _reasons(window: Window) -> list[tuple[str, int]]:
    """Why requests failed, other than by assertions."""
    return [(reason, count) for reason, count in window.failures.items() if reason != BLOCKED]


def _missing(window: Window) -> dict[str, int]:
    """How many requests were refused for lack of each column."""
    found = Counter[str]()
    for reason, count in _reasons(window):
        found.update(dict.fromkeys(missing_columns(reason), count))
    return dict(found.most_common())


def _lowest(window: Window, level: float) -> float:
    """Where the 95th percentile of the latencies lies at least, with this probability to be wrong; 0 if they are
    too few to say.
    """
    count = round(window.latency.total)
    rank = int(binom.ppf(level, count, _TAIL))
    return window.latency.at((rank - 0.5) / count) if rank > 0 else 0.0


def _seconds(value: float) -> str:
    return f"{value:.3g} s" if value >= 1 else f"{value * 1000:.3g} ms"
