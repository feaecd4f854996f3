"""The steps of a run as a picture whose boxes lead to their pages."""

from __future__ import annotations

from mainspring.app.api.subjects.runs.nouns import RunShown
from mainspring.app.timing import duration
from mainspring.app.web.visit import Visit
from mainspring.evaluation.drawing.graphs.graph import draw, reduced
from mainspring.evaluation.drawing.graphs.nouns import Edge, Node


def picture_of(visit: Visit, run: RunShown) -> str:
    """The graph of a run with states and times; steps that have not begun are drawn with broken lines."""
    held = {one.step for one in run.verdicts if not one.ok} if run.state == "HELD" else set()
    nodes = [
        Node(
            id=one.step,
            label=one.step,
            kind="perhaps" if one.state == "PENDING" else one.kind,
            state="held" if one.step in held else "" if one.state == "PENDING" else one.state.lower(),
            detail=duration(one.seconds) if one.seconds and not one.cached else "",
            href=visit.renderer.url("/runs", run.run, "steps", one.step),
        )
        for one in run.steps
    ]
    return draw(nodes, reduced(nodes, _edges(run)), title=f"The steps of {run.run}", alone=False)


def _edges(run: RunShown) -> list[Edge]:
    """Between what is drawn: an edge to a step that fanned out goes to each of its items."""
    drawn: dict[str, list[str]] = {}
    for one in run.steps:
        drawn.setdefault(one.step.partition("[")[0], []).append(one.step)
    return [
        Edge(source, target, label)
        for before, after, label in run.edges
        for source in drawn.get(before, ())
        for target in drawn.get(after, ())
    ]
