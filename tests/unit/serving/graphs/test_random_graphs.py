"""Random graphs answer the same in one process, in tasks, and divided among processes."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from msgspec.structs import replace
from tests.unit.serving.graphs.random_graphs import Drawn, drawn, graph_model, members, options

from mainspring.core.errors import InputError, MainspringError
from mainspring.serving.call import Call
from mainspring.serving.dispatch import Dispatcher
from mainspring.serving.graphs.graph import Node
from mainspring.serving.graphs.model import GraphModel
from mainspring.serving.graphs.splitting import split
from mainspring.serving.opening import ServerMembers
from mainspring.serving.prediction import Prediction
from mainspring.serving.problems import status_of
from mainspring.serving.question import Question
from mainspring.serving.served import Served
from mainspring.serving.server_process import PythonServer


@pytest.fixture(scope="module")
def among() -> ServerMembers:
    return members()


@pytest.fixture(scope="module")
def dispatcher(among: ServerMembers) -> Iterator[Dispatcher]:
    assert among.repository is not None
    made = Dispatcher(among.repository, threads=2)
    yield made
    made.close()


def drawing(count: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """So many random graphs, the same ones every time."""
    checks = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
    quick = settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=checks,
    )

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        return quick(given(drawn())(function))

    return decorate


def outcome(work: Callable[[], Prediction]) -> dict[str, Any]:
    """What becomes of a request, as a caller sees it: texts of errors say where they happened."""
    try:
        found = work()
    except MainspringError as error:
        return {"status": status_of(error)}
    return {
        "status": 200,
        "outputs": {field.name: finite(found.outputs[field.name].tolist()) for field in found.fields},
        "tags": told(found.tags),
    }


def finite(value: Any) -> Any:
    """A value as JSON has it, in which there are no other numbers."""
    if isinstance(value, list):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def told(tags: Any) -> dict[str, Any]:
    return {name: "" if name.endswith(".error") else finite(value) for name, value in tags.items()}


def in_sequence(model: GraphModel, rows: dict[str, list[Any]]) -> Prediction:
    inputs = model.read(asked(model, rows))
    return model.finish(inputs, model.walk_now(Call("v2", model.name), inputs), 0.0)


def in_tasks(model: GraphModel, dispatcher: Dispatcher, rows: dict[str, list[Any]]) -> Prediction:
    async def work() -> Prediction:
        call = Call("v2", model.name)
        call.served = Served(model)
        call.served.in_flight += 1
        try:
            return await dispatcher.compute(call, dispatcher.read(call, asked(model, rows)))
        finally:
            dispatcher.tell(call)
            assert not any(one.in_flight for one in dispatcher.repository)

    return asyncio.run(work())


def asked(model: GraphModel, rows: dict[str, list[Any]]) -> Question:
    return Question(lists={field.name: rows[field.name] for field in model.inputs})


@pytest.mark.parametrize("count", [100, pytest.param(500, marks=pytest.mark.slow)])
def test_a_graph_answers_the_same_one_by_one_and_in_tasks(
    among: ServerMembers, dispatcher: Dispatcher, count: int
) -> None:
    @drawing(count)
    def same(drawn: Drawn) -> None:
        model = graph_model(drawn.graph, among)
        in_order = outcome(lambda: in_sequence(model, drawn.rows))
        assert in_order == outcome(lambda: in_tasks(model, dispatcher, drawn.rows))

    same()


@pytest.mark.parametrize("count", [40, pytest.param(500, marks=pytest.mark.slow)])
def test_a_graph_answers_the_same_in_one_process_and_divided_among_two(
    among: ServerMembers, tmp_path: Path, count: int
) -> None:
    different: dict[bytes, Drawn] = {}

    @drawing(2 * count)
    def collect(drawn: Drawn) -> None:
        different[msgspec.json.encode(drawn.graph)] = drawn

    collect()
    found = list(different.values())[:count]
    assert len(found) == count
    there: dict[str, Any] = options()
    here: dict[str, Any] = options()
    divisions = [
        split(one.graph, dict.fromkeys(one.elsewhere, "there"), name=f"g{n}", urls={"there": "http://there"})
        for n, one in enumerate(found)
    ]
    for division in divisions:
        there |= {name: {"graph": plain(graph)} for name, graph in division.shares["there"].graphs.items()}
    with started(tmp_path / "there.json", there) as other:
        for number, one in enumerate(found):
            divided = split(
                one.graph, dict.fromkeys(one.elsewhere, "there"), name=f"g{number}", urls={"there": other.url}
            )
            here[f"g{number}"] = {"graph": plain(divided.graph)}
        with (
            started(tmp_path / "here.json", here) as server,
            httpx.Client(base_url=server.url, timeout=30) as client,
        ):
            for number, one in enumerate(found):
                model = graph_model(one.graph, among)
                expected = outcome(lambda model=model, one=one: in_sequence(model, one.rows))  # type: ignore[misc]
                answer = ask(client, f"g{number}", model, one.rows)
                assert answer == expected, (msgspec.json.encode(one.graph), one.elsewhere)
    assert sum(bool(one.elsewhere) for one in found) > count / 2


def plain(value: Any) -> Any:
    return msgspec.to_builtins(value)


def started(file: Path, models: dict[str, Any]) -> PythonServer:
    file.write_text(json.dumps({"port": 0, "models": models, "limits": {"max_requests": 0}}))
    return PythonServer("mainspring.serving", ["--config", str(file)], timeout=120)


def ask(client: httpx.Client, name: str, model: GraphModel, rows: dict[str, list[Any]]) -> dict[str, Any]:
    body = {
        "inputs": {field.name: rows[field.name] for field in model.inputs},
        "signature_name": "serving_default",
    }
    answer = client.post(f"/v1/models/{name}:predict", json=body)
    if answer.status_code != 200:
        return {"status": answer.status_code}
    said = answer.json()
    outputs = said["outputs"]
    if not isinstance(outputs, dict):
        outputs = {model.outputs[0].name: outputs}
    return {"status": 200, "outputs": outputs, "tags": told(said.get("tags", {}))}


MUTATIONS: dict[str, Callable[[Node], Node]] = {
    "a node that there is not": lambda node: replace(node, reads=("nowhere",)),
    "an output that there is not": lambda node: replace(node, reads={"x": "itself.nothing"}),
    "its own answer": lambda node: replace(node, reads=("itself",)),
    "its own end": lambda node: replace(node, after=("itself",)),
    "a model that there is not": lambda node: Node(model="nobody"),
    "the graph itself": lambda node: Node(model="g"),
    "two kinds": lambda node: replace(node, model="inc", combine="first"),
    "no kind": lambda node: Node(),
    "no condition": lambda node: replace(node, when="x >"),
    "weights of nothing": lambda node: Node(combine="average", reads=("request",), weights=(0.0,)),
    "shares of nothing": lambda node: Node(split={"itself": 0.0}),
    "branches of no router": lambda node: replace(node, branches=("itself",)),
    "a method of no class": lambda node: Node(url="nowhere", method="aggregate"),
    "text for a number": lambda node: Node(model="inc", reads={"x": "request.w"}),
    "a column for a matrix": lambda node: Node(model="flat", reads={"m": "request.a"}),
}


@pytest.mark.parametrize("kind", MUTATIONS)
def test_a_graph_that_is_changed_for_the_worse_is_refused(among: ServerMembers, kind: str) -> None:
    @drawing(8)
    def refused(drawn: Drawn) -> None:
        graph = drawn.graph
        # The request has an a that is a number and a w that is text, whatever the rest reads of it.
        probe = {
            "a0": Node(model="inc", reads={"x": "request.a"}),
            "w0": Node(model="size", reads={"w": "request.w"}),
        }
        changed = MUTATIONS[kind](graph.nodes[graph.answers])
        text = msgspec.json.encode(changed).replace(b"itself", graph.answers.encode())
        nodes = {**probe, **graph.nodes, graph.answers: msgspec.json.decode(text, type=Node)}
        with pytest.raises(InputError) as raised:
            graph_model(replace(graph, nodes=nodes, also=("a0", "w0")), among)
        assert graph.answers in str(raised.value) or "request" in str(raised.value)

    refused()
