"""What is asked of a graph is read once, in the forms that its nodes need."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from tests.unit.serving.graphs.small import Server, function

from mainspring.models.problems import BadInputError
from mainspring.serving.graphs.graph import Node
from mainspring.serving.graphs.model import GraphModel
from mainspring.serving.predictor import Predictor
from mainspring.serving.question import Question, Tensor

Serving = Callable[..., Server]
COLUMNS: dict[str, list[Any]] = {
    "fare": [12.5, None],
    "hour": [3, None],
    "company": ["A", None],
    "airport": [True, False],
}
MATRIX = [[1.0, 2.0], [3.0, 4.0]]


@pytest.fixture
def graph(serving: Serving, rule: ModuleType) -> GraphModel:
    server = serving(
        Predictor(rule.package(), name="taxi", version="1"),
        function("wide", lambda m, hour: m.sum(axis=1) + hour, "m:FP32[-1,2] hour:FP32", "y:FP32"),
    )
    return server.graph(
        taxi=Node(model="taxi"), wide=Node(model="wide"), both=Node(combine="merge", reads=("taxi", "wide"))
    )


def test_columns_and_tensors_come_in_one_question(graph: GraphModel) -> None:
    assert [(one.name, one.datatype, one.nullable) for one in graph.inputs] == [
        ("fare", "FP64", True),
        ("hour", "INT64", False),  # one of the two that read it cannot do without
        ("company", "BYTES", True),
        ("airport", "BOOL", False),
        ("m", "FP32", False),
    ]
    lists = {**COLUMNS, "hour": [3, 4], "m": MATRIX}
    of_lists = graph.compute(graph.read(Question(lists=lists)))
    rows = [{name: values[place] for name, values in lists.items()} for place in range(2)]
    of_rows = graph.compute(graph.read(Question(rows=rows)))
    tensors = [
        Tensor("fare", "FP64", [2], [12.5, None]),
        Tensor("hour", "INT64", [2], [3, 4]),
        Tensor("company", "BYTES", [2], ["A", None]),
        Tensor("airport", "BOOL", [2], [True, False]),
        Tensor("m", "FP32", [2, 2], np.array(MATRIX, dtype=np.float32)),
    ]
    of_tensors = graph.compute(graph.read(Question(tensors=tensors)))
    assert of_lists["wide.y"].tolist() == [6.0, 11.0]
    for found in (of_rows, of_tensors):
        assert {name: values.tolist() for name, values in found.items()} == {
            name: values.tolist() for name, values in of_lists.items()
        }


def test_everything_that_is_wrong_with_a_question_is_said(graph: GraphModel) -> None:
    with pytest.raises(BadInputError) as raised:
        graph.read(Question(lists={**COLUMNS, "fare": ["x", 1.0], "m": [["a", "b"], ["c", "d"]], "more": [1, 2]}))
    assert {(one.column, one.code) for one in raised.value.problems} == {
        ("fare", "WRONG_TYPE"),
        ("hour", "MISSING_VALUE"),
        ("m", "WRONG_TYPE"),
        ("more", "UNKNOWN_COLUMN"),
    }


def test_no_rows_are_no_question(graph: GraphModel) -> None:
    found = graph.nothing(graph.read(Question(rows=[])))
    assert {name: values.shape for name, values in found.outputs.items()} == {
        "taxi.label": (0,),
        "taxi.probabilities": (0, 2),
        "wide.y": (0,),
    }
