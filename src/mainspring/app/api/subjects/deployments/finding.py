"""What a search finds of deployments, what waits for a person, and what has changed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from mainspring.app.api.desk import Desk
from mainspring.app.api.subject import Hit, Waiting
from mainspring.app.api.subjects.deployments.asking import address_of, perhaps, place_of, server_of
from mainspring.app.api.subjects.deployments.log import truths
from mainspring.app.api.subjects.deployments.log.conditions import Conditions
from mainspring.app.api.subjects.deployments.log.searching import Cursor, search
from mainspring.app.api.subjects.deployments.requests import log_of, time_of
from mainspring.app.api.subjects.deployments.watching import watch_of
from mainspring.app.deploying import deployments_of
from mainspring.serving.payloads.segments import segments

if TYPE_CHECKING:
    from mainspring.app.api.shared import Shared

_ID: Final = re.compile(r"[0-9a-fA-F-]{8,36}")
_GIVEN: Final = re.compile(r"(?=.*\d)[\w.:-]{3,100}")
_PATIENCE: Final = 0.05
"""Seconds that a log is searched for a request: somebody is typing."""

_PHASES: Final = {"held": "is held", "rolled_back": "was rolled back"}


def find(desk: Desk, text: str) -> Sequence[Hit]:
    """Models that are served, deployments, and the request of an id."""
    wanted = text.lower().strip()
    sight = watch_of(desk.shared).look(desk.platform)
    served: dict[str, list[str]] = {}
    for one in sight.models:
        served.setdefault(str(one["name"]), []).append(str(one["version"]))
    hits = [
        Hit(kind="served", name=name, path=f"/deployments/{name}", detail=", ".join(versions))
        for name, versions in served.items()
        if wanted in name.lower()
    ]
    current = deployments_of(desk.platform).archive.current
    if current is not None:
        hits += [
            Hit(
                kind="deployment",
                name=name,
                path="/deployments?tab=declared",
                detail=f"revision {current.number}, {file.name}",
                at=current.at,
            )
            for name, file in current.files.items()
            if wanted in name.lower()
        ]
    return hits + _request(desk, text.strip(), [*served])


def waiting(desk: Desk) -> Sequence[Waiting]:
    """Rollouts that are held or were rolled back, deployments that fail, a server that is not ready or is away."""
    archive = deployments_of(desk.platform).archive
    sight = watch_of(desk.shared).look(desk.platform)
    found: list[Waiting] = []
    if sight.reachable and not sight.ready:
        found.append(
            Waiting(
                kind="server",
                title="The prediction server is not ready",
                path="/deployments",
                detail=sight.problem or sight.url,
                since=sight.since,
                urgency=2,
            )
        )
    status = archive.status
    if not sight.reachable and archive.number:
        started = status is not None
        found.append(
            Waiting(
                kind="server",
                title="The prediction server does not answer" if started else "What is declared is served nowhere",
                path="/deployments",
                detail=f"{sight.url}: {sight.problem}",
                since=sight.since,
                urgency=2 if started else 1,
            )
        )
    if status is not None and archive.followed:
        found += [
            Waiting(
                kind="deployment",
                title=f"{name} is not served as declared",
                path="/deployments?tab=declared",
                detail=one.message,
                since=status.at,
                urgency=2,
            )
            for name, one in status.deployments.items()
            if one.state == "failed"
        ]
    return found + (_rollouts(desk, sorted({str(one["name"]) for one in sight.models})) if sight.reachable else [])


def _rollouts(desk: Desk, models: Sequence[str]) -> list[Waiting]:
    found = []
    with server_of(desk.platform) as client:
        for model in models:
            told = perhaps(client, place_of(model, "/rollout"))
            phase = (told or {}).get("phase", "")
            if phase in _PHASES:
                found.append(
                    Waiting(
                        kind="rollout",
                        title=f"The rollout of {model} {_PHASES[phase]}",
                        path=f"/deployments/{model}",
                        detail="resume it, promote it, or roll it back" if phase == "held" else "see why",
                        since=float(told["since"]),
                        urgency=1,
                    )
                )
    return found


def _request(desk: Desk, text: str, models: Sequence[str]) -> list[Hit]:
    """The request of an id: the beginning of one that a server made, or the whole of one that a caller gave."""
    made = time_of(text) if _ID.fullmatch(text) else None
    if made is None and not _GIVEN.fullmatch(text):
        return []
    since, cursor = (None, Cursor()) if made is None else (made - 60.0, Cursor(made + 60.0))
    for model in models:
        wanted = Conditions(model=model, request=text, exact=made is None, since=since)
        for one in search(log_of(desk.platform), wanted, cursor=cursor, limit=1, seconds=_PATIENCE).records:
            path = f"/deployments/{model}/requests/{one.id}"
            return [Hit(kind="request", name=one.id, path=path, detail=f"{model} {one.version}", at=one.time)]
    return []


def all_changed(shared: Shared, _: str) -> Any:
    """Another value whenever something changed of what is served."""
    watch = watch_of(shared)
    watch.look(shared.platform)
    archive = deployments_of(shared.platform).archive
    status = archive.status
    return watch.stamp(), archive.number, None if status is None else (status.number, status.ok, status.repaired)


def one_changed(shared: Shared, model: str) -> Any:
    """Another value whenever something changed of one model."""
    watch = watch_of(shared)
    sight = watch.look(shared.platform)
    number = None
    if sight.reachable:
        with server_of(shared.platform) as client:
            number = (perhaps(client, place_of(model, "/rollout")) or {}).get("number")
    return watch.stamp(model), number, address_of(shared.platform)


def requests_changed(shared: Shared, model: str) -> Any:
    """Another value whenever something was logged, or became known."""
    folder = log_of(shared.platform)
    newest = tuple((one.name, one.stat().st_size) for one in segments(folder)[-4:] if one.exists())
    return newest, truths.stamp(folder), model
