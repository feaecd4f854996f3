"""Moving traffic: the share of a canary, its steps, promotion, the way back, and labels."""

from __future__ import annotations

from typing import Any

import msgspec

from mainspring.app.accounts import Role
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.deployments.asking import server_of
from mainspring.app.api.subjects.deployments.watching import watch_of
from mainspring.core.errors import InputError, UnavailableError
from mainspring.serving.rollout.history import Event

_PATH = "/deployments/{model:path}/rollout/"


@operation(
    "deployments.share",
    "POST",
    _PATH + "share",
    role=Role.APPROVER,
    command="mainspring rollout share {model} {percent}%",
    done="{arm} gets {share} % of the requests to {model}",
)
def share(desk: Desk, model: str, *, percent: float, reason: str = "", seen: int | None = None) -> Event:
    """Give the candidate of a canary so many of a hundred requests, whatever its steps say; its guards go on.

    Args:
        percent: How many of a hundred requests.
    """
    return _act(desk, model, "share", reason=reason, seen=seen, share=percent)


@operation(
    "deployments.advance",
    "POST",
    _PATH + "advance",
    role=Role.APPROVER,
    command="mainspring rollout advance {model}",
    done="The canary of {model} is at its next step",
)
def advance(desk: Desk, model: str, *, reason: str = "", seen: int | None = None) -> Event:
    """Take a canary to its next step, whatever its guards say."""
    return _act(desk, model, "advance", reason=reason, seen=seen)


@operation(
    "deployments.hold",
    "POST",
    _PATH + "hold",
    role=Role.APPROVER,
    command="mainspring rollout hold {model}",
    done="The rollout of {model} is held: nothing is decided until it goes on",
)
def hold(desk: Desk, model: str, *, reason: str = "", seen: int | None = None) -> Event:
    """Keep a canary at its step, and judge nothing, until it is resumed."""
    return _act(desk, model, "hold", reason=reason, seen=seen)


@operation(
    "deployments.resume",
    "POST",
    _PATH + "resume",
    role=Role.APPROVER,
    command="mainspring rollout resume {model}",
    done="The rollout of {model} goes on",
)
def resume(desk: Desk, model: str, *, reason: str = "", seen: int | None = None) -> Event:
    """Go on with a canary that is held; one that is over begins again at its first step."""
    return _act(desk, model, "resume", reason=reason, seen=seen)


@operation(
    "deployments.promote",
    "POST",
    _PATH + "promote",
    role=Role.APPROVER,
    command="mainspring rollout promote {model} --arm {arm}",
    done="{arm} is the primary version of {model} now",
)
def promote(desk: Desk, model: str, *, arm: str = "", reason: str = "", seen: int | None = None) -> Event:
    """Make an arm the primary one, the candidate of a canary by default; the rollout is over.

    Args:
        arm: Which arm; the candidate of a canary by default.
    """
    return _act(desk, model, "promote", reason=reason, seen=seen, arm=arm)


@operation(
    "deployments.rollback",
    "POST",
    _PATH + "rollback",
    role=Role.APPROVER,
    command="mainspring rollout rollback {model}",
    done="The primary version of {model} alone answers",
)
def rollback(desk: Desk, model: str, *, reason: str = "", seen: int | None = None) -> Event:
    """Have the version alone answer that is the primary one by declaration; the rollout is over."""
    return _act(desk, model, "rollback", reason=reason, seen=seen)


@operation(
    "deployments.label",
    "POST",
    "/deployments/{model:path}/labels",
    role=Role.APPROVER,
    command="mainspring rollout label {model} {label}={version}",
    done="{label} stands for version {version} of {model}",
)
def label(desk: Desk, model: str, *, label: str, version: str) -> dict[str, str]:
    """Have a label stand for another loaded version, from one request to the next; gives all labels.

    Args:
        label: The label, such as `stable`.
    """
    if not label.strip():
        raise InputError("the label has no name", expected="such as stable")
    with server_of(desk.platform) as client:
        moved = client.label(model, {label.strip(): version})
    watch_of(desk.shared).look(desk.platform, fresh=True)
    return moved


def _act(desk: Desk, model: str, verb: str, *, reason: str, **more: Any) -> Event:
    with server_of(desk.platform) as client:
        event = client.act(model, verb, by=desk.caller.name, reason=reason, **more)
    watch_of(desk.shared).look(desk.platform, fresh=True)
    try:
        return msgspec.convert(event, Event)
    except msgspec.ValidationError as error:
        raise UnavailableError(f"what answers there is no prediction server: {error}", where=client.url) from error
