"""Messages by Apprise (https://github.com/caronc/apprise): mail, Slack, Teams, PagerDuty and many others."""

from __future__ import annotations

import io
import logging
import warnings
from typing import Final

import apprise

from mainspring.core.errors import InputError, UnavailableError
from mainspring.monitoring.alerts.alert import Severity
from mainspring.monitoring.alerts.messages import Message

_KINDS: Final = {
    Severity.INFO: apprise.NotifyType.INFO,
    Severity.WARNING: apprise.NotifyType.WARNING,
    Severity.CRITICAL: apprise.NotifyType.FAILURE,
}
_EXCERPT: Final = 300


def send(url: str, message: Message, *, secret: str = "") -> None:
    """Send a message to an address of Apprise.

    Mail gets HTML, all else Markdown, which Apprise turns into what the service understands.

    Args:
        url: Such as ``mailto://user:password@example.com`` or ``slack://…``.
        message: What is told.
        secret: Not used: Apprise's addresses hold their secrets.

    Raises:
        InputError: If Apprise does not understand the address.
        UnavailableError: If it was not taken, with what Apprise says of it.
    """
    asset = apprise.AppriseAsset(app_id="Mainspring", app_desc="Mainspring", app_url="", async_mode=False)
    channel = apprise.Apprise(asset=asset)
    with warnings.catch_warnings():
        # Its plugins are loaded now; one uses a module that Python will drop, and has its own for that day.
        warnings.simplefilter("ignore", DeprecationWarning)
        known = channel.add(url)
    if not known:
        raise InputError("Apprise does not understand the address", expected="one of those on appriseit.com")
    mail = url.startswith("mailto")
    told = io.StringIO()
    handler = logging.StreamHandler(told)
    log = logging.getLogger("apprise")
    log.addHandler(handler)
    try:
        taken = channel.notify(
            title=message.subject,
            body=message.html if mail else message.markdown,
            body_format=apprise.NotifyFormat.HTML if mail else apprise.NotifyFormat.MARKDOWN,
            notify_type=apprise.NotifyType.SUCCESS if message.over else _KINDS[message.severity],
        )
    finally:
        log.removeHandler(handler)
    if not taken:
        said = " ".join(told.getvalue().split())[:_EXCERPT]
        raise UnavailableError(f"it was not taken: {said or 'Apprise does not say why'}")
