"""Graphs are held against their members before they are served."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.unit.serving.graphs.small import Server, fields, function, of_class

from mainspring.core.errors import InputError
from mainspring.serving.graphs.graph import Case, Graph, Node
from mainspring.serving.graphs.model import GraphModel
from mainspring.serving.ports import Answering
from mainspring.serving.served import Served

Serving = Callable[..., Server]


@pytest.fixture
def server(serving: Serving) -> Server:
    return serving(
        function("number", lambda x: x, "x:FP64", "y:FP64"),
        function("single", lambda x: x, "x:FP32", "y:FP32"),
        function("whole", lambda n: n, "n:INT32", "n:INT32"),
        function("text", lambda t: t, "t:BYTES", "t:BYTES"),
        function("wide", lambda m: m, "m:FP64[-1,3]", "m:FP64[-1,3]"),
        function("narrow", lambda m: m, "m:FP64[-1,2]", "m:FP64[-1,2]"),
        function("two", lambda a, b: {"c": a, "d": b}, "a:FP64 b:FP64", "c:FP64 d:FP64"),
        of_class("anything", "Seldon"),
    )


def wrong(server: Server, **nodes: Node) -> str:
    with pytest.raises(InputError) as raised:
        server.graph(**nodes)
    return str(raised.value)


@pytest.mark.parametrize(
    ("first", "second"),
    [("whole", "number"), ("single", "number"), ("number", "single"), ("number", "number"), ("anything", "text")],
)
def test_what_can_be_taken_for_something_is(server: Server, first: str, second: str) -> None:
    server.graph(a=Node(model=first), b=Node(model=second, reads="a"))


def test_names_are_not_needed_from_one_output_to_one_input(server: Server) -> None:
    assert server.now(server.graph(a=Node(model="whole"), b=Node(model="number", reads="a")), n=[3]) == {
        "y": [3.0]
    }


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        (
            {"a": Node(model="text"), "b": Node(model="number", reads="a")},
            "b: input 'x' reads a.t, which is BYTES; expected what can be taken for FP64",
        ),
        (
            {"a": Node(model="number"), "b": Node(model="whole", reads="a")},
            "b: input 'n' reads a.y, which is FP64; expected what can be taken for INT32",
        ),
        (
            {"a": Node(model="wide"), "b": Node(model="narrow", reads="a")},
            "b: input 'm' reads a.m of shape [-1, 3]; expected shape [-1, 2]",
        ),
        (
            {"a": Node(model="number"), "b": Node(model="two", reads="a")},
            "b: nothing that it reads is called 'a', 'b'; expected its inputs among y; say which output becomes",
        ),
        (
            {"a": Node(model="two"), "b": Node(model="number", reads={"x": "a"})},
            "b: input 'x' reads 'a', which has several outputs; expected one of them: a.c, a.d",
        ),
        (
            {"a": Node(model="two"), "b": Node(model="number", reads={"z": "a.c", "x": "a.e"})},
            "b: it reads output 'a.e': 'e', which there is not; expected one of c, d",
        ),
        (
            {"a": Node(model="two"), "b": Node(model="number", reads={"z": "a.c", "x": "a.d"})},
            "b: it has an input 'z', which there is not; expected one of x",
        ),
        ({"a": Node(model="nobody")}, "a: model 'nobody' is not served here; expected one of:"),
        ({"a": Node(model="number:7")}, "a: version '7' of model 'number' is not served here; expected one of:"),
        ({"a": Node(model="number@live")}, "a: label 'live' of model 'number' stands for nothing"),
        ({"a": Node(model="g")}, "a: its model is 'g', which is this graph; expected another one"),
        (
            {"a": Node(model="number", method="transform_input")},
            "a: transform_input is asked of 'number', which is no class; expected method: predict",
        ),
        (
            {"a": Node(model="number"), "b": Node(model="text"), "c": Node(combine="average", reads=("a", "b"))},
            "c: the answers have nothing in common to average (a: y FP64 [-1]; b: t BYTES [-1])",
        ),
        (
            {"a": Node(model="number"), "b": Node(model="text"), "c": Node(split={"a": 1, "b": 1})},
            "c: its branches answer nothing alike (y FP64 [-1]; t BYTES [-1])",
        ),
        (
            {"a": Node(model="number"), "b": Node(model="number", reads="a", when="z > 1")},
            "b: the condition 'z > 1' reads 'z', which there is not; expected one of y",
        ),
        (
            {"a": Node(model="wide"), "b": Node(model="wide", reads="a", when="m > 1")},
            "b: the condition 'm > 1' reads 'm' of shape [-1, 3]; expected one value per row",
        ),
        (
            {
                "a": Node(model="number"),
                "c": Node(model="text", reads={"t": "request.x"}),
                "d": Node(combine="merge", reads=("a", "c")),
            },
            "'x' of the request is read by a as FP64 of shape [-1], c as BYTES of shape [-1]; expected one form",
        ),
        (
            {"a": Node(url="http://127.0.0.1:9/v2/models/m")},
            "a: the server does not answer",
        ),
    ],
)
def test_what_does_not_fit_is_said_with_the_node(server: Server, nodes: dict[str, Node], said: str) -> None:
    assert said in wrong(server, **nodes)


def test_faults_of_graphs_within_are_said_with_the_path(server: Server) -> None:
    inner = Graph(nodes={"a": Node(model="text"), "b": Node(model="number", reads="a")})
    told = wrong(server, outer=Node(graph=inner), other=Node(model="whole", reads="outer"))
    assert "2 things are wrong with the graph" in told
    assert "outer/b: input 'x' reads a.t, which is BYTES" in told
    assert "other: input 'n' reads outer.y, which is FP64" in told


def test_a_graph_asks_for_what_its_nodes_read_of_the_request(server: Server) -> None:
    graph = server.graph(
        a=Node(model="number", reads={"x": "request.first"}),
        b=Node(model="single", reads={"x": "request.first"}),
        c=Node(model="whole"),
        d=Node(model="text", reads={"t": "request.words"}, when="t != 'none'"),
        e=Node(combine="merge", reads=("a", "b", "c", "d")),
        which=Node(switch=(Case(to="e", when="country == 'CH' or amount > 3"), Case(to="e"))),
    )
    assert [(one.name, one.datatype, one.nullable) for one in graph.inputs] == [
        ("first", "FP64", False),
        ("n", "INT32", False),
        ("words", "BYTES", False),
        ("country", "BYTES", True),
        ("amount", "FP64", True),
    ]
    assert [one.name for one in graph.outputs] == ["a.y", "b.y", "c.n", "d.t"]


def test_a_graph_of_nodes_that_take_anything_takes_anything(server: Server) -> None:
    graph = server.graph(a=Node(model="anything"))
    assert list(graph.inputs) == []
    assert server.now(graph, whatever=[1.0, 2.0]) == {"output": [10.0, 20.0]}


def test_a_graph_that_asks_itself_through_others_is_refused(server: Server) -> None:
    inner = GraphModel(Graph(nodes={"a": Node(model="number")}), server.members, name="inner")
    inner.asks = frozenset({"outer"})  # as it would be, had it been loaded when an outer one was there
    models = [served.model for served in server.repository]
    again = Server([*models, inner], {})
    with pytest.raises(InputError, match="graph 'inner', which asks 'outer', which is this graph"):
        again.graph("outer", a=Node(model="inner"))


def test_a_member_that_is_replaced_is_asked_from_then_on(server: Server) -> None:
    graph = server.graph(a=Node(model="number"), b=Node(model="single", reads="a"))
    assert server.now(graph, x=[1.0]) == {"y": [1.0]}
    swap(server, function("number", lambda x: x * 7, "x:FP64", "y:FP64", version="2"))
    assert server.now(graph, x=[1.0]) == {"y": [7.0]}
    assert server.last.visits[0].version == "2"
    swap(server, function("number", lambda x: x, "x:FP64", "y:BYTES", version="3"))
    assert "graph 'g' does not fit its models any more" in graph.trouble
    swap(server, function("number", lambda x: x, "x:FP64", "y:FP64", version="4"))
    assert graph.trouble == ""


def swap(server: Server, model: Answering) -> None:
    """Put a model in the place of another one."""
    served = Served(model)
    server.repository._shelves.fill(served.name, {served.version: served}, {})


def test_fields_are_read_from_text() -> None:
    assert [one.shape for one in fields("a b:INT64 m:FP32[-1,2]")] == [(-1,), (-1,), (-1, 2)]
