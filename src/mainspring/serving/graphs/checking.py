"""What can be said of a graph before any model is looked at: names, kinds, weights, conditions and cycles."""

from __future__ import annotations

import math
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from mainspring.core.errors import InputError
from mainspring.evaluation.assertions.conditions import Condition
from mainspring.serving.graphs.findings import Findings
from mainspring.serving.graphs.graph import REQUEST, Graph, Node
from mainspring.serving.graphs.wiring import Source, answering, asked_by, branches_of, sources_of

KINDS = ("model", "url", "graph", "combine", "split", "switch", "bandit")
"""What a node may be: exactly one of them."""

LONGEST = 200
"""So many nodes may wait for one another."""


def check(graph: Graph, *, where: str = "") -> None:
    """Refuse a graph that cannot be right, whatever its models are.

    Args:
        graph: The graph.
        where: What errors name.

    Raises:
        InputError: With everything that is wrong, in this graph and in those within it.
    """
    findings = Findings()
    look(graph, findings)
    findings.raise_if_any(where)


def look(graph: Graph, findings: Findings, prefix: str = "") -> bool:
    """Add what is wrong with a graph to what is known.

    Args:
        graph: The graph.
        findings: What is known to be wrong.
        prefix: The path of the node that the graph is within, with a slash.

    Returns:
        Whether its nodes can be put in order, so that more can be said of them.
    """
    if length_of(graph) > LONGEST:
        findings.add(
            prefix.rstrip("/"),
            f"more than {LONGEST} nodes wait for one another",
            expected=f"at most {LONGEST} one after the other, those of graphs within counted",
        )
        return False
    known = set(graph.nodes)
    if REQUEST in known:
        findings.add(prefix + REQUEST, "this name stands for what was asked", fix="give the node another name")
    for end in ([graph.answers] if graph.answers else []) + list(graph.also):
        if end not in known:
            findings.unknown(prefix.rstrip("/"), "the graph names", end, sorted(known))
    for name, node in graph.nodes.items():
        _look_at(name, node, known, findings, prefix)
    cycle = _cycle(graph)
    if cycle:
        findings.add(
            prefix + cycle[0],
            f"it asks for its own answer: {' -> '.join(cycle)}",
            expected="no node that needs itself",
        )
    _look_for_unreachable(graph, findings, prefix)
    whole = not cycle
    for name, node in graph.nodes.items():
        if node.graph is not None:
            whole = look(node.graph, findings, f"{prefix}{name}/") and whole
    return whole


def length_of(graph: Graph, within: int = 0) -> int:
    """The most nodes that wait for one another, those of graphs within counted; 0 if that has no end.

    Args:
        graph: The graph.
        within: How many graphs it is within; deeper ones than may be are not looked into.
    """
    if 2 * within > LONGEST:
        return LONGEST + 1
    nodes = graph.nodes
    lengths: dict[str, int] = {}
    edges = {name: [other for other in asked_by(node) if other in nodes] for name, node in nodes.items()}
    try:
        for name in TopologicalSorter(edges).static_order():
            inner = nodes[name].graph
            own = 1 if inner is None else 2 + length_of(inner, within + 1)
            lengths[name] = own + max([lengths[other] for other in edges[name]], default=0)
    except CycleError:
        return 0
    return max(lengths.values())


def ordered(graph: Graph) -> list[str]:
    """The nodes, each after those that it asks. The graph has no cycle."""
    found: dict[str, None] = {}

    def visit(name: str) -> None:
        if name in found or name not in graph.nodes:
            return
        for other in asked_by(graph.nodes[name]):
            visit(other)
        found[name] = None

    for name in graph.nodes:
        visit(name)
    return list(found)


def kinds_of(node: Node) -> list[str]:
    """What a node says that it is."""
    return [kind for kind in KINDS if getattr(node, kind) not in ("", None, ())]


