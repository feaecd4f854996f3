"""Classes as models: what is read, what is answered, what they say besides; in a process and in the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from tests.unit.serving.components.conftest import component

from mainspring.core.errors import InputError, UnavailableError
from mainspring.models.signature import BadInputError
from mainspring.serving.batching.joining import joined, parted
from mainspring.serving.components import ComponentModel, open_component
from mainspring.serving.predictor import ModelError
from mainspring.serving.question import Question, Tensor

Opens = Callable[..., ComponentModel]


@pytest.fixture
def opened() -> Iterator[Opens]:
    """Opens a class as a model, in this process unless it is said otherwise."""
    running: list[ComponentModel] = []

    def open_it(name: str, **more: Any) -> ComponentModel:
        model = open_component(component(name, **{"inline": True, **more}), name="it", version="2")
        running.append(model)
        return model

    yield open_it
    for model in running:
        model.close()


@pytest.fixture(scope="module", params=[True, False], ids=["inline", "process"])
def talker(request: pytest.FixtureRequest) -> Iterator[ComponentModel]:
    model = open_component(component("Talks", inline=request.param), name="it")
    yield model
    model.close()


def tensor(name: str, datatype: str, data: Any, shape: list[int]) -> Tensor:
    return Tensor(name, datatype, shape, data)


@pytest.mark.parametrize("inline", [True, False])
def test_a_class_without_declarations_takes_tensors_and_says_what_it_gave(opened: Opens, inline: bool) -> None:
    model = opened("Champion", inline=inline)
    found = model.answer(Question(id="7", tensors=[tensor("x", "FP32", [1, 2, 3, 4], [2, 2])]))
    assert found.outputs["output"].tolist() == [[2, 4], [6, 8]]
    assert [(one.name, one.datatype, one.shape) for one in found.fields] == [("output", "FP32", (2, 2))]
    assert [(one.name, one.datatype) for one in found.inputs] == [("x", "FP32")]
    assert found.rows == 2
    assert found.tags == {"calls": 1}
    assert [one["key"] for one in found.metrics] == ["calls", "f"]
    assert found.plain_columns() == {"x": [[1, 2], [3, 4]]}
    assert (model.inputs, model.outputs, model.task, model.classes) == ((), (), "", None)


def test_rows_and_lists_are_taken_as_they_are(opened: Opens) -> None:
    model = opened("Champion")
    assert model.answer(Question(rows=[[1, 2], [3, 4]])).outputs["output"].tolist() == [[2, 4], [6, 8]]
    assert model.answer(Question(rows=[{"a": 1}, {"a": 2.5}])).outputs["output"].tolist() == [2, 5]
    assert model.answer(Question(lists={"a": [1, 2], "b": [3, 4]})).outputs["output"].tolist() == [[2, 6], [4, 8]]


def test_what_a_class_declares_is_asked_for(opened: Opens) -> None:
    model = opened("Scores", inline=False)
    assert [(one.name, one.datatype) for one in model.inputs] == [("age", "INT64"), ("city", "BYTES")]
    assert [one.name for one in model.outputs] == ["score", "why"]
    assert model.batches
    by_column = [tensor("city", "BYTES", ["Bern", "Ulm"], [2]), tensor("age", "INT64", [30, 40], [2, 1])]
    found = model.answer(Question(tensors=by_column))
    assert found.outputs["score"].dtype == np.float32
    assert found.outputs["why"].tolist() == ["Bern 30", "Ulm 40"]
    shown = model.answer(Question(rows=[{"age": 30, "city": "Bern"}, {"city": "Ulm", "age": 40}]))
    assert shown.outputs["score"].tolist() == [3.0, 4.0]
    assert shown.outputs["why"].tolist() == ["Bern 30", "Ulm 40"]
    with pytest.raises(BadInputError) as caught:
        model.answer(Question(tensors=[tensor("age", "FP64", [1.5], [1])], outputs=("nope",)))
    told = str(caught.value)
    assert "whole numbers" in told
    assert "column 'city' is not there" in told
    assert "output 'nope'" in told


def test_inputs_are_declared_by_whoever_serves_it(opened: Opens) -> None:
    model = opened(
        "Echo",
        inputs=[{"name": "image", "datatype": "UINT8", "shape": [-1, 2, 2]}],
        outputs=[{"name": "same", "datatype": "UINT8", "shape": [-1, 2, 2]}],
    )
    found = model.answer(Question(rows=[[[1, 2], [3, 4]]]))
    assert found.outputs["same"].tolist() == [[[1, 2], [3, 4]]]
    with pytest.raises(BadInputError, match=r"shape \[1, 3\]; expected shape \[-1, 2, 2\]"):
        model.answer(Question(rows=[[1, 2, 3]]))
    with pytest.raises(BadInputError, match="numbers from 0 to 255"):
        model.answer(Question(rows=[[[1, 2], [3, 256]]]))


def test_several_inputs_go_to_the_arguments_of_their_names(opened: Opens) -> None:
    model = opened("Image")
    data = [tensor("scale", "FP32", [2, 3], [2]), tensor("image", "UINT8", list(range(8)), [2, 2, 2])]
    assert model.answer(Question(tensors=data)).outputs["output"].tolist() == [3.0, 16.5]
    with pytest.raises(BadInputError, match="1 rows; expected 2 rows"):
        model.answer(Question(tensors=[data[0], tensor("image", "UINT8", [1, 2, 3, 4], [1, 2, 2])]))


def test_the_metadata_of_seldon_name_the_columns(opened: Opens) -> None:
    model = opened("Iris")
    assert [(one.name, one.shape) for one in model.inputs] == [("X", (-1, 2))]
    found = model.answer(Question(rows=[[1, 2], [3, 4]]))
    assert found.outputs["output"].tolist() == [{"first": "a", "sum": [3, 7]}]


@pytest.mark.parametrize(
    ("kind", "as_json", "as_tensor"),
    [
        ("text", ["hello"], ["hello"]),
        ("bytes", [b"\x00\xff"], [b"\x00\xff"]),
        ("json", [{"a": [1, {"b": None}], "nan": None}], ['{"a": [1, {"b": null}], "nan": null}']),
        ("number", [3], [3]),
        ("rows", [{"n": 1}, {"n": 2}], ['{"n": 1}', '{"n": 2}']),
        ("none", [None], ["null"]),
        ("uneven", [{"a": [1], "b": [1, 2]}], None),
    ],
)
def test_whatever_a_class_answers_has_a_form(
    talker: ComponentModel, kind: str, as_json: Any, as_tensor: Any
) -> None:
    model = talker
    told = {"parameters": {"kind": kind}}
    assert model.answer(Question(rows=[1], **told)).outputs["output"].tolist() == as_json
    found = model.answer(Question(tensors=[tensor("x", "INT64", [1], [1])], **told))
    if as_tensor is None:
        assert {name: one.tolist() for name, one in found.outputs.items()} == as_json[0]
    else:
        assert found.outputs["output"].tolist() == as_tensor


def test_what_has_no_form_is_the_fault_of_the_class(talker: ComponentModel) -> None:
    with pytest.raises(ModelError, match="a object cannot be sent"):
        talker.answer(Question(rows=[1], parameters={"kind": "strange"}))


def test_outputs_that_are_not_there_are_refused(opened: Opens) -> None:
    with pytest.raises(BadInputError, match="output 'nope'; expected outputs among output"):
        opened("Echo").answer(Question(tensors=[tensor("x", "INT64", [1], [1])], outputs=("nope",)))


def test_a_class_that_breaks_its_promise_is_to_blame(opened: Opens) -> None:
    model = opened("Echo", outputs=[{"name": "y", "datatype": "FP32", "shape": [-1, 3]}])
    with pytest.raises(ModelError, match=r"shape \[1, 2\]\n  expected: shape \[-1, 3\]"):
        model.answer(Question(rows=[[1.0, 2.0]]))
    model = opened("Echo", outputs=[{"name": "y", "datatype": "BYTES", "shape": [-1]}])
    with pytest.raises(ModelError, match="is of FP64"):
        model.answer(Question(rows=[1.0]))


def test_bytes_stay_bytes_where_that_is_said(opened: Opens) -> None:
    raw = np.array([b"\x89PNG"], dtype=object)
    assert opened("Echo").answer(Question(tensors=[tensor("x", "BYTES", raw, [1])])).outputs["output"][0] == raw[0]
    spec = {"name": "x", "datatype": "BYTES", "shape": [-1], "binary": True}
    model = opened("Echo", inputs=[spec])
    assert model.answer(Question(rows=[{"b64": "iVBORw=="}])).outputs["output"][0] == b"\x89PNG"
    encoded = Tensor("x", "BYTES", [1], ["iVBORw=="], {"content_type": "base64"})
    assert model.answer(Question(tensors=[encoded])).outputs["output"][0] == b"\x89PNG"
    text = opened("Echo", inputs=[{**spec, "binary": False}])
    with pytest.raises(BadInputError, match="text in UTF-8"):
        text.answer(Question(tensors=[tensor("x", "BYTES", raw, [1])]))


def test_batches_give_what_single_calls_give(opened: Opens) -> None:
    model = opened("Scores", inline=False)
    asked = [model.read(Question(rows=[{"age": age, "city": "Ulm"}] * (age % 3 + 1))) for age in range(1, 6)]
    outputs = model.compute(joined(asked))
    for one, part in zip(asked, parted(outputs, [one.rows for one in asked]), strict=True):
        alone = model.finish(one, model.compute(one), 0.0)
        together = model.finish(one, part, 0.0)
        for name, values in alone.outputs.items():
            assert together.outputs[name].tolist() == values.tolist()


def test_metrics_of_a_batch_are_counted_once(opened: Opens) -> None:
    model = opened("Champion")
    asked = [model.read(Question(tensors=[tensor("x", "FP32", [1, 2], [2])])) for _ in range(3)]
    outputs = model.compute(joined(asked))
    found = [model.finish(one, part, 0.1) for one, part in zip(asked, parted(outputs, [2, 2, 2]), strict=True)]
    remembered = model.finish(asked[0], parted(outputs, [2, 2, 2])[0], 0.0)
    assert (remembered.tags, remembered.metrics) == ({"calls": 1}, [])
    assert [len(one.metrics) for one in found] == [2, 0, 0]
    assert [one.tags for one in found] == [{"calls": 1}] * 3


def test_an_example_is_asked_before_it_is_served(opened: Opens) -> None:
    assert opened("Echo", example=[[1.0]]).quick
    with pytest.raises(ModelError, match="three is too much"):
        opened("Trouble", example=[3.0])
    with pytest.raises(ModelError, match="three is too much"):
        opened("Trouble", example=[3.0], inline=False)


def test_no_rows_do_not_reach_the_class(opened: Opens) -> None:
    found = opened("Scores").answer(Question(rows=[]))
    assert {name: one.tolist() for name, one in found.outputs.items()} == {"score": [], "why": []}


def test_trouble_is_told(opened: Opens) -> None:
    model = opened("Trouble", inline=False)
    assert model.trouble == ""
    model.close()
    assert model.trouble == "it was stopped"


def test_a_function_is_a_model_too(opened: Opens) -> None:
    assert opened("plain_function").answer(Question(rows=[5])).outputs["output"].tolist() == [4]


def test_a_frame_of_pandas_comes_in_and_a_series_goes_out(opened: Opens) -> None:
    for inline in (True, False):
        found = opened("Frame", inline=inline).answer(Question(rows=[{"a": 1, "b": 2}, {"a": 3, "b": 4}]))
        assert found.outputs["output"].tolist() == [3, 7]


@pytest.mark.parametrize("inline", [True, False])
def test_a_class_that_cannot_answer_is_refused(opened: Opens, inline: bool) -> None:
    with pytest.raises(InputError, match=r"the class has no predict; it has .*route"):  # it is of use in graphs
        opened("NoPredict", inline=inline).answer(Question(rows=[[1.0]]))
    with pytest.raises(UnavailableError, match="no licence"):
        opened("Ill", inline=inline)
