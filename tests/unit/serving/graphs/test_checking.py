"""What is wrong with a graph is said all at once, with the nodes' names."""

from __future__ import annotations

import pytest

from mainspring.core.errors import InputError
from mainspring.serving.graphs.checking import KINDS, check, ordered
from mainspring.serving.graphs.graph import Case, Graph, Node


def wrong(graph: Graph) -> list[str]:
    """Everything that is said to be wrong."""
    with pytest.raises(InputError) as raised:
        check(graph)
    return [line.strip() for line in raised.value.found.splitlines()[1:]]


def test_a_graph_that_may_be_right_is_taken() -> None:
    graph = Graph(
        nodes={
            "b": Node(model="m", reads={"x": "a.y", "z": "request.z"}),
            "a": Node(model="m"),
            "c": Node(combine="average", reads=("a", "b"), weights=(1, 2)),
        }
    )
    check(graph)
    assert ordered(graph) == ["a", "b", "c"]


def test_everything_is_said_at_once() -> None:
    graph = Graph(
        nodes={
            "clean": Node(model="clean"),
            "first": Node(model="m", url="http://x/v2/models/m", reads="claen"),
            "second": Node(reads=("first", "request")),
            "third": Node(combine="first", reads=("second", "request"), weights=(1, 2, 3)),
        },
        also=("gone",),
    )
    assert wrong(graph) == [
        "the graph names 'gone', which there is not; expected one of clean, first, second, third",
        "first: it says model and url; expected exactly one of model, url, graph, combine, split, switch, bandit",
        "first: it reads 'claen', which there is not; expected one of clean",
        f"second: it says nothing of what it is; expected exactly one of {', '.join(KINDS)}",
        "third: it combines answers with the request; expected nodes alone",
        "third: it has weights; expected weights of combine: average or combine: vote only",
        "clean: nobody asks it; let 'third' read it, name it in also, or leave it out",
    ]


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        (
            {"a": Node(model="m", reads="b"), "b": Node(model="m", after=("c",)), "c": Node(model="m", reads="a")},
            "a: it asks for its own answer: a -> b -> c -> a; expected no node that needs itself",
        ),
        ({"a": Node(model="m", method="route")}, "a: it routes to nothing; expected branches and method: route"),
        ({"a": Node(url="ftp://x")}, "a: the url is 'ftp://x'; expected http://HOST:PORT/v2/models/NAME"),
        ({"a": Node(model="m", reads=())}, "a: it reads nothing; expected the name of a node, or request"),
        ({"request": Node(model="m")}, "request: this name stands for what was asked; give the node another name"),
        ({"a": Node(model="m", when="x >")}, "a: the condition cannot be read: invalid syntax"),
        (
            {"m": Node(model="m"), "a": Node(split={"m": 0.0})},
            "a: the shares are {'m': 0.0}; expected at least one above 0",
        ),
        (
            {"m": Node(model="m"), "a": Node(switch=(Case(to="m"), Case(to="m", when="x > 1")))},
            "a: the case of 'm' is for everything, and others follow; expected it to be the last",
        ),
        (
            {"m": Node(model="m"), "a": Node(combine="average", reads=("m",), weights=(-1.0,))},
            "a: the weights are [-1.0]; expected none below 0, and one above it",
        ),
        (
            {"a": Node(graph=Graph(nodes={"b": Node(model="m", reads="c")}))},
            "a/b: it reads 'c', which there is not; expected one of b, request",
        ),
    ],
)
def test_what_is_wrong_is_said_with_the_node(nodes: dict[str, Node], said: str) -> None:
    assert any(line.startswith(said) for line in wrong(Graph(nodes=nodes))), wrong(Graph(nodes=nodes))


@pytest.mark.parametrize("share", [float("inf"), float("nan")])
def test_weights_are_numbers(share: float) -> None:
    nodes = {"a": Node(model="m"), "b": Node(model="m")}
    assert "shares" in wrong(Graph(nodes={**nodes, "s": Node(split={"a": share, "b": 1})}))[0]
    mean = Node(combine="average", reads=("a", "b"), weights=(share, 1))
    assert "weights" in wrong(Graph(nodes={**nodes, "m": mean}))[0]


def test_a_way_may_be_long_but_not_without_end() -> None:
    def chain(count: int) -> Graph:
        reads = {f"n{place}": Node(model="m", reads=f"n{place - 1}") for place in range(1, count)}
        return Graph(nodes={"n0": Node(model="m"), **reads})

    def nest(count: int) -> Graph:
        graph = Graph(nodes={"m": Node(model="m")})
        for _ in range(count):
            graph = Graph(nodes={"inner": Node(graph=graph)})
        return graph

    check(chain(200))
    check(nest(60))
    wide = {f"n{place}": Node(model="m") for place in range(500)}
    check(Graph(nodes={**wide, "all": Node(combine="average", reads=tuple(wide))}))
    for graph in (
        chain(201),
        chain(3000),
        nest(300),
        Graph(nodes={"in": Node(graph=nest(60)), "x": Node(model="m")}),
    ):
        assert wrong(graph)
    backwards = dict(reversed(list(chain(3000).nodes.items())))
    assert "more than 200 nodes wait for one another" in wrong(Graph(nodes=backwards))[0]
