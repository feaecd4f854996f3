"""Nodes that are models of other servers: what goes over the wire, and what becomes of servers that fail."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from tests.unit.serving.graphs.small import Server, function

from mainspring.core.errors import InputError, MainspringError, NotFoundError, UnavailableError
from mainspring.serving.control import options_of
from mainspring.serving.graphs.graph import Graph, Node
from mainspring.serving.graphs.splitting import split
from mainspring.serving.predictor import ModelError
from mainspring.serving.problems import DeadlineError, OverloadedError
from mainspring.serving.raw_tensors import read_raw, write_raw
from mainspring.serving.repository.options import ModelOptions
from mainspring.serving.trace_context import TraceContext

Serving = Callable[..., Server]


class Other(BaseHTTPRequestHandler):
    """Another server, written by the specification: its model doubles ``x`` and says what is asked of it."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[dict[str, str]]] = []
    connections: ClassVar[set[int]] = set()
    plan: ClassVar[list[Any]] = []

    def do_GET(self) -> None:
        self.answer(
            {
                "name": "m",
                "inputs": [
                    {"name": "x", "datatype": "FP64", "shape": [-1]},
                    {"name": "w", "datatype": "BYTES", "shape": [-1]},
                ],
                "outputs": [{"name": "y", "datatype": "FP64", "shape": [-1]}],
            }
            if self.path == "/v2/models/m"
            else {},
            200 if self.path == "/v2/models/m" else 404,
        )

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.asked.append({name.lower(): value for name, value in self.headers.items()})
        self.connections.add(self.client_address[1])
        step = self.plan.pop(0) if self.plan else "answer"
        if step == "hang up":
            self.close_connection = True
            return
        if isinstance(step, bytes):
            self.wfile.write(step)
            self.close_connection = True
            return
        if isinstance(step, float):
            time.sleep(step)
        if step == "no answer":
            self.answer({"error": "nobody answers", "code": "NO_ANSWER"}, 404)
            return
        if isinstance(step, int):
            self.answer({"error": f"it is {step}"}, step)
            return
        length = int(self.headers["inference-header-content-length"])
        told = json.loads(body[:length])
        x = read_raw(
            body,
            "FP64",
            told["inputs"][0]["shape"],
            start=length,
            size=told["inputs"][0]["parameters"]["binary_data_size"],
        )
        texts = told["inputs"][1].get("data")
        raw = write_raw(x * 2 + (0 if texts is None else 100), "FP64")
        head = json.dumps(
            {
                "outputs": [
                    {
                        "name": "y",
                        "datatype": "FP64",
                        "shape": [len(x)],
                        "parameters": {"binary_data_size": len(raw)},
                    }
                ],
                "parameters": {"said": told["id"]},
            }
        ).encode()
        self.answer(head + raw, 200, len(head))

    def answer(self, value: Any, status: int, length: int = 0) -> None:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        if status == 404:
            self.send_header("x-error-code", value.get("code", "NOT_FOUND"))
        if length:
            self.send_header("inference-header-content-length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def other() -> Iterator[str]:
    Other.asked.clear()
    Other.connections.clear()
    Other.plan.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Other) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def several(server: Server, graph: Any, count: int, **lists: Any) -> list[Any]:
    """So many requests, one after the other."""

    async def ask() -> list[Any]:
        return [(await server.ask(graph, **lists)).outputs["y"].tolist() for _ in range(count)]

    return asyncio.run(closing(graph, ask()))


async def closing(graph: Any, work: Coroutine[Any, Any, Any]) -> Any:
    """Do something, and close the connections in the end."""
    try:
        return await work
    finally:
        graph.close()
        await asyncio.sleep(0)


def test_tensors_go_as_bytes_over_one_connection(serving: Serving, other: str) -> None:
    server = serving(function("first", lambda z: z + 1, "z", "x"))
    graph = server.graph(
        first=Node(model="first"), there=Node(url=f"{other}/v2/models/m", reads={"x": "first.x", "w": "request.w"})
    )
    assert [one.name for one in graph.inputs] == ["z", "w"]
    assert several(server, graph, 3, z=[1.0, 2.0], w=["a", "b"]) == [[4.0, 6.0]] * 3
    assert len(Other.connections) == 1
    assert [visit.model for visit in server.last.visits] == ["first", f"{other}/v2/models/m"]
    # What is missing has no form in bytes, and goes as JSON.
    assert several(server, graph, 1, z=[1.0, 2.0], w=["a", None]) == [[104.0, 106.0]]
    assert server.last.prediction is not None
    assert server.last.prediction.tags == {"said": server.last.id}


