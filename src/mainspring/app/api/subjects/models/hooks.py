"""Webhooks: who is told of what happens to models, and what became of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mainspring.app.accounts import Role
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.models.registry.webhooks.hook import Delivery, Webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """An address that is told of what happens to models.

    Attributes:
        name: To tell it from others.
        address: Where to, without what may be secret in it.
        secret: Where its secret is: ``env:NAME`` or ``file:PATH``.
        events: Of what it is told.
        models: Of which models; of all, if none is named.
        active: Whether it is told anything.
        why: Why not, if not.
        failures: How many attempts in a row have failed.
    """

    name: str
    address: str
    secret: str
    events: Sequence[str]
    models: Sequence[str]
    active: bool
    why: str
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One try at a delivery.

    Attributes:
        at: When, in seconds since the epoch.
        status: The HTTP status; ``None`` if nobody answered.
        seconds: How long it took.
        said: What was answered, or why nobody did.
    """

    at: float
    status: int | None
    seconds: float
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """Something that a webhook was told, or is to be.

    Attributes:
        id: Its number.
        hook: Name of the webhook.
        event: What happened.
        state: ``waiting``, ``running``, ``complete``, ``failed`` or ``canceled``.
        at: When it happened.
        attempts: Every try so far.
        body: What is sent, as JSON.
    """

    id: int
    hook: str
    event: str
    state: str
    at: float
    attempts: Sequence[Tried]
    body: str


@operation("webhooks.list", "GET", "/webhooks", command="mainspring webhooks list")
def listed(desk: Desk) -> Sequence[Hook]:
    """Who is told of what happens to models."""
    return [_hook(one) for one in desk.platform.models.webhooks.list()]


@operation("webhooks.deliveries", "GET", "/webhooks-deliveries", command="mainspring webhooks log {name}")
def deliveries(desk: Desk, *, name: str = "", limit: int = 30) -> Sequence[Delivered]:
    """What was told, the newest first: every attempt with its status, its time and what was answered."""
    return [_delivered(one) for one in desk.platform.models.webhooks.log(name or None, limit=limit)]


@operation(
    "webhooks.add",
    "POST",
    "/webhooks",
    role=Role.ADMIN,
    command="mainspring webhooks add {name} {url} --secret {secret}",
    done="{name} is told from now on",
)
def add(
    desk: Desk, *, name: str, url: str, secret: str, events: str | list[str] = "", models: str | list[str] = ""
) -> Hook:
    """Tell an address of what happens to models; requests are signed as Standard Webhooks 1.0 says.

    Args:
        desk: Whose.
        name: To tell it from others.
        url: The address, best https.
        secret: Where its secret is, ``env:NAME`` or ``file:PATH``: it is neither shown nor kept in the record.
        events: Of which events; of all, if none is named.
        models: Of which models; of all, if none is named.
    """
    if not secret.strip():
        raise InputError("the secret has no place", expected="env:NAME or file:PATH")
    made = desk.platform.models.webhooks.add(
        name, url, secret=secret, events=_names(events), models=_names(models)
    )
    return _hook(made)


@operation(
    "webhooks.remove",
    "DELETE",
    "/webhooks/{name}",
    role=Role.ADMIN,
    command="mainspring webhooks remove {name}",
    done="{name} is told nothing any more",
)
def remove(desk: Desk, name: str) -> None:
    """Tell a webhook nothing any more; its log stays."""
    desk.platform.models.webhooks.remove(name)


@operation(
    "webhooks.enable",
    "POST",
    "/webhooks/{name}/enable",
    role=Role.ADMIN,
    command="mainspring webhooks enable {name}",
    done="{name} is changed",
)
def enable(desk: Desk, name: str, *, active: bool = True) -> Hook:
    """Let a webhook that was disabled be told again; or pause it, with ``active`` false.

    Args:
        active: Whether it is told.
    """
    why = "" if active else f"paused by {desk.caller.name}"
    return _hook(desk.platform.models.webhooks.enable(name, active=active, why=why))


@operation(
    "webhooks.test",
    "POST",
    "/webhooks/{name}/test",
    role=Role.ADMIN,
    command="mainspring webhooks test {name}",
    done="{hook} is being told; its deliveries say what it answers",
)
def test(desk: Desk, name: str) -> Delivered:
    """Send the event ``webhook.test`` to one webhook; its deliveries say what it answered."""
    return _delivered(desk.platform.models.webhooks.test(name))


def _names(given: str | list[str]) -> list[str]:
    return [one for one in re.split(r"[\s,]+", given) if one] if isinstance(given, str) else given


def _hook(one: Webhook) -> Hook:
    return Hook(
        name=one.name,
        address=one.shown,
        secret=one.secret,
        events=one.events,
        models=one.models,
        active=one.active,
        why=one.why,
        failures=one.failures,
    )


def _delivered(one: Delivery) -> Delivered:
    states: dict[str, str] = {"NEW": "waiting"}
    return Delivered(
        id=one.id,
        hook=one.hook,
        event=one.event,
        state=states.get(one.state.value, one.state.value.lower()),
        at=one.at,
        attempts=[_tried(each) for each in one.attempts],
        body=one.body,
    )


def _tried(one: Any) -> Tried:
    return Tried(at=one.at, status=one.status, seconds=one.seconds, said=one.response or one.error)
