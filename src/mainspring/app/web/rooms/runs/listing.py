"""Runs as a table: what is shown, sorted and filtered is in the address, so that it can be sent to somebody."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.responses import Response

from mainspring.app.api.subjects.runs.listing import Listed, RunList
from mainspring.app.api.subjects.runs.listing import listed as runs_listed
from mainspring.app.api.subjects.runs.table.rows import Scalar
from mainspring.app.web.figures import measured, number
from mainspring.app.web.visit import Visit
from mainspring.core.clock import iso, now
from mainspring.core.errors import InputError

_KEPT: Final = ("text", "pipeline", "within", "since", "until", "where", "sort", "descending", "limit")
_WITHIN: Final = (("", "Any time"), ("1", "Last 24 hours"), ("7", "Last 7 days"), ("30", "Last 30 days"))
_LONGEST: Final = 40
_LONG_AGO: Final = 10_000  # days: older than any run
_NOTHING: Final = Markup('<td><span class="quiet">—</span></td>')
_NOTHING_RIGHT: Final = Markup('<td class="num"><span class="quiet">—</span></td>')
_NUMBER: Final = Markup('<td class="num" data-value="{}">{}</td>')
_TEXT: Final = Markup('<td class="value" title="{}">{}</td>')


def listed(visit: Visit) -> Response:
    """The table."""
    asked = {name: visit.query.get(name, "") for name in _KEPT}
    states, columns = [one.lower() for one in visit.many("state")], list(visit.many("columns"))
    problem, found = None, None
    try:
        found = _ask(visit, asked, states, columns)
    except InputError as error:  # a slip in the expression: said beside it, with the table as it was without it
        problem = error
        found = _ask(visit, {**asked, "where": "", "sort": ""}, states, [])
    numbers = {key for key in found.shown if _numbers(found, key)}
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
        offset=visit.whole("offset"),
        sort=visit.query.get("sort") or "started",
        descending=visit.query.get("descending", "true") != "false",
        names={one.key: one for one in found.columns},
        numbers=numbers,
        cells={one.run: cells(one, found.shown, numbers) for one in found.runs},
    )


def _ask(visit: Visit, asked: dict[str, str], states: Sequence[str], columns: Sequence[str]) -> RunList:
    given: dict[str, Any] = {name: value for name, value in asked.items() if value and name != "within"}
    days = min(visit.whole("within"), _LONG_AGO)
    if days and "since" not in given:
        given["since"] = iso(now() // 60 * 60 - days * 86400)
    found: RunList = visit.ask(
        runs_listed, state=list(states), columns=list(columns), offset=visit.whole("offset"), **given
    )
    return found


def _numbers(found: RunList, key: str) -> bool:
    """Whether a column is set to the right."""
    values = [one.values[key] for one in found.runs if one.values[key] is not None]
    return all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)


def _linking(visit: Visit, now_asked: dict[str, Any]) -> Callable[..., str]:
    """Addresses of this page with something changed; another filter begins at the first page."""
    here = visit.renderer.url("/runs")
    parts = {name: _encoded(name, value) for name, value in now_asked.items()}

    def link(**changes: Any) -> str:
        changed = {**parts, **{name: _encoded(name, value) for name, value in changes.items()}}
        return "?".join(filter(None, (here, "&".join(filter(None, changed.values())))))

    return link


def _encoded(name: str, value: Any) -> str:
    """One name of an address with its values; written once, because a page has a link for every column."""
    many = value if isinstance(value, list) else [value]
    return urlencode([(name, one) for one in many if one not in (None, "")])


def cells(run: Listed, keys: Sequence[str], right: Container[str]) -> str:
    """The cells of a row, written here because a page may have some thousands of them."""
    return Markup("").join(
        _cell(run.values[key], right=key in right, written=measured if key.startswith("metrics.") else number)
        for key in keys
    )


def _cell(value: Scalar, *, right: bool, written: Callable[[object], str]) -> Markup:
    if value is None:
        return _NOTHING_RIGHT if right else _NOTHING
    if right:
        return _NUMBER.format(value, written(value))
    text = str(value)
    return _TEXT.format(text, text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")
