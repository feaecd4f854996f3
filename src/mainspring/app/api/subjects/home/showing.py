"""``home.show``: everything at once, whatever of it can be read in time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.home import glances, motion
from mainspring.app.api.subjects.home.beginning import first_steps
from mainspring.app.api.subjects.home.nouns import Home, Problem
from mainspring.app.api.subjects.home.tasks import askers, tasks_of
from mainspring.app.api.together import Answered, together

_SECONDS: Final = 0.8
"""How long the page waits for its parts."""

_WAITS: Final = "waits: "


@operation("home.show", "GET", "/home")
def show(desk: Desk) -> Home:
    """What runs, what waits for somebody, how models fare, what ran and what came lately.

    A part that fails, or takes too long, is named among the problems, and the rest is there.
    """
    sources: dict[str, Callable[[], Any]] = {
        "running": partial(motion.running, desk),
        "runs": partial(motion.latest, desk),
        "models": partial(glances.registered, desk),
        "monitoring": partial(glances.watched, desk),
        "server": partial(glances.server, desk),
        "data": partial(glances.lately, desk),
        **{_WAITS + name: ask for name, ask in askers(desk).items()},
    }
    found = together(sources, seconds=_SECONDS)

    def part(name: str, otherwise: Any) -> Any:
        value = found[name].value
        return otherwise if value is None else value

    runs = part("runs", [])
    server, served, loads = part("server", (None, {}, {}))
    seen, listed = part("monitoring", []), part("models", [])
    models = glances.models_of(listed, seen, served, loads)
    waiting = [one for name, answer in found.items() if name.startswith(_WAITS) for one in answer.value or ()]
    return Home(
        running=part("running", []),
        tasks=tasks_of(desk, waiting),
        models=models[: glances.MODELS],
        alerts=glances.alerts_of(seen),
        server=server,
        runs=runs[: motion.LATEST],
        outcomes=runs[::-1],
        data=part("data", []),
        first=first_steps(
            desk,
            ran=any(one.state == "COMPLETE" for one in runs),
            model=listed[0].name if listed else "",
            version=listed[0].latest if listed else "",
            in_use=any("production" in one.aliases for one in listed),
            served=bool(served),
            watched=any(one.windows for one in seen),
        ),
        problems=[_problem(name, answer) for name, answer in found.items() if answer.problem],
    )


def _problem(name: str, answer: Answered[Any]) -> Problem:
    part = f"what waits in {name.removeprefix(_WAITS)}" if name.startswith(_WAITS) else name
    return Problem(part=part, why=answer.problem, slow=answer.slow)
