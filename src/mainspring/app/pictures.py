"""Runs and lineage as pictures."""

from __future__ import annotations

from mainspring.app.stories import Story
from mainspring.app.timing import duration
from mainspring.core.records import Artifact, Execution, Kind, LinkKind
from mainspring.evaluation.drawing.graphs.graph import draw
from mainspring.evaluation.drawing.graphs.nouns import Edge, Node
from mainspring.pipelines.snapshots import CODE
from mainspring.store.ports import Lineage


def draw_run(story: Story) -> str:
    """The graph of a run's steps, with states and times, as SVG."""
    nodes = [
        Node(
            id=step.name,
            label=step.name,
            kind="step",
            state=step.state.value.lower(),
            detail="" if step.cached or not step.seconds else duration(step.seconds),
        )
        for step in story.steps
    ]
    known = {node.id for node in nodes}
    edges = [Edge(one, two, label) for one, two, label in story.edges if one in known and two in known]
    return draw(nodes, edges, title=f"Run {story.name}")


def draw_lineage(lineage: Lineage, *, title: str) -> str:
    """Artifacts and executions, from the sources down, as SVG. Code, which every step uses, is left out."""
    nodes = []
    for (kind, number), node in lineage.nodes.items():
        if isinstance(node, Artifact) and node.type == CODE:
            continue
        if isinstance(node, Artifact):
            label, detail = node.type.removeprefix("mainspring."), (node.digest or "").removeprefix("sha256:")[:12]
            nodes.append(Node(id=f"{kind}:{number}", label=label, kind="artifact", state="", detail=detail))
        elif isinstance(node, Execution):
            label = str(node.properties.get("node") or node.type.removeprefix("mainspring."))
            state = node.state.value.lower()
            nodes.append(Node(id=f"{kind}:{number}", label=label, kind="execution", state=state, detail=""))
    edges = []
    for link in lineage.links:
        ends = (Kind.ARTIFACT, Kind.EXECUTION) if link.kind is LinkKind.INPUT else (Kind.EXECUTION, Kind.ARTIFACT)
        edges.append(Edge(f"{ends[0]}:{link.source}", f"{ends[1]}:{link.target}", link.name))
    return draw(nodes, edges, title=title)
