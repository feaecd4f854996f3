"""Simulations: started from a form, and what came of them policy by policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.responses import Response

from mainspring.app.api.subjects.monitoring import simulating
from mainspring.app.api.subjects.monitoring.sight import Sight
from mainspring.app.web.embedding import embedded
from mainspring.app.web.visit import Visit
from mainspring.evaluation.drawing import Line, line_chart

_DAY: Final = 86_400.0
_WIDE: Final = (720.0, 280.0)
_EVENTS: Final = 200
POLICY: Final = "when: [drift]\ncool_down: 1d\nbudget: 3 per 7d\ncost_per_run: 1\n"
"""What the form begins with."""


def listed(visit: Visit) -> Response:
    """The simulations there are, and a form for another one."""
    sight = Sight(visit.desk.shared)
    declared = {} if sight.problems() else sight.declared
    wanted = visit.query.get("model", "")
    policy = declared[wanted].how.retraining if wanted in declared else None
    return visit.render(
        "monitoring/simulations.html.j2",
        room="monitoring",
        simulations=visit.ask(simulating.listed),
        models=list(declared),
        wanted=wanted,
        policy=POLICY,
        has_policy={name: one.how.retraining is not None for name, one in declared.items()},
        declared=None if policy is None else policy.as_dict(),
    )


def shown(visit: Visit) -> Response:
    """A simulation."""
    found = visit.ask(simulating.shown, simulation=visit.path["simulation"])
    outcomes: Sequence[Mapping[str, Any]] = found.result.get("outcomes", ())
    return visit.render(
        "monitoring/simulation.html.j2",
        room="monitoring",
        found=found,
        result=found.result,
        outcomes=outcomes,
        charts=_charts(found.result) if outcomes else [],
        events=[
            (one["name"], one["happenings"][:_EVENTS], max(len(one["happenings"]) - _EVENTS, 0))
            for one in outcomes
            if one["happenings"]
        ],
    )


def whole(visit: Visit) -> Response:
    """The whole page of a simulation, for a frame."""
    visit.ask(simulating.shown, simulation=visit.path["simulation"])
    return embedded(visit, simulating.page_of(visit.desk, visit.path["simulation"]))


def _charts(result: Mapping[str, Any]) -> list[str]:
    """Quality and cost over time, and what each policy cost beside what it was worth."""
    outcomes, metric = result["outcomes"], result["metric"] or "quality"
    since, until = result["since"], result["until"]
    unit, name = (_DAY, "days") if until - since > 2 * _DAY else (3600.0, "hours")
    quality = [
        Line(
            name=one["name"],
            points=[
                (((each["since"] + each["until"]) / 2 - since) / unit, each["value"])
                for each in one["quality"]
                if each["value"] is not None
            ],
            dots=True,
        )
        for one in outcomes
        if one["quality"]
    ]
    cost = [
        Line(name=one["name"], points=_added(one, since, until, unit), step=True)
        for one in outcomes
        if one["cost"]
    ]
    charts = []
    if quality:
        charts.append(_chart(quality, f"{metric} over time", name, metric))
    if cost:
        charts.append(_chart(cost, "Cost of runs, added up", name, "cost"))
    return charts


def _chart(lines: Sequence[Line], title: str, x: str, y: str) -> str:
    return line_chart(lines, title=title, x=x, y=y, x_bounds=None, y_bounds=None, size=_WIDE)


def _added(one: Mapping[str, Any], since: float, until: float, unit: float) -> list[tuple[float, float]]:
    points, total = [(0.0, 0.0)], 0.0
    for each in one["happenings"]:
        if each["kind"] == "asked":
            total += float(each["details"].get("cost", 0.0))
            points.append(((each["at"] - since) / unit, total))
    return [*points, ((until - since) / unit, total)]
