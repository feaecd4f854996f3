"""Pages about a version of a data set: its columns, its statistics, its rows, its anomalies, one column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from mainspring.app.api.subjects import data
from mainspring.app.api.subjects.data.sampling import RowsPage
from mainspring.app.api.subjects.data.selecting import OPERATORS, Condition
from mainspring.app.web.embedding import embedded
from mainspring.app.web.rooms.data import pictures
from mainspring.app.web.rooms.data.choosing import Chosen, choose
from mainspring.app.web.visit import Visit
from mainspring.core.errors import InputError

_PAGE: Final = 150
_CONDITION: Final = ("column", "operator", "value")


def columns(visit: Visit) -> Response:
    """The facts of a version, and its columns."""
    chosen = choose(visit)
    shown: dict[str, Any] = {"columns": None, "listed": [], "pages": 1, "page": 1, "q": visit.query.get("q", "")}
    if chosen.facts.described and "schema" not in chosen.facts.damaged:
        page = max(1, visit.whole("page", 1))
        found = visit.ask(data.columns, **chosen.asked, find=shown["q"], offset=(page - 1) * _PAGE, limit=_PAGE)
        drawn = [(one, pictures.tiny(one, found.over)) for one in found.columns]
        pages = max(1, -(-found.total // _PAGE))
        shown |= {"columns": found, "listed": drawn, "matched": found.total, "pages": pages, "page": page}
    return _render(visit, "data/version.html.j2", chosen, "columns", **shown)


def statistics(visit: Visit) -> Response:
    """The page of statistics in a frame."""
    return _render(visit, "data/statistics.html.j2", choose(visit), "statistics")


def view(visit: Visit) -> Response:
    """What stands in that frame."""
    return embedded(visit, visit.ask(data.whole_page, **choose(visit).asked).html)


def column(visit: Visit) -> Response:
    """One column."""
    chosen = choose(visit)
    name = visit.query.get("name", "")
    found = visit.ask(data.column_page, column=name, **chosen.asked)
    here = chosen.facts.version.title + (f", {chosen.split}" if chosen.split else "")
    files = [one.file for one in visit.ask(data.schemas) if chosen.data.name in one.data]
    return _render(
        visit,
        "data/column.html.j2",
        chosen,
        "column",
        found=found,
        picture_here=pictures.distribution(found, here),
        moments=[(one, pictures.moment(name, one)) for one in reversed(found.moments)],
        missing_chart=pictures.over_time(found),
        file=files[0] if files else "",
    )


def anomalies(visit: Visit) -> Response:
    """What the latest validation found."""
    chosen = choose(visit)
    name, number = chosen.data.name, str(chosen.facts.version.number)
    found = visit.ask(data.anomalies, name=name, version=number)
    files = {each: one.file for one in reversed(visit.ask(data.schemas)) for each in one.data}
    return _render(visit, "data/found.html.j2", chosen, "anomalies", anomalies=found, files=files)


def rows(visit: Visit) -> Response:
    """Rows, filtered and sorted."""
    chosen = choose(visit)
    given = _wish(visit)
    if visit.query.get("column"):
        more = Condition(*(visit.query.get(name, "") for name in _CONDITION)).as_text()
        return RedirectResponse(_address(visit, chosen, given, where=[*given["where"], more]), status_code=303)
    reveal = visit.query.get("reveal") == "yes"
    shown: dict[str, Any] = {"found": None, "given": given, "operators": OPERATORS, "reveal": reveal}
    if chosen.facts.kept:
        found, problem = _found(visit, chosen, given, reveal=reveal)
        given = given if problem is None else {**given, "where": given["where"][:-1]}
        extra = {"reveal": "yes"} if reveal else {}
        offset = found.offset

        def to(**change: Any) -> str:
            return _address(visit, chosen, {**given, **extra}, **change)

        shown |= {
            "found": found,
            "problem": problem,
            "given": given,
            "conditions": [
                (Condition.parse(one), to(where=[each for each in given["where"] if each != one], offset=0))
                for one in given["where"]
            ],
            "earlier": to(offset=offset + len(found.rows)) if offset + len(found.rows) < found.total else "",
            "later": to(offset=max(0, offset - int(given["limit"]))) if offset else "",
            "sorted_by": {
                one.name: to(sort=one.name, down=given["sort"] == one.name and not given["down"], offset=0)
                for one in found.columns
            },
            "splits": [(one, to(split=one, offset=0)) for one in found.splits],
            "revealed_at": to(reveal="yes"),
            "masked_at": to(reveal=""),
            "download": [
                (kind, _address(visit, chosen, given, page="download", kind=kind, offset=None, limit=None))
                for kind in ("csv", "parquet")
            ],
        }
    return _render(visit, "data/rows.html.j2", chosen, "rows", **shown)


def _found(
    visit: Visit, chosen: Chosen, given: Mapping[str, Any], *, reveal: bool
) -> tuple[RowsPage, InputError | None]:
    """The rows; without the condition that came last, if it cannot be met, and why it cannot."""
    asked = {"name": chosen.data.name, "version": str(chosen.facts.version.number), **given}
    read = data.revealed if reveal else data.rows
    try:
        return visit.ask(read, **asked), None
    except InputError as error:
        if not given["where"]:
            raise
        return visit.ask(read, **{**asked, "where": given["where"][:-1]}), error


def download(visit: Visit) -> Response:
    """Rows as a file."""
    given = {name: value for name, value in _wish(visit).items() if name not in ("offset", "limit")}
    kind = visit.query.get("kind", "csv")
    made = visit.ask(data.download, name=visit.path["name"], version=visit.path["version"], kind=kind, **given)
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(made.name)}",
        "cache-control": "no-store",
    }
    return Response(made.data, media_type=made.media, headers=headers)


def _wish(visit: Visit) -> dict[str, Any]:
    query = visit.query
    return {
        "split": query.get("split", ""),
        "where": visit.request.query_params.getlist("where"),
        "sort": query.get("sort", ""),
        "down": query.get("down", "") == "True",
        "offset": query.get("offset", "0") or "0",
        "limit": query.get("limit", "50") or "50",
    }


def _address(visit: Visit, chosen: Chosen, given: dict[str, Any], *, page: str = "rows", **change: Any) -> str:
    made = {**given, **change}
    for name, usual in (("offset", "0"), ("limit", "50"), ("down", "False")):
        if str(made.get(name)) == usual:
            made[name] = None
    return visit.renderer.url("/data", chosen.data.name, chosen.facts.version.number, page, **made)


def _render(visit: Visit, template: str, chosen: Chosen, tab: str, **shown: Any) -> Response:
    return visit.render(
        template,
        room="data",
        chosen=chosen,
        data=chosen.data,
        facts=chosen.facts,
        version_=chosen.facts.version,
        kept=chosen.kept,
        tab=tab,
        **shown,
    )