def test_the_trace_and_the_time_that_is_left_go_along(serving: Serving, other: str) -> None:
    server = serving()
    graph = server.graph(there=Node(url=f"{other}/v2/models/m", timeout=5.0))

    trace = TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", sampled=True)
    several(server, graph, 1, timeout=3.0, trace=trace, x=[1.0], w=["a"])
    (headers,) = Other.asked
    assert headers["traceparent"] == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03"
    assert 0 < float(headers["x-request-timeout"]) <= 3.0


@pytest.mark.parametrize("trouble", ["hang up", 503])
def test_a_server_that_fails_once_is_asked_once_more(serving: Serving, other: str, trouble: Any) -> None:
    server = serving()
    graph = server.graph(there=Node(url=f"{other}/v2/models/m"))
    Other.plan += [trouble]
    assert several(server, graph, 1, x=[1.0], w=["a"]) == [[2.0]]
    assert len(Other.asked) == 2
    Other.plan += [trouble] * 2
    with pytest.raises(MainspringError, match=f"node there, {other}/v2/models/m: ") as raised:
        several(server, graph, 1, x=[1.0], w=["a"])
    assert isinstance(raised.value, UnavailableError if trouble == "hang up" else OverloadedError)
    assert len(Other.asked) == 4


@pytest.mark.parametrize(
    ("status", "kind"), [(400, InputError), (404, NotFoundError), (500, ModelError), (504, DeadlineError)]
)
def test_what_another_server_refuses_is_refused(serving: Serving, other: str, status: int, kind: type) -> None:
    server = serving()
    graph = server.graph(there=Node(url=f"{other}/v2/models/m"))
    Other.plan += [status]
    with pytest.raises(kind, match=f"it is {status}"):
        several(server, graph, 1, x=[1.0], w=["a"])
    assert len(Other.asked) == 1


@pytest.mark.parametrize(
    ("head", "fix"),
    [("401 No", "MAINSPRING_API_KEY"), ("307 There\r\nlocation: http://there", "to 'http://there'")],
)
def test_servers_that_want_a_key_or_are_elsewhere_are_told_of(
    serving: Serving, other: str, head: str, fix: str
) -> None:
    graph = (server := serving()).graph(there=Node(url=f"{other}/v2/models/m"))
    Other.plan += [f"HTTP/1.1 {head}\r\ncontent-length: 0\r\n\r\n".encode()]
    with pytest.raises(ModelError, match=fix):
        several(server, graph, 1, x=[1.0], w=["a"])