def _look_at(name: str, node: Node, known: set[str], findings: Findings, prefix: str) -> None:
    path, kinds = prefix + name, kinds_of(node)
    if len(kinds) != 1:
        said = " and ".join(kinds) if kinds else "nothing of what it is"
        findings.add(path, f"it says {said}", expected="exactly one of " + ", ".join(KINDS))
    if node.method != "predict" and not node.model:
        findings.add(path, f"method {node.method!r} is asked of no model", expected="a model, or no method")
    if bool(node.branches) is not (node.method == "route"):
        found = "it has branches" if node.branches else "it routes to nothing"
        findings.add(path, found, expected="branches and method: route, together or not at all")
    if node.url and not node.url.startswith(("http://", "https://")):
        findings.add(path, f"the url is {node.url!r}", expected="http://HOST:PORT/v2/models/NAME")
    sources = sources_of(node.reads)
    if not sources:
        findings.add(path, "it reads nothing", expected="the name of a node, or request")
    for source in sources:
        if source.node != REQUEST and source.node not in known:
            findings.unknown(path, "it reads", source.node, [*sorted(known), REQUEST])
    for other in node.after:
        if other not in known:
            findings.unknown(path, "it comes after", other, sorted(known))
    for other in dict.fromkeys(branches_of(node)):
        if other not in known:
            findings.unknown(path, "it may send requests to", other, sorted(known))
    _look_at_weights(path, node, sources, findings)
    _look_at_conditions(path, node, findings)


def _look_at_weights(path: str, node: Node, sources: tuple[Source, ...], findings: Findings) -> None:
    if node.split is not None and not 0 < sum(node.split.values()) < math.inf:
        findings.add(path, f"the shares are {dict(node.split)}", expected="at least one above 0")
    if node.combine is not None and any(source.node == REQUEST for source in sources):
        findings.add(path, "it combines answers with the request", expected="nodes alone")
    if node.combine is not None:
        names = [source.name or source.node for source in sources]
        if len(set(names)) < len(names):
            findings.add(path, f"it reads {', '.join(names)}", expected="every answer once")
    if not node.weights:
        return
    if node.combine not in ("average", "vote"):
        findings.add(path, "it has weights", expected="weights of combine: average or combine: vote only")
    elif len(node.weights) != len(sources):
        findings.add(
            path, f"it has {len(node.weights)} weights for {len(sources)} answers", expected="one for each"
        )
    elif min(node.weights) < 0 or not 0 < sum(node.weights) < math.inf:
        findings.add(path, f"the weights are {list(node.weights)}", expected="none below 0, and one above it")


def _look_at_conditions(path: str, node: Node, findings: Findings) -> None:
    texts = [node.when] if node.when else []
    for place, case in enumerate(node.switch):
        if case.when:
            texts.append(case.when)
        elif place < len(node.switch) - 1:
            findings.add(
                path, f"the case of {case.to!r} is for everything, and others follow", expected="it to be the last"
            )
    for text in texts:
        try:
            Condition.read(text)
        except InputError as error:
            findings.take(path, error)


def _cycle(graph: Graph) -> list[str]:
    """A way from a node back to itself; empty if there is none."""
    done: set[str] = set()
    nodes: Mapping[str, Node] = graph.nodes

    def search(name: str, way: list[str]) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done or name not in nodes:
            return []
        for other in asked_by(nodes[name]):
            found = search(other, [*way, name])
            if found:
                return found
        done.add(name)
        return []

    for name in nodes:
        found = search(name, [])
        if found:
            return found
    return []


def _look_for_unreachable(graph: Graph, findings: Findings, prefix: str) -> None:
    reached: set[str] = set()
    waiting = [answering(graph), *graph.also]
    while waiting:
        name = waiting.pop()
        if name not in reached and name in graph.nodes:
            reached.add(name)
            waiting += asked_by(graph.nodes[name])
    for name in graph.nodes:
        if name not in reached:
            findings.add(
                prefix + name,
                "nobody asks it",
                fix=f"let {answering(graph)!r} read it, name it in also, or leave it out",
            )
