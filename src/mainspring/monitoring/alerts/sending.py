"""Sending messages that are due: claimed, sent, and only then written down as sent."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeAlias

from mainspring.core.attempts import attempted
from mainspring.core.errors import MainspringError, UnavailableError
from mainspring.core.signing import read_secret
from mainspring.monitoring.alerts.contents import Notice, Sent
from mainspring.monitoring.alerts.destinations import filled, is_native, key_of, secrets_of, shown
from mainspring.monitoring.alerts.draft import Draft
from mainspring.monitoring.alerts.messages import Message, Told, message_of
from mainspring.monitoring.alerts.option_parts import Destination
from mainspring.monitoring.alerts.options import AlertOptions
from mainspring.monitoring.alerts.planning import due
from mainspring.monitoring.alerts.ports import Sender

_LOG = logging.getLogger(__name__)

ATTEMPTS: Final = 8
"""After so many a message is given up: by then an hour and more has passed."""

_LEASE: Final = 120.0
"""Seconds after which somebody else sends what a process had in hand that was killed."""
_FIRST: Final = 30.0
_LONGEST: Final = 3600.0

Senders: TypeAlias = Callable[[Destination], Sender]
"""Gives what sends to a destination."""

Change: TypeAlias = Callable[[Callable[[Draft], None]], object]
"""One transaction of the book."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """One try at a message.

    Attributes:
        message: What was told.
        destination: Whom, as it may be shown.
        ok: Whether it was taken.
        error: Why it was not.
        given_up: Whether it is not tried again.
    """

    message: Message
    destination: str
    ok: bool
    error: str = ""
    given_up: bool = False


def deliver(change: Change, model: str, options: AlertOptions, senders: Senders | None = None) -> list[Sending]:
    """Send what is due about a model.

    Args:
        change: Makes a transaction of the book.
        model: The model.
        options: Who is told, and when.
        senders: How.
    """
    claimed: list[tuple[Notice, Message]] = []

    def claim(draft: Draft) -> None:
        for notice in due(draft, model, options):
            message = _message(draft, notice, options)
            if message is None:
                draft.drop_notice(notice)  # all that it was about is long over
                continue
            mine = replace(notice, leased=draft.at + _LEASE, attempts=notice.attempts + 1)
            claimed.append((draft.put_notice(mine), message))

    change(claim)
    by_key = {key_of(one): one for one in options.destinations}
    made = []
    for notice, message in claimed:
        destination = by_key[notice.destination]
        error = attempt(destination, message, senders)
        change(partial(_settle, notice=notice, error=error))
        given_up = bool(error) and notice.attempts >= ATTEMPTS
        made.append(
            Sending(message=message, destination=shown(destination), ok=not error, error=error, given_up=given_up)
        )
    return made


def attempt(destination: Destination, message: Message, senders: Senders | None = None) -> str:
    """Send a message to a destination now; gives why it was not taken, without secrets, or nothing."""

    def send() -> None:
        sender = (senders or usual)(destination)
        secret = "" if not destination.secret else read_secret(destination.secret)
        sender(filled(destination), message, secret=secret)

    error = attempted(send).exception()
    if error is None:
        return ""
    told = str(error) if isinstance(error, MainspringError) else f"{type(error).__name__}: {error}"
    for one in secrets_of(destination):
        told = told.replace(one, "…")
    _LOG.warning("%s was not told of %s: %s", shown(destination), message.subject, told)
    return told


def usual(destination: Destination) -> Sender:
    """JSON over HTTP by ourselves, all else by Apprise.

    Raises:
        UnavailableError: If Apprise is needed and not installed.
    """
    if is_native(destination):
        from mainspring.monitoring.alerts.webhook_sender import send

        return send
    try:
        from mainspring.monitoring.alerts.apprise_sender import send as send_by_apprise
    except ImportError as error:
        raise UnavailableError(
            f"{shown(destination)} needs Apprise, which is not installed",
            fix="pip install 'mainspring[alerts]'",
        ) from error
    return send_by_apprise


def _message(draft: Draft, notice: Notice, options: AlertOptions) -> Message | None:
    happened: dict[str, list[str]] = {}
    for one in notice.occurrences:
        if one.alert in draft.alerts:
            happened.setdefault(one.alert, []).append(one.kind)
    if not happened:
        return None
    told = [Told(alert=draft.alerts[name], happened=tuple(kinds)) for name, kinds in happened.items()]
    return message_of(
        told,
        name=f"{notice.model}-{notice.id}",
        model=notice.model,
        at=draft.at,
        group=notice.group,
        page=options.page,
        digest=notice.digest,
    )


def _settle(draft: Draft, notice: Notice, error: str) -> None:
    if not error:
        sent = Sent(destination=notice.destination, group=notice.group, at=draft.at, counts=not notice.digest)
        draft.drop_notice(notice, sent=sent)
    elif notice.attempts >= ATTEMPTS:
        draft.drop_notice(notice)
        details = {"message": notice.id, "alerts": [one.alert for one in notice.occurrences], "error": error}
        draft.note("undelivered", details=details)
    else:
        later = draft.at + min(_LONGEST, _FIRST * 2.0 ** (notice.attempts - 1))
        draft.put_notice(replace(notice, leased=0.0, due=later, error=error))
