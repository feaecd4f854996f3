"""A step of a run: what it used and made, why it ran, and what it said."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from starlette.responses import FileResponse, Response

from mainspring.app.api.subjects.runs import logs
from mainspring.app.api.subjects.runs.showing import shown as run_shown
from mainspring.app.api.subjects.runs.steps import StepShown, as_text
from mainspring.app.api.subjects.runs.steps import step as step_shown
from mainspring.app.web.rooms.runs.curves import curves_of
from mainspring.app.web.visit import Visit
from mainspring.core.errors import NotFoundError

_TAIL = 64 * 1024


def step(visit: Visit) -> Response:
    """The page of a step."""
    run, name = visit.path["run"], visit.path["step"]
    found = visit.ask(step_shown, run=run, step=name)
    curves, lost = curves_of(_log_of(visit, found))
    return visit.render(
        "runs/step.html.j2",
        room="runs",
        step=found,
        line=found.line,
        log=visit.ask(logs.part, run=found.run, step=name, most=_TAIL),
        text=as_text,
        curves=curves,
        lost=lost,
    )


def _log_of(visit: Visit, found: StepShown) -> Path:
    """The log of the execution that gave what this step gives: its metrics lie beside it."""
    return logs.folder_of(visit.desk.shared, found.from_run or found.run) / f"{found.line.step}.log"


def log_file(visit: Visit) -> Response:
    """The whole log of a step, as it was written."""
    run = visit.ask(run_shown, run=visit.path["run"]).run
    name = visit.path["step"]
    file = logs.file_of(visit.desk.shared, visit.desk.platform.pipelines.records.run(run), name)
    if not file.is_file():
        raise NotFoundError(f"{name} of {run} printed nothing")
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(f'{run}-{name}.log')}"}
    return FileResponse(file, media_type="text/plain; charset=utf-8", headers=headers)
