"""A run: live while it moves, and its report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from starlette.responses import Response

from mainspring.app import stories
from mainspring.app.api.jobs import Job
from mainspring.app.api.subjects.data.privacy import private_here
from mainspring.app.api.subjects.runs import logs
from mainspring.app.api.subjects.runs.nouns import RunShown, StepLine
from mainspring.app.api.subjects.runs.showing import shown as run_shown
from mainspring.app.api.subjects.runs.showing import stamp
from mainspring.app.api.subjects.runs.table.columns import BEST_KNOWN
from mainspring.app.web.embedding import embedded
from mainspring.app.web.rooms.runs.drawing import picture_of
from mainspring.app.web.visit import Visit
from mainspring.core.errors import NotFoundError

_TAIL: Final = 8 * 1024
_FEW: Final = 10


def shown(visit: Visit) -> Response:
    """The page of a run; of one that is on its way, what its job says."""
    name = visit.path["run"]
    jobs = [one for one in visit.desk.jobs.latest(50) if one.path == f"/runs/{name}"]
    try:
        run: RunShown = visit.ask(run_shown, run=name)
    except NotFoundError:
        if not jobs:
            raise
        job = visit.desk.jobs.get(jobs[0].id)
        return visit.render("runs/coming.html.j2", room="runs", name=name, job=job)
    speaking = _speaking(run)
    return visit.render(
        "runs/run.html.j2",
        room="runs",
        run=run,
        picture=picture_of(visit, run),
        speaking=speaking,
        log=visit.ask(logs.part, run=run.run, step=speaking.step, most=_TAIL) if speaking else None,
        job=_fallen(visit, jobs, run),
        facts=_facts(run),
    )


def _speaking(run: RunShown) -> StepLine | None:
    """The step whose log is worth a look on the page of the run: the one that failed, or runs now."""
    for state in ("FAILED", "RUNNING", "LOST"):
        for one in reversed(run.steps):
            if one.state == state and one.execution is not None:
                return one
    return None


def _fallen(visit: Visit, jobs: list[Job], run: RunShown) -> Job | None:
    """The last job about this run, if it ended badly before the run could say why."""
    if not jobs or jobs[0].running or jobs[0].code in (0, 3, 130) or run.failed:
        return None
    return visit.desk.jobs.get(jobs[0].id)


def _facts(run: RunShown) -> dict[str, Any]:
    main = _main_metrics(run)
    left_out = ("SKIPPED",) if run.state in ("COMPLETE", "RUNNING") else ()  # after a failure they were prevented
    done = [one for one in run.steps if one.state in ("COMPLETE", "CACHED", *left_out)]
    return {
        "steps": len(run.steps),
        "done": len(done),
        "cached": sum(one.cached for one in run.steps),
        "changed": sum(one.changed for one in run.parameters),
        "main": main,
        "others": [name for name in run.metrics if name not in main],
    }


def _main_metrics(run: RunShown) -> Sequence[str]:
    """Those that people look for first; all of them where there are few."""
    own = [name for name in run.metrics if "." not in name]
    if len(own) <= _FEW:
        return own
    known = [name for name in BEST_KNOWN if name in own]
    return [*known, *(name for name in own if name not in known)][:_FEW]


def report(visit: Visit) -> Response:
    """The run's report, in the console."""
    return visit.render("runs/report.html.j2", room="runs", run=visit.ask(run_shown, run=visit.path["run"]))


def report_page(visit: Visit) -> Response:
    """The run's report, as the offline page that ``mainspring report`` writes."""
    from mainspring.app.report import gather, render

    opened = visit.desk.platform
    shared = visit.desk.shared
    name, hidden = visit.ask(run_shown, run=visit.path["run"]).run, private_here(shared)

    def make() -> str:
        story = stories.tell(opened.pipelines.records, opened.store.blobs, name)
        return render(gather(opened, story, hidden=hidden))

    return embedded(visit, shared.remembered(("runs", "report", name), (stamp(shared, name), hidden), make))
