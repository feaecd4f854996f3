"""The life of one alert, window by window; pure functions of the alert, the window and the options."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from mainspring.monitoring.alerts.alert import Alert, Outcome, Severity, State, identity
from mainspring.monitoring.alerts.findings import Finding
from mainspring.monitoring.alerts.options import MOST_WINDOWS, AlertOptions, span

_REOPENINGS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A window that is taken.

    Attributes:
        model: The model.
        version: The version that answered most of its rows.
        since: Its beginning, in seconds since the epoch.
        until: Its end.
        at: What time it is.
    """

    model: str
    version: str
    since: float
    until: float
    at: float


def begin(finding: Finding, taken: Taken, severity: Severity) -> Alert:
    """A new alert, pending."""
    bare = Alert(
        id=identity(taken.model, finding.check, finding.subject, taken.since),
        model=taken.model,
        version=taken.version,
        check=finding.check,
        code=finding.code,
        subject=finding.subject,
        since=taken.since,
        began=taken.since,
        opened=taken.at,
        last_seen=taken.until,
        windows=0,
    )
    return worsen(bare, finding, taken, severity)


def worsen(alert: Alert, finding: Finding, taken: Taken, severity: Severity) -> Alert:
    """The alert after a bad window. A window that was taken before changes nothing but its figures."""
    known = {one.since: one.bad for one in alert.outcomes}
    newest = taken.since >= max(known, default=taken.since)
    counted = alert.windows + (not known.get(taken.since, False))
    alert = replace(alert, outcomes=_with(alert, taken.since, bad=True), windows=counted)
    if not newest:  # judged late: the figures of a later window stand
        return replace(alert, worst=max(alert.worst, finding.effect))
    return replace(
        alert,
        version=taken.version,
        code=finding.code,
        severity=severity,
        unusual=finding.unusual,
        features=finding.features or alert.features,
        last_seen=max(alert.last_seen, taken.until),
        value=finding.value,
        limit=finding.limit,
        usual=alert.usual if finding.usual is None else finding.usual,
        effect=finding.effect,
        worst=max(alert.worst, finding.effect),
        message=finding.message,
    )


def improve(alert: Alert, taken: Taken) -> Alert:
    """The alert after a good window."""
    return replace(alert, outcomes=_with(alert, taken.since, bad=False))


def is_counted(alert: Alert) -> bool:
    """Whether a good window means anything to an alert: not to one that is over, and has had no bad one since."""
    over = alert.resolved_window
    return alert.state is not State.RESOLVED or any(
        one.bad and one.since > (over or 0.0) for one in alert.outcomes
    )


def settle(alert: Alert, at: float, options: AlertOptions) -> tuple[Alert, str]:
    """The state that follows from the last windows.

    Returns:
        The alert, and what happened: ``fired``, ``reopened``, ``worse``, ``resolved``, ``dropped``, or nothing.
    """
    outcomes = alert.outcomes
    bad = sum(one.bad for one in outcomes[-options.window_count :])
    newest = outcomes[-1].since if outcomes else alert.began
    alert = replace(alert, flapping=alert.flapping and _flaps(alert, newest, options))
    if alert.state is State.PENDING:
        if bad >= options.for_windows:
            return _fire(replace(alert, fired_at=at)), "fired"
        return alert, "" if bad else "dropped"
    if alert.state is State.RESOLVED:
        over = alert.resolved_window if alert.resolved_window is not None else newest
        if sum(one.bad and one.since > over for one in outcomes[-options.window_count :]) >= options.for_windows:
            times = (*alert.reopened, newest)[-_REOPENINGS:]
            again = replace(alert, reopened=times, resolved_at=None, resolved_by="", resolved_window=None)
            return _fire(replace(again, flapping=_flaps(again, newest, options))), "reopened"
        return alert, ""
    good = next((place for place, one in enumerate(reversed(outcomes)) if one.bad), len(outcomes))
    if good >= options.resolve_windows:
        return end(alert, at), "resolved"
    return (_fire(alert), "worse") if is_worse(alert, options) else (alert, "")


def end(alert: Alert, at: float, by: str = "") -> Alert:
    """An alert that is over; the windows that it has had count no more."""
    newest = alert.outcomes[-1].since if alert.outcomes else alert.began
    return replace(alert, state=State.RESOLVED, resolved_at=at, resolved_by=by, resolved_window=newest)


def is_worse(alert: Alert, options: AlertOptions) -> bool:
    """Whether an alert is worse than when it was acknowledged, or, before that, than when it was last told."""
    given = alert.acknowledged
    effect, severity = (
        (alert.told_effect, alert.told_severity) if given is None else (given.effect, given.severity)
    )
    if effect is None or severity is None:
        return False
    return alert.severity.rank > severity.rank or (
        alert.effect > effect and alert.effect >= effect * (1 + options.worse) and not alert.unusual
    )


def belongs(alert: Alert, taken: Taken, options: AlertOptions) -> bool:
    """Whether a bad window belongs to an alert that is over, rather than to a new one."""
    if alert.state is not State.RESOLVED:
        return True
    last = alert.outcomes[-1].since if alert.outcomes else alert.began
    return taken.since - last <= span(options.reopen)


def _fire(alert: Alert) -> Alert:
    """Firing, and measured against what it is now when the question is whether it got worse."""
    return replace(
        alert,
        state=State.FIRING,
        acknowledged=None,
        told_effect=alert.effect,
        told_severity=alert.severity,
    )


def _flaps(alert: Alert, at: float, options: AlertOptions) -> bool:
    recent = [one for one in alert.reopened if at - one <= span(options.flap_time)]
    return 0 < options.flaps <= len(recent)


def _with(alert: Alert, since: float, *, bad: bool) -> tuple[Outcome, ...]:
    """The last windows with one more, in their order."""
    known = {one.since: one for one in alert.outcomes}
    known[since] = Outcome(since=since, bad=bad)
    return tuple(known[one] for one in sorted(known))[-MOST_WINDOWS:]
