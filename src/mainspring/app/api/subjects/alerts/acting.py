"""What people make of alerts: they take care, silence, and say that it is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from mainspring.app.alerting import alert_ledger, silence_end
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.alerts.listing import without_rows
from mainspring.app.api.subjects.monitoring.sight import Sight
from mainspring.core.errors import InputError
from mainspring.monitoring.alerts import Alert, AlertBook
from mainspring.monitoring.alerts.silences import Silence

T = TypeVar("T")


@operation(
    "alerts.acknowledge",
    "POST",
    "/alerts/acknowledge",
    command="mainspring alerts ack {alerts} --note {note}",
    done="You take care of it",
)
def acknowledge(desk: Desk, alerts: list[str], *, note: str = "") -> Sequence[Alert]:
    """Say that you take care of alerts: they are not repeated, and fire again if they get worse.

    Args:
        note: What you do about them.
    """
    by = desk.caller.name
    found = _changed(desk, lambda book: book.acknowledge(_named(alerts), by=by, note=note))
    return [without_rows(one) for one in found]


@operation(
    "alerts.resolve",
    "POST",
    "/alerts/resolve",
    command="mainspring alerts resolve {alerts} --why {why}",
    done="It is over",
)
def resolve(desk: Desk, alerts: list[str], *, why: str = "") -> Sequence[Alert]:
    """Say that alerts are over. They fire again with the next bad windows.

    Args:
        why: Why they are over.
    """
    by = desk.caller.name
    found = _changed(desk, lambda book: book.resolve(_named(alerts), by=by, why=why))
    return [without_rows(one) for one in found]


@operation(
    "alerts.silence",
    "POST",
    "/alerts/silences",
    command="mainspring alerts silence {alerts} --for {length} --why {why}",
    done="Nobody is told for {length}{until}",
)
def silence(
    desk: Desk,
    *,
    why: str,
    alerts: tuple[str, ...] = (),
    matcher: dict[str, str] | None = None,
    length: str = "",
    until: str = "",
) -> Sequence[Silence]:
    """Tell nobody of some alerts for a time; they are still taken and recorded.

    Which ones is said by their ids, or by a matcher: patterns of ``model``, ``check``, ``subject``, ``slice``,
    ``severity``, ``code``, ``version`` or ``group``, all of which must fit. How long is said by ``length``,
    such as ``6h`` or ``2d``, or by ``until`` (ISO 8601).

    Args:
        why: Why nobody needs to hear of them.
        matcher: Patterns by name, all of which must fit.
        length: For how long, such as `6h` or `2d`.
    """
    by, end = desk.caller.name, silence_end(length, until)
    patterns = {name: pattern for name, pattern in (matcher or {}).items() if pattern}

    def change(book: AlertBook) -> Sequence[Silence]:
        matchers: list[Mapping[str, str]] = [{"id": book.get(one).id} for one in alerts]
        return [book.silence(one, until=end, by=by, why=why) for one in matchers or [patterns]]

    return _changed(desk, change)


@operation(
    "alerts.unsilence",
    "DELETE",
    "/alerts/silences/{silence}",
    command="mainspring alerts unsilence {silence}",
    done="Silence {silence} is over",
)
def unsilence(desk: Desk, silence: str) -> Silence:
    """End a silence: what fires under it is told.

    Args:
        silence: The id of the silence.
    """
    by = desk.caller.name
    return _changed(desk, lambda book: book.unsilence(silence, by=by))


def _changed(desk: Desk, change: Callable[[AlertBook], T]) -> T:
    """Change the book, and write what happened into the record."""
    book = Sight(desk.shared).book
    made = change(book)
    book.record(alert_ledger(desk.platform))
    return made


def _named(alerts: Sequence[str]) -> Sequence[str]:
    if not alerts:
        raise InputError("no alert is named", where="alerts", expected="ids of alerts", fix="choose at least one")
    return alerts
