"""Rows that an assertion of a member blocks: alone, among others, behind other nodes, and in graphs in graphs."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.unit.serving.graphs.small import Function, Server, fields, function

from mainspring.evaluation.assertions import Assertion
from mainspring.serving.asserting import FIELDS, Guard
from mainspring.serving.blocked import BlockedError
from mainspring.serving.graphs.graph import Case, Graph, Node
from mainspring.serving.graphs.model import GraphModel
from mainspring.serving.prediction import Inputs, Prediction
from mainspring.serving.tensor_models.model import TensorModel

Serving = Callable[..., Server]
WHY = "minus: No debts."


class Guarded(TensorModel):
    """A model that doubles a number, and may not answer for those below 0."""

    def __init__(self) -> None:
        double = Function(lambda x: x * 2, fields("x"), fields("prediction"))
        super().__init__(double, name="guarded", version="1")
        self.assertions = (Assertion(name="minus", when="x < 0", action="block", message="No debts."),)
        self.outputs = (*self.outputs, *FIELDS)
        self._guard = Guard(self.assertions, None)

    def finish(self, inputs: Inputs, outputs: Mapping[str, Any], seconds: float) -> Prediction:
        outputs, answered = self._guard.hold(inputs.columns, outputs)
        return Prediction(
            self.inputs, outputs, self.outputs, inputs.rows, inputs.columns, seconds, answered=answered
        )


@pytest.fixture
def server(serving: Serving) -> Server:
    return serving(
        Guarded(),
        function("inc", lambda x: x + 1, "x", "prediction"),
        function("whole", lambda x: x.astype("int64"), "x", "prediction:INT64"),
    )


GUARDED = Node(model="guarded")
INC = Node(model="inc")
SWITCHED = {
    "g": GUARDED,
    "up": Node(model="inc", reads={"x": "request.x"}),
    "down": Node(model="inc", reads={"x": "request.x"}),
    "end": Node(switch=(Case(to="up", when="answer > 3"), Case(to="down")), reads=("g", "request")),
}


@pytest.mark.parametrize(
    ("nodes", "told"),
    [
        ({"g": GUARDED}, [2.0, None, 6.0]),
        ({"inc": INC, "g": GUARDED, "v": Node(combine="vote", reads=("inc", "g"))}, [2.0, None, 4.0]),
        ({"g": GUARDED, "end": Node(model="inc", after=("g",))}, [2.0, None, 4.0]),
        (SWITCHED, [2.0, None, 4.0]),
    ],
)
def test_a_row_that_is_blocked_has_no_answer_whatever_others_say(
    server: Server, nodes: dict[str, Node], told: list[float | None]
) -> None:
    graph = GraphModel(Graph(nodes=nodes), server.members, name="graph")
    with pytest.raises(BlockedError, match="node g: the answer is blocked by an assertion of the model: minus"):
        server.now(graph, x=[-2.0])
    found = asyncio.run(server.ask(graph, x=[1.0, -2.0, 3.0]))
    assert [None if math.isnan(one) else one for one in found.outputs["prediction"].tolist()] == told
    assert found.tags["blocked"] == [None, WHY, None]


def test_a_soft_node_is_done_without_for_the_rows_that_it_blocks(server: Server) -> None:
    graph = server.graph(
        g=Node(model="guarded", soft=True), inc=INC, end=Node(combine="first", reads=("g", "inc"))
    )
    for rows, told in (([-2.0], [-1.0]), ([1.0, -2.0, 3.0, -4.0], [2.0, -1.0, 6.0, -3.0])):
        found = asyncio.run(server.ask(graph, x=rows))
        assert found.outputs["prediction"].tolist() == told
        assert WHY in found.tags["g.error"]
        assert "blocked" not in found.tags


def test_a_graph_that_is_a_member_hands_on_what_is_blocked(serving: Serving, server: Server) -> None:
    inner = server.graph("inner", g=GUARDED)
    again = serving(*[one.model for one in server.repository], inner)
    graph = again.graph(
        deep=Node(model="inner"), inc=INC, end=Node(combine="average", reads={"a": "inc", "b": "deep.prediction"})
    )
    found = asyncio.run(again.ask(graph, x=[1.0, -2.0]))
    assert found.tags["blocked"] == [None, WHY]
    assert [math.isnan(one) for one in found.outputs["prediction"]] == [False, True]


def test_an_output_that_cannot_be_left_out_is_not_answered(server: Server) -> None:
    graph = server.graph(g=GUARDED, end=Node(model="whole", after=("g",)))
    assert server.now(graph, x=[1.0]) == {"prediction": [1]}
    with pytest.raises(BlockedError, match=r"row 1: .* output 'prediction' has no form for that"):
        server.now(graph, x=[1.0, -2.0])
