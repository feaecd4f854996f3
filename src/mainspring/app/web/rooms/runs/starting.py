"""Starting a run: a form made of the pipeline's signature, and what the run would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from mainspring.app.api.desk import Desk
from mainspring.app.api.subjects.runs.starting import pipelines, plan
from mainspring.app.planning import Offer, Plan
from mainspring.app.planning.signatures import as_text
from mainspring.app.web.visit import Visit
from mainspring.core.errors import MainspringError


def new(visit: Visit) -> Response:
    """The form; filled in with the parameters of a run, if one is named, and with a plan, if one is asked for."""
    offers, problem = _offers(visit)
    like = visit.query.get("like", "")
    before = _recorded(visit.desk, like) if like else {}
    wanted = visit.query.get("pipeline") or str(before.get("pipeline") or "")
    chosen = next((one for one in offers if one.name == wanted), offers[0] if offers else None)
    given = {
        name.partition(".")[2]: value for name, value in visit.query.items() if name.startswith("parameters.")
    }
    values = {**(_texts(chosen, before.get("parameters") or {}) if chosen else {}), **given}
    planned, wrong = _plan(visit, chosen, given) if visit.query.get("dry") and chosen else (None, None)
    return visit.render(
        "runs/new.html.j2",
        room="runs",
        offers=offers,
        chosen=chosen,
        problem=problem,
        values=values,
        like=like,
        plan=planned,
        wrong=wrong,
        fields={} if wrong is None else wrong.fields,
        part={name: list(visit.many(name)) for name in ("start", "end", "only")},
    )


def _offers(visit: Visit) -> tuple[Sequence[Offer], MainspringError | None]:
    try:
        return visit.ask(pipelines, file=visit.query.get("file", "")), None
    except MainspringError as error:
        return [], error


def _recorded(desk: Desk, run: str) -> Mapping[str, Any]:
    found = desk.platform.pipelines.records.run(run)
    return {"pipeline": found.properties.get("pipeline"), "parameters": found.custom.get("parameters") or {}}


def _texts(chosen: Offer, parameters: Mapping[str, Any]) -> dict[str, str]:
    """The values that a run had, as they are typed."""
    kinds = {one.name: one.kind for one in chosen.entries}
    return {
        name: as_text(value, str if kinds[name] in ("text", "file") else None)
        for name, value in parameters.items()
        if name in kinds
    }


def _plan(visit: Visit, chosen: Offer, given: Mapping[str, str]) -> tuple[Plan | None, MainspringError | None]:
    parts = {name: list(visit.many(name)) for name in ("start", "end", "only")}
    try:
        return visit.ask(
            plan, pipeline=chosen.name, file=visit.query.get("file", ""), parameters=dict(given), **parts
        ), None
    except MainspringError as error:
        return None, error
