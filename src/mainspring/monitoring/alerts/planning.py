"""Who is told what, and when: grouping by message, quiet hours, repetitions, the budget and its digest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from mainspring.monitoring.alerts.alert import Alert, State
from mainspring.monitoring.alerts.contents import Notice, Occurrence, Sent
from mainspring.monitoring.alerts.destinations import key_of, wants
from mainspring.monitoring.alerts.draft import Draft
from mainspring.monitoring.alerts.option_parts import Budget, Quiet
from mainspring.monitoring.alerts.options import AlertOptions, span
from mainspring.monitoring.alerts.silences import silence_of
from mainspring.monitoring.hours import next_time_of_day, quiet_until, zone_of

_DAY: Final = 86_400.0


def announce(draft: Draft, alert: Alert, kind: str, options: AlertOptions) -> None:
    """Put what happened to an alert into messages that wait, one for each destination and group.

    Args:
        draft: The transaction.
        alert: The alert as it is now.
        kind: What happened: ``fired``, ``reopened``, ``worse``, ``repeat``, ``resolved`` or ``flapping``.
        options: How the alerts of the model behave.
    """
    if kind == "resolved" and (not options.resolved or alert.told_at is None):
        return  # nobody knows of it
    for destination in options.destinations:
        if wants(destination, alert):
            _queue(draft, key_of(destination), alert, kind, options)
    if kind != "resolved":
        draft.put(replace(draft.alerts[alert.id], told_at=draft.at))


def remind(draft: Draft, model: str, options: AlertOptions) -> None:
    """What time brings about: silences that end, alerts that are told again.

    A silence that ends lets the alerts fire that it held back; a group is told again as a whole.
    """
    for silence in [one for one in draft.silences.values() if one.until <= draft.at]:
        draft.end_silence(silence)
    known = {key_of(one) for one in options.destinations}
    for notice in [one for one in draft.notices.values() if one.model == model and one.destination not in known]:
        draft.drop_notice(notice)  # who it was for is told nothing any more
    for alert in [one for one in draft.alerts.values() if one.model == model]:
        hush(draft, alert, options)
    repeat = span(options.repeat)
    told = [
        one
        for one in draft.alerts.values()
        if one.model == model and one.state is State.FIRING and not one.silenced and not one.flapping
    ]
    due = {one.group for one in told if repeat and one.told_at is not None and one.told_at + repeat <= draft.at}
    for alert in told:
        if alert.group in due:
            announce(draft, alert, "repeat", options)


def hush(draft: Draft, alert: Alert, options: AlertOptions | None = None) -> Alert:
    """See whether a silence holds for an alert now, and tell of it again where none does any more."""
    found = silence_of(alert, draft.silences.values(), draft.at)
    if found == alert.silenced:
        return alert
    before, alert = alert.silenced, draft.put(replace(alert, silenced=found))
    if not before and alert.open:
        draft.note("silenced", alert, by=draft.silences[found].by, why=draft.silences[found].why)
    if before and not found and alert.open:
        draft.note("unsilenced", alert)
        if alert.state is State.FIRING and options is not None:
            announce(draft, alert, "repeat" if alert.told_at else "fired", options)
    return draft.alerts[alert.id]


def withdraw(draft: Draft, alert: Alert) -> None:
    """Take an alert out of messages that nobody has tried to send yet: somebody knows of it by now."""
    for notice in [one for one in draft.notices.values() if not one.attempts]:
        kept = tuple(one for one in notice.occurrences if one.alert != alert.id)
        if not kept:
            draft.drop_notice(notice)
        elif kept != notice.occurrences:
            draft.put_notice(replace(notice, occurrences=kept))


def due(draft: Draft, model: str, options: AlertOptions) -> list[Notice]:
    """The messages about a model that are to be sent now, within quiet hours and budget.

    What is past the budget waits for the digest; the messages of a digest become one.
    """
    ready = []
    for key in {key_of(one): one for one in options.destinations}:
        waiting = [
            one
            for one in draft.notices.values()
            if one.destination == key and one.model == model and one.due <= draft.at and one.leased <= draft.at
        ]
        ready += _digest(draft, [one for one in waiting if one.digest])
        for notice in sorted((one for one in waiting if not one.digest), key=lambda one: one.due):
            more = sum(one.destination == key and not one.digest for one in ready)
            if _spent(draft.sent, key, draft.at, options.budget, more) and not _spared(
                draft, notice, options.budget
            ):
                later = next_time_of_day(options.budget.digest, draft.at, zone_of(options.zone))
                draft.put_notice(replace(notice, digest=True, due=later))
            else:
                ready.append(notice)
    return ready


def _queue(draft: Draft, key: str, alert: Alert, kind: str, options: AlertOptions) -> None:
    fresh = Occurrence(kind=kind, alert=alert.id)
    for notice in draft.notices.values():
        same = (notice.model, notice.destination, notice.group) == (alert.model, key, alert.group)
        urgent = notice.digest and alert.severity.rank >= options.budget.spare.rank
        if same and not urgent and not notice.attempts and notice.leased <= draft.at:
            told = tuple(dict.fromkeys((*notice.occurrences, fresh)))
            draft.put_notice(replace(notice, occurrences=told, due=_sooner(notice, draft, alert, options)))
            return
    last = max((one.at for one in draft.sent if (one.destination, one.group) == (key, alert.group)), default=None)
    wait = draft.at + span(options.wait) if last is None else max(draft.at, last + span(options.interval))
    draft.put_notice(
        Notice(
            id=draft.name("n"),
            model=alert.model,
            destination=key,
            group=alert.group,
            occurrences=(fresh,),
            due=max(wait, _loud(draft.at, alert, options.quiet, options.zone)),
        )
    )


def _sooner(notice: Notice, draft: Draft, alert: Alert, options: AlertOptions) -> float:
    """When a message may be sent that has one more alert in it: a severe one ends the quiet."""
    spared = alert.severity.rank >= options.quiet.spare.rank
    return min(notice.due, draft.at + span(options.wait)) if options.quiet.since and spared else notice.due


def _loud(at: float, alert: Alert, quiet: Quiet, zone: str) -> float:
    """The end of the quiet hours in which a moment lies; the moment itself outside of them."""
    if not quiet.since or alert.severity.rank >= quiet.spare.rank:
        return at
    end = quiet_until(quiet, at, zone_of(zone))
    return at if end is None else end


def _spent(sent: Iterable[Sent], key: str, at: float, budget: Budget, more: int) -> bool:
    mine = [one.at for one in sent if one.destination == key and one.counts]
    for most, length in ((budget.per_day, _DAY), (budget.per_week, 7 * _DAY)):
        if most and sum(one > at - length for one in mine) + more >= most:
            return True
    return False


def _spared(draft: Draft, notice: Notice, budget: Budget) -> bool:
    about = [draft.alerts[one.alert] for one in notice.occurrences if one.alert in draft.alerts]
    return any(one.severity.rank >= budget.spare.rank for one in about)


def _digest(draft: Draft, waiting: Sequence[Notice]) -> list[Notice]:
    """One message of several; what was tried already keeps its name."""
    if not waiting:
        return []
    first = max(waiting, key=lambda one: one.attempts)
    told = dict.fromkeys(each for one in waiting for each in one.occurrences)
    for one in waiting:
        if one.id != first.id:
            draft.drop_notice(one)
    return [draft.put_notice(replace(first, group="", occurrences=tuple(told)))]
