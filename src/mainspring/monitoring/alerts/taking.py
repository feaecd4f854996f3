"""Taking a window: findings become alerts, alerts go on, end, or begin again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from mainspring.monitoring.alerts.alert import Alert, Cause, Example, State
from mainspring.monitoring.alerts.baseline import baseline, is_unusual
from mainspring.monitoring.alerts.causes import after_good_windows
from mainspring.monitoring.alerts.contents import Contents
from mainspring.monitoring.alerts.draft import Draft
from mainspring.monitoring.alerts.examples import examples_of
from mainspring.monitoring.alerts.findings import Finding, effect_of, findings, says
from mainspring.monitoring.alerts.grouping import group_of
from mainspring.monitoring.alerts.onset import onset
from mainspring.monitoring.alerts.options import AlertOptions, span
from mainspring.monitoring.alerts.planning import announce, hush
from mainspring.monitoring.alerts.ports import Causes, Explainer
from mainspring.monitoring.alerts.severity import severity_of
from mainspring.monitoring.alerts.silences import silence_of
from mainspring.monitoring.alerts.stepping import Taken, begin, belongs, improve, is_counted, settle, worsen
from mainspring.monitoring.alerts.suggestions import suggestion_for
from mainspring.monitoring.seen import History, Judged
from mainspring.monitoring.windows import Window

UNUSUAL: Final = "UNUSUAL"
"""The code of what is within its limits and far from its own history."""

_KEPT: Final = 14 * 86_400.0
"""How long alerts that are over are kept in the book; the record has them for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What is known beside a window; see :meth:`mainspring.monitoring.alerts.AlertBook.take`."""

    history: History | None = None
    causes: Causes | None = None
    explain: Explainer | None = None
    private: Callable[[str], bool] = lambda _: False


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a new alert is given: since when, the usual value, causes and examples."""

    since: float
    usual: float | None = None
    causes: tuple[Cause, ...] = ()
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A window, ready to be taken.

    Attributes:
        model: The model.
        version: The version that answered.
        since: The beginning of the window, in seconds since the epoch.
        until: Its end.
        judged: What the checks gave, by the check's name.
        found: What is bad.
        contexts: For what was new when the book was looked at, by check and subject.
    """

    model: str
    version: str
    since: float
    until: float
    judged: Mapping[str, Judged]
    found: Sequence[Finding]
    contexts: Mapping[tuple[str, str], Context] = field(default_factory=dict)


def prepare(
    contents: Contents,
    model: str,
    version: str,
    window: Window,
    judged: Mapping[str, Judged],
    options: AlertOptions,
    background: Background,
) -> Prepared:
    """All that takes long, outside of any lock: limits from history, causes, explanations."""
    found: list[Finding] = []
    for check, one in judged.items():
        bad = list(findings(check, one, columns=window.table.names))
        found += bad
        found += _unusual(check, one, {each.subject for each in bad}, window.since, options, background.history)
    taken = Taken(model=model, version=version, since=window.since, until=window.until, at=window.until)
    fresh = [one for one in found if _known(contents.alerts.values(), one, taken, options) is None]
    return Prepared(
        model=model,
        version=version,
        since=window.since,
        until=window.until,
        judged=judged,
        found=found,
        contexts={
            (one.check, one.subject): one_ for one, one_ in _contexts(fresh, taken, window, options, background)
        },
    )


def take(draft: Draft, prepared: Prepared, options: AlertOptions, evidence: tuple[str, ...] = ()) -> None:
    """Take a window that is prepared, within a transaction."""
    taken = Taken(
        model=prepared.model, version=prepared.version, since=prepared.since, until=prepared.until, at=draft.at
    )
    bad = {(one.check, one.subject): one for one in prepared.found}
    touched: list[Alert] = []
    for key, finding in bad.items():
        alert = _known(draft.alerts.values(), finding, taken, options)
        severity = severity_of(finding, options)
        if alert is None:
            alert = _with_context(begin(finding, taken, severity), prepared.contexts.get(key), options)
        else:
            alert = worsen(alert, finding, taken, severity)
        touched.append(alert)
    for alert in list(draft.alerts.values()):
        judged = prepared.judged.get(alert.check) if alert.model == prepared.model else None
        if judged is None or (alert.check, alert.subject) in bad or not is_counted(alert):
            continue
        if says(judged, alert.subject) is False:
            touched.append(improve(alert, taken))
    _settle(draft, touched, options, evidence)
    _forget(draft)


def _settle(draft: Draft, touched: Sequence[Alert], options: AlertOptions, evidence: tuple[str, ...]) -> None:
    happened = [(*settle(one, draft.at, options), one.flapping) for one in touched]
    models = {one.model for one in touched}
    everything = {**draft.alerts, **{one.id: one for one, _, _ in happened}}
    firing = {one.check for one in everything.values() if one.open and one.model in models}
    # The severest first: what comes later joins its group.
    for alert, kind, flapped in sorted(happened, key=lambda one: (-one[0].severity.rank, one[0].since, one[0].id)):
        if kind != "dropped":
            told = _keep(draft, replace(alert, suggestion=suggestion_for(alert, firing)), kind, options)
            if kind:
                draft.note(kind, told, evidence=evidence)
                _tell(draft, told, kind, flapped, options)
        elif alert.id in draft.alerts:
            draft.forget(alert)


def _keep(draft: Draft, alert: Alert, kind: str, options: AlertOptions) -> Alert:
    if kind in ("fired", "reopened") and not alert.group:
        open_ = [one for one in draft.alerts.values() if one.open]
        alert = replace(alert, group=group_of(alert, open_, options))
    if kind in ("fired", "reopened"):  # a silence that holds from the beginning is nothing that happened
        return draft.put(replace(alert, silenced=silence_of(alert, draft.silences.values(), draft.at)))
    return hush(draft, draft.put(alert), options)


def _tell(draft: Draft, alert: Alert, kind: str, flapped: bool, options: AlertOptions) -> None:
    """Put it into messages; that an alert began to flap is the last that is told of it."""
    if alert.silenced:
        return
    if not alert.flapping:
        announce(draft, alert, kind, options)
    elif not flapped:
        announce(draft, alert, "flapping", options)


def _known(alerts: Iterable[Alert], finding: Finding, taken: Taken, options: AlertOptions) -> Alert | None:
    """The alert that a finding belongs to, the latest if there are several."""
    mine = [
        one
        for one in alerts
        if (one.model, one.check, one.subject) == (taken.model, finding.check, finding.subject)
        and belongs(one, taken, options)
    ]
    return max(mine, key=lambda one: one.began, default=None)


def _with_context(alert: Alert, context: Context | None, options: AlertOptions) -> Alert:
    runbook = options.runbooks.get(alert.check, options.runbook)
    for name in ("check", "model", "code", "subject"):
        runbook = runbook.replace(f"{{{name}}}", str(alert.fields()[name]))
    if context is None:
        return replace(alert, runbook=runbook)
    return replace(
        alert,
        runbook=runbook,
        since=min(context.since, alert.since),
        usual=context.usual,
        causes=context.causes,
        examples=context.examples,
    )


def _contexts(
    fresh: Sequence[Finding], taken: Taken, window: Window, options: AlertOptions, background: Background
) -> Iterator[tuple[Finding, Context]]:
    shown: dict[tuple[int, ...], tuple[Example, ...]] = {}
    changes: dict[float, tuple[Cause, ...]] = {}
    explain = background.explain
    for finding in fresh:
        since, usual = onset(finding, background.history, taken.since)
        if finding.rows not in shown:
            shown[finding.rows] = examples_of(
                window.table,
                finding.rows,
                most=options.examples,
                hidden=background.private,
                explain=None if explain is None else lambda rows: explain(rows, taken.version),
            )
        if since not in changes and background.causes is not None:
            lookback, length = span(options.lookback), taken.until - taken.since
            found = background.causes.find(taken.model, taken.version, since, lookback=lookback, window=length)
            changes[since] = tuple(found)
        yield (
            finding,
            Context(
                since=since,
                usual=usual,
                causes=after_good_windows(changes.get(since, ()), _good(finding, background.history, since)),
                examples=shown[finding.rows],
            ),
        )


def _good(finding: Finding, history: History | None, since: float) -> npt.NDArray[np.float64]:
    """When the windows began in which a check found nothing of what it finds now, in the last days."""
    if history is None:
        return np.empty(0)
    names = [finding.figure, *history.names(f"{finding.check}/")[:1]]
    series = [history.series(name, since=since - _KEPT, until=since) for name in names]
    return next((one.times[np.isfinite(one.values)] for one in series if one.times.size), np.empty(0))


def _unusual(
    check: str,
    judged: Judged,
    bad: set[str],
    at: float,
    options: AlertOptions,
    history: History | None,
) -> Iterator[Finding]:
    """Figures that are within their limits, and far from their own history."""
    adaptive = options.adaptive
    if history is None or not adaptive.on or (adaptive.checks and check not in adaptive.checks):
        return
    for name, figure in judged.figures.items():
        subject = name.replace("|", " | ", 1) if " | " not in name else name
        if subject in bad or not np.isfinite(figure.value):
            continue
        found = baseline(history.series(f"{check}/{name}", until=at), at, figure, adaptive)
        if found is None or not is_unusual(figure, found, adaptive):
            continue
        bound = found.high if figure.value > found.usual else found.low
        yield Finding(
            check=check,
            code=UNUSUAL,
            subject=subject,
            message=(
                f"{check} of {subject} is {figure.value:.4g}, within its limit and far from what is usual at such "
                f"times: {found.usual:.4g}, hardly ever past {bound:.4g} ({found.windows} windows)"
            ),
            value=figure.value,
            limit=bound,
            effect=effect_of(figure.value, bound, low=figure.value < found.usual),
            features=(subject.partition(" | ")[0],),
            rows=tuple(map(int, judged.rows)),
            usual=found.usual,
            unusual=True,
        )


def _forget(draft: Draft) -> None:
    for alert in list(draft.alerts.values()):
        over = alert.state is State.RESOLVED and alert.resolved_at is not None
        if over and (alert.resolved_at or 0.0) < draft.at - _KEPT:
            draft.forget(alert)
