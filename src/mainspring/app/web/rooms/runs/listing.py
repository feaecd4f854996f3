"""Runs as a table: what is shown, sorted and filtered is in the address, so that it can be sent to somebody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from starlette.responses import Response

from mainspring.app.api.subjects.runs.listing import RunList
from mainspring.app.api.subjects.runs.listing import listed as runs_listed
from mainspring.app.web.visit import Visit
from mainspring.core.clock import iso, now
from mainspring.core.errors import InputError

_KEPT: Final = ("text", "pipeline", "within", "since", "until", "where", "sort", "descending", "limit")
_WITHIN: Final = (("", "Any time"), ("1", "Last 24 hours"), ("7", "Last 7 days"), ("30", "Last 30 days"))
_SIZES: Final = (50, 100, 200)


def listed(visit: Visit) -> Response:
    """The table."""
    asked = {name: visit.query.get(name, "") for name in _KEPT}
    states, columns = list(visit.many("state")), list(visit.many("columns"))
    problem, found = None, None
    try:
        found = _ask(visit, asked, states, columns)
    except InputError as error:  # a slip in the expression: said beside it, with the table as it was without it
        problem = error
        found = _ask(visit, {**asked, "where": "", "sort": ""}, states, [])
    return visit.render(
        "runs/list.html.j2",
        room="runs",
        found=found,
        problem=problem,
        asked=asked,
        states=states,
        chosen=columns,
        link=_linking(visit, {**asked, "state": states, "columns": columns}),
        within=_WITHIN,
        sizes=_SIZES,
        offset=_offset(visit),
        sort=visit.query.get("sort") or "started",
        descending=visit.query.get("descending", "true") != "false",
        names={one.key: one for one in found.columns},
        numbers={key for key in found.shown if _numbers(found, key)},
    )


def _ask(visit: Visit, asked: dict[str, str], states: Sequence[str], columns: Sequence[str]) -> RunList:
    given: dict[str, Any] = {name: value for name, value in asked.items() if value and name != "within"}
    days = asked.get("within", "")
    if days.isdecimal() and "since" not in given:
        given["since"] = iso(now() // 60 * 60 - int(days) * 86400)
    found: RunList = visit.ask(
        runs_listed, state=list(states), columns=list(columns), offset=_offset(visit), **given
    )
    return found


def _numbers(found: RunList, key: str) -> bool:
    """Whether a column is set to the right."""
    values = [one.values[key] for one in found.runs if one.values[key] is not None]
    return all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)


def _offset(visit: Visit) -> int:
    text = visit.query.get("offset", "0")
    return int(text) if text.isdecimal() else 0


def _linking(visit: Visit, now_asked: dict[str, Any]) -> Callable[..., str]:
    """Addresses of this page with something changed; another filter begins at the first page."""

    def link(**changes: Any) -> str:
        return visit.renderer.url("/runs", **{**now_asked, **changes})

    return link