def ok(text: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\ncontent-length: {len(text)}\r\n\r\n{text}".encode()


@pytest.mark.parametrize(
    "garbage",
    [
        b"what?\r\n\r\n",
        b"SMTP 200 OK\r\n\r\n",
        b"HTTP/1.1 \xb200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: \xb2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-5\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"0" * 70_000,
        b"HTTP/1.1 302 Found\r\nlocation: http://elsewhere\r\ncontent-length: 0\r\n\r\n",
        ok("<html>"),
        ok("[]"),
        ok("{}"),
        ok('{"outputs": [{"name": "y", "datatype": "UINT8", "shape": [1], "data": [300]}]}'),
        ok('{"outputs": [{"name": "y", "datatype": "WORDS", "shape": [1], "data": [3]}]}'),
        ok('{"outputs": [{"name": "y", "datatype": "FP64", "shape": [7], "data": [3]}]}'),
        ok('{"outputs": [{"name": "y", "datatype": "FP64", "shape": [-1, 0], "data": [3]}]}'),
        ok(
            '{"outputs": [{"name": "y", "datatype": "FP64", "shape": [1], "parameters": {"binary_data_size": 9}}]}'
        ),
        ok(
            '{"outputs": [{"name": "y", "datatype": "FP64", "shape": [], "parameters": {"binary_data_size": ""}}]}'
        ),
        ok('{"outputs": [{"name": "y", "datatype": "FP64", "shape": [2], "data": [1, 2]}]}'),
        ok('{"outputs": [{"name": "z", "datatype": "FP64", "shape": [1], "data": [1]}]}'),
    ],
)
def test_answers_that_are_none_are_said_to_be_of_that_server(serving: Serving, other: str, garbage: bytes) -> None:
    server = serving(function("one", lambda y: y, "y", "y"))
    graph = server.graph(there=Node(url=f"{other}/v2/models/m"), one=Node(model="one", reads="there"))
    Other.plan += [garbage] * 2
    with pytest.raises(MainspringError, match=f"{other}/v2/models/m: ") as raised:
        several(server, graph, 1, x=[1.0], w=["a"])
    assert isinstance(raised.value, ModelError | UnavailableError)
    Other.plan.clear()
    assert several(server, graph, 1, x=[1.0], w=["a"]) == [[2.0]]


def test_a_late_answer_is_not_taken_for_that_to_the_next_request(serving: Serving, other: str) -> None:
    server = serving()
    graph = server.graph(there=Node(url=f"{other}/v2/models/m", timeout=0.1))
    Other.plan += [0.3]

    async def ask() -> None:
        with pytest.raises(DeadlineError):
            await server.ask(graph, x=[1.0], w=["a"])
        assert (await server.ask(graph, x=[5.0], w=["a"])).outputs["y"].tolist() == [10.0]

    asyncio.run(closing(graph, ask()))
    assert len(Other.connections) == 2


def test_a_model_that_is_not_there_is_told_when_the_graph_is_loaded(serving: Serving, other: str) -> None:
    with pytest.raises(InputError, match="there: that server has no such model"):
        serving().graph(there=Node(url=f"{other}/v2/models/nobody"))


def test_orders_name_no_other_servers() -> None:
    order = json.dumps({"graph": {"nodes": {"a": {"url": "http://inside/v2/models/m"}}}})
    with pytest.raises(InputError, match="the graph asks other servers: http://inside/v2/models/m"):
        options_of(order, ModelOptions())
    within = json.dumps({"graph": {"nodes": {"b": {"graph": json.loads(order)["graph"]}}}})
    with pytest.raises(InputError, match="the graph asks other servers"):
        options_of(within, ModelOptions())
    before = ModelOptions(graph=Graph(nodes={"x": Node(url="http://inside/v2/models/m")}))
    assert options_of(order, before).graph is not None


def test_a_graph_is_divided() -> None:
    graph = Graph(
        nodes={
            "clean": Node(model="clean:2"),
            "both": Node(
                graph=Graph(nodes={"a": Node(model="a"), "b": Node(model="b", reads="a")}), reads="clean"
            ),
            "up": Node(model="scale", method="transform_output", reads="both"),
            "best": Node(combine="first", reads=("up", "both")),
        }
    )
    urls = {"one": "http://one", "two": "http://two/"}
    found = split(graph, {"clean": "one", "both": "two", "up": "two"}, name="spam", urls=urls)
    assert {name: node.url for name, node in found.graph.nodes.items()} == {
        "clean": "http://one/v2/models/clean/versions/2",
        "both": "http://two/v2/models/spam--both",
        "up": "http://two/v2/models/spam--up",
        "best": "",
    }
    assert found.models == frozenset()
    assert found.shares["one"].models == {"clean"}
    assert found.shares["two"].models == {"a", "b", "scale"}
    assert found.shares["two"].graphs["spam--up"].nodes["node"] == Node(model="scale", method="transform_output")
    with pytest.raises(InputError, match="best: it decides or combines"):
        split(graph, {"best": "one"}, name="spam", urls=urls)
    with pytest.raises(InputError, match="'three', which there is not"):
        split(graph, {"clean": "three"}, name="spam", urls=urls)


def test_a_graph_elsewhere_that_has_no_answer_is_no_failure(serving: Serving, other: str) -> None:
    server = serving(function("sure", lambda x: x, "x", "y"))
    graph = server.graph(
        there=Node(url=f"{other}/v2/models/m"),
        sure=Node(model="sure"),
        best=Node(combine="first", reads=("there", "sure")),
    )
    Other.plan += ["no answer", 404]
    assert several(server, graph, 1, x=[1.0], w=["a"]) == [[1.0]]
    with pytest.raises(NotFoundError, match="it is 404"):
        several(server, graph, 1, x=[1.0], w=["a"])
