"""Requests to a model: found, and shown in full."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from mainspring.app.api.subjects.deployments import explaining, requests, similar
from mainspring.app.api.subjects.deployments.asking import address_of
from mainspring.app.api.subjects.deployments.watching import watch_of
from mainspring.app.web.figures import number
from mainspring.app.web.rooms.deployments import pictures
from mainspring.app.web.visit import Visit
from mainspring.core.clock import from_iso, iso
from mainspring.core.errors import MainspringError, NotFoundError

_FIELDS: Final = (
    "since",
    "until",
    "version",
    "arm",
    "status",
    "slower",
    "text",
    "columns",
    "request",
    "outlier",
    "truth",
)


def listed(visit: Visit) -> Response:
    """Those that fit, the newest first; new ones come by themselves unless that is paused."""
    name = visit.path["model"]
    given = {field: visit.query[field] for field in _FIELDS if visit.query.get(field)}
    before = visit.query.get("before", "")
    problem = None
    try:
        page = visit.ask(requests.requests, model=name, before=before, **given)
    except NotFoundError:
        raise
    except MainspringError as error:
        problem, page = error, visit.ask(requests.requests, model=name)
    sight = watch_of(visit.desk.shared).look(visit.desk.platform)
    return visit.render(
        "deployments/requests.html.j2",
        room="deployments",
        tab="requests",
        name=name,
        page=page,
        given=given,
        problem=problem,
        before=before,
        live=not before and visit.query.get("live", "1") == "1",
        versions=sorted({str(one["version"]) for one in sight.models if one["name"] == name}),
        filters=dict.fromkeys(_FIELDS, "") | given,
        moments={name: _minute(given.get(name, "")) for name in ("since", "until")},
    )


def _minute(text: str) -> str:
    """A moment as a field of a form takes it, in UTC; empty for what is none."""
    try:
        return iso(from_iso(text))[:16] if text else ""
    except MainspringError:
        return ""


def shown(visit: Visit) -> Response:
    """One in full, with its explanation if that was asked for."""
    name, wanted = visit.path["model"], visit.path["request"]
    revealed = visit.query.get("private") == "shown"
    asked = requests.reveal if revealed else requests.request
    found: requests.Request = visit.ask(asked, model=name, request=wanted)
    explanation, problem = _explained(visit, name, found)
    url = address_of(visit.desk.platform)
    rows = [dict(one) for one in found.values]
    return visit.render(
        "deployments/request.html.j2",
        room="deployments",
        tab="requests",
        name=name,
        found=found,
        record=found.record,
        explanation=explanation,
        problem=problem,
        chart=_chart(explanation),
        pictures=pictures,
        likes=_similar(visit, name, found),
        curl=curl_of(url, name, rows) if rows and not (found.hidden and not revealed) else "",
        method=visit.query.get("explain", ""),
        registered=_registered(visit, name, found),
    )


def curl_of(url: str, model: str, rows: list[dict[str, Any]]) -> str:
    """The command that asks the same again."""
    body = json.dumps({"instances": rows}, ensure_ascii=False, default=str)
    return f"curl -s {shlex.quote(f'{url}/v1/models/{model}:predict')} -d {shlex.quote(body)}"


def _explained(
    visit: Visit, model: str, found: requests.Request
) -> tuple[explaining.Explanation | None, MainspringError | None]:
    """The explanation that was asked for, or why there is none."""
    method = visit.query.get("explain", "")
    if not method:
        return None, None
    asked: Mapping[str, str] = {
        "method": "" if method == "first" else method,
        "row": visit.query.get("row", "0"),
        "wanted": visit.query.get("wanted", ""),
    }
    try:
        return visit.ask(explaining.explain, model=model, request=found.record.id, **asked), None
    except MainspringError as error:
        return None, error


def _chart(explanation: explaining.Explanation | None) -> str:
    if explanation is None or not explanation.contributions:
        return ""
    labels = [f"{one.feature} = {_short(one.value)}" for one in explanation.contributions]
    return pictures.contributions_chart(explanation.contributions, labels)


def _similar(visit: Visit, model: str, found: requests.Request) -> list[similar.Like]:
    if found.record.error is not None or not found.record.rows:
        return []
    return list(visit.ask(similar.similar, model=model, request=found.record.id))


def _registered(visit: Visit, model: str, found: requests.Request) -> Any:
    """The version in the registry that answered; ``None`` if it is not there."""
    try:
        return explaining.registered(visit.desk.platform, model, found.record.version)
    except MainspringError:
        return None


def _short(value: object) -> str:
    text = number(value, 5)
    return text if len(text) <= 16 else text[:15] + "…"
