"""The page of the comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import RedirectResponse, Response

from mainspring.app.api.subjects import comparing
from mainspring.app.api.subjects.comparing.comparing import Comparison
from mainspring.app.api.subjects.comparing.tabling import GROUPS, Row
from mainspring.app.api.subjects.runs.table import table_of
from mainspring.app.web.rooms.comparing.cells import Cell, as_text, cells_of, ordered
from mainspring.app.web.rooms.comparing.state import FEW, VIEWS, State, changed, state_of
from mainspring.app.web.visit import Visit

_OFFERED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRow:
    """A row of the table with its cells."""

    row: Row
    cells: Sequence[Cell]


def compared(visit: Visit) -> Response:
    """Runs beside each other, in one of several views; or a choice of runs, where none is named."""
    state = state_of(visit)
    if not (state.runs or state.last or visit.query.get("add")):
        return _choice(visit)
    if not state.runs and not state.last:
        return RedirectResponse(visit.renderer.url("/compare", run=visit.query["add"].split()), status_code=303)
    found: Comparison = visit.ask(
        comparing.compare,
        run=list(state.runs),
        base=state.base,
        differing=False,
        last=state.last,
        pipeline=state.pipeline,
    )
    after = changed(visit, state, [one.run for one in found.runs])
    if after is not None:
        return RedirectResponse(visit.renderer.url("/compare", **after), status_code=303)
    shown: dict[str, Any] = {
        "state": state,
        "found": found,
        "views": [
            (name, title, visit.renderer.url("/compare", **state.query(view=name)))
            for name, title in VIEWS.items()
        ],
        "others": _others(visit, {one.run for one in found.runs}),
    }
    if state.view == "changes":
        return visit.render("comparing/changes.html.j2", room="runs", **shown, **_changes(visit, state, found))
    if state.view != "table":
        return visit.render(f"comparing/{state.view}.html.j2", room="runs", **shown)
    template = "columns" if len(found.runs) <= FEW else "rows"
    return visit.render(f"comparing/{template}.html.j2", room="runs", **shown, **_table(state, found))


def _choice(visit: Visit) -> Response:
    rows = table_of(visit.desk.shared).rows()[:_OFFERED]
    return visit.render("comparing/choose.html.j2", room="runs", rows=rows)


def _others(visit: Visit, taken: set[str]) -> Sequence[str]:
    """Runs that could be added, the newest first."""
    names = [row.name for row in table_of(visit.desk.shared).rows()[: _OFFERED + len(taken)]]
    return [name for name in names if name not in taken][:_OFFERED]


def _table(state: State, found: Comparison) -> dict[str, Any]:
    turned = ordered(found, state.sort)
    chosen = set(state.metrics or [key.partition(".")[2] for key in found.main if key.startswith("metrics.")])
    metrics = [row for row in found.rows if row.group == "metrics"]
    rows = [
        ShownRow(row=row, cells=cells_of(row, 0))
        for row in turned.rows
        if (state.every or row.differs or len(found.runs) == 1)
        and (row.group != "metrics" or row.name in chosen or "*" in chosen)
    ]
    order = (
        GROUPS if len(found.runs) <= FEW else sorted(GROUPS, key=lambda name: (name != "metrics", name == "run"))
    )
    groups = [(name, GROUPS[name], [one for one in rows if one.row.group == name]) for name in order]
    return {
        "turned": turned,
        "groups": [one for one in groups if one[2]],
        "metrics": [row.name for row in metrics],
        "chosen": chosen,
        "alike": sum(not row.differs for row in found.rows),
        "unshown": sum(row.differs for row in metrics)
        - sum(one.row.group == "metrics" for one in rows if one.row.differs),
    }


def _changes(visit: Visit, state: State, found: Comparison) -> dict[str, Any]:
    names = [one.run for one in found.runs]
    by_time = [one.run for one in sorted(found.runs, key=lambda one: one.started)]
    before = state.before if state.before in names else found.base if state.base else by_time[0]
    rest = [name for name in by_time if name != before]
    after = state.after if state.after in rest else (rest[-1] if rest else "")
    diff = visit.ask(comparing.diff, before=before, after=after) if after else None
    return {"diff": diff, "before": before, "after": after, "names": names, "as_text": as_text}
