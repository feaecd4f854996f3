"""ONNX files served as tensors: every datatype, several inputs, dimensions, rows of several requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto as T
from tests.unit.serving.tensor_models import graphs

from mainspring.core.errors import InputError, IntegrityError
from mainspring.models.signature import BadInputError, Field, Signature
from mainspring.serving.bare_files import open_file
from mainspring.serving.batching.joining import joined, parted
from mainspring.serving.predictor import Predictor
from mainspring.serving.question import Question, Tensor
from mainspring.serving.tensor_models.model import TensorModel


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "model.onnx"


def opened(file: Path) -> TensorModel:
    model = open_file(file, name="it", version="3")
    assert isinstance(model, TensorModel)
    return model


def tensor(name: str, datatype: str, data: Any, shape: list[int]) -> Tensor:
    return Tensor(name, datatype, shape, data)


def told(model: TensorModel, question: Question) -> str:
    with pytest.raises(BadInputError) as caught:
        model.answer(question)
    return str(caught.value)


KINDS = [
    (T.FLOAT, "FP32", [1.5, -2.0]),
    (T.DOUBLE, "FP64", [1.5, 1e300]),
    (T.FLOAT16, "FP16", [1.5, -2.0]),
    (T.INT8, "INT8", [-128, 127]),
    (T.INT16, "INT16", [-5, 7]),
    (T.INT32, "INT32", [-5, 7]),
    (T.INT64, "INT64", [-(2**63), 2**63 - 1]),
    (T.UINT8, "UINT8", [0, 255]),
    (T.UINT16, "UINT16", [0, 65535]),
    (T.UINT32, "UINT32", [0, 2**32 - 1]),
    (T.UINT64, "UINT64", [0, 2**64 - 1]),
    (T.BOOL, "BOOL", [True, False]),
    (T.STRING, "BYTES", ["a", "ü"]),
]


@pytest.mark.parametrize(("kind", "datatype", "values"), KINDS, ids=[kind[1] for kind in KINDS])
def test_every_datatype_comes_in_as_json_and_as_an_array(
    file: Path, kind: int, datatype: str, values: list[Any]
) -> None:
    model = opened(graphs.identity(file, kind))
    assert [(one.name, one.datatype, one.shape) for one in model.inputs] == [("x", datatype, (-1, 2))]
    assert [(one.name, one.datatype, one.shape) for one in model.outputs] == [("y", datatype, (-1, 2))]
    assert (model.runtime, model.task, model.classes, model.batches, model.trouble) == ("onnx", "", None, True, "")
    found = model.answer(Question(tensors=[tensor("x", datatype, values, [1, 2])]))
    assert found.outputs["y"].tolist() == [values]
    array = found.columns["x"]
    if datatype == "BYTES":
        array = np.array([[word.encode() for word in values]], dtype=object)
    again = model.answer(Question(tensors=[tensor("x", datatype, array, [1, 2])]))
    assert again.outputs["y"].tolist() == [values]
    assert model.answer(Question(rows=[values, values])).outputs["y"].tolist() == [values, values]
    assert model.nothing(model.read(Question(rows=[]))).outputs["y"].shape == (0, 2)


def test_an_image_model_takes_images(file: Path) -> None:
    model = opened(graphs.image(file))
    images = np.arange(96, dtype=np.float32).reshape(2, 3, 4, 4)
    means = images.mean(axis=(2, 3)).tolist()
    flat = model.answer(Question(tensors=[tensor("image", "FP32", images.ravel().tolist(), [2, 3, 4, 4])]))
    assert flat.outputs["means"].tolist() == means
    assert flat.rows == 2
    assert (
        model.answer(Question(rows=[{"image": one} for one in images.tolist()])).outputs["means"].tolist() == means
    )
    assert model.answer(Question(lists={"image": images.tolist()})).outputs["means"].tolist() == means
    assert model.quick


def test_wrong_dimensions_are_said_at_once(file: Path) -> None:
    model = opened(graphs.image(file))
    shape = "holds shape [2, 3, 4]; expected shape [-1, 3, 4, 4]"
    assert shape in told(model, Question(tensors=[tensor("image", "FP32", [0.0] * 24, [2, 3, 4])]))
    text = told(
        model,
        Question(
            tensors=[tensor("image", "INT32", [0] * 47, [1, 3, 4, 4]), tensor("mask", "BOOL", [True], [1])],
            outputs=("means", "extra"),
        ),
    )
    assert "column 'image' holds 47 values; expected values for shape [1, 3, 4, 4]" in text
    assert "column 'mask' is not known; expected one of the inputs image" in text
    assert "output 'extra'" in text
    assert "column 'image' is not there; expected FP32 of shape [-1, 3, 4, 4]" in told(model, Question(lists={}))
    assert "lists of unequal lengths" in told(model, Question(rows=[[[1, 2], [3]]]))


@pytest.mark.parametrize(
    ("kind", "given", "data", "text"),
    [
        (T.INT8, "INT64", [1, 128], "numbers from -128 to 127"),
        (T.UINT8, "INT64", [-1, 1], "numbers from 0 to 255"),
        (T.INT64, "FP64", [1.5, 1], "whole numbers"),
        (T.FLOAT, "FP64", [1e300, 1], "numbers that fit FP32"),
        (T.FLOAT, "BYTES", ["1", "2"], "datatype BYTES; expected datatype FP32"),
        (T.FLOAT, "FP32", ["1", 2], "holds '1'; expected numbers"),
        (T.FLOAT, "FP32", [None, 2], "holds null; expected numbers"),
        (T.BOOL, "BOOL", [1, 0], "expected true or false"),
        (T.FLOAT, "BOOL", [True, False], "datatype BOOL"),
        (T.STRING, "BYTES", [1, "a"], "holds 1; expected text"),
        (T.STRING, "BYTES", [None, "a"], "holds null; expected text"),
        (T.FLOAT, "FP31", [1, 2], "datatype FP31"),
    ],
)
def test_values_that_would_change_on_the_way_are_refused(
    file: Path, kind: int, given: str, data: list[Any], text: str
) -> None:
    assert text in told(opened(graphs.identity(file, kind)), Question(tensors=[tensor("x", given, data, [1, 2])]))


def test_numbers_of_another_width_are_taken(file: Path) -> None:
    model = opened(graphs.identity(file, T.INT32))
    assert model.answer(Question(tensors=[tensor("x", "FP64", [1.0, 2.0], [1, 2])])).outputs["y"].tolist() == [
        [1, 2]
    ]


def test_several_inputs_and_outputs(file: Path) -> None:
    model = opened(graphs.two_inputs(file))
    assert [(one.name, one.datatype, one.required) for one in model.inputs] == [
        ("price", "FP32", True),
        ("count", "INT32", True),
        ("limit", "FP32", False),
    ]
    found = model.answer(Question(rows=[{"price": 2.5, "count": 2}, {"price": 4, "count": 3}]))
    assert {name: one.tolist() for name, one in found.outputs.items()} == {"total": [5, 12], "much": [False, True]}
    assert model.answer(Question(rows=[[4, 3]])).outputs["total"].tolist() == [12]
    uneven = [tensor("price", "FP32", [1, 2], [2]), tensor("count", "INT32", [1], [1])]
    assert "holds 1 rows; expected 2 rows" in told(model, Question(tensors=uneven))
    assert "row 1, column 'count' is not there" in told(
        model, Question(rows=[{"price": 1, "count": 1}, {"price": 1}])
    )


def test_rows_of_several_requests_are_answered_together(file: Path) -> None:
    model = opened(graphs.image(file))
    rng = np.random.default_rng(0)
    asked = [model.read(Question(rows=rng.normal(size=(n, 3, 4, 4)).tolist())) for n in (1, 3, 2)]
    outputs = parted(model.compute(joined(asked)), [1, 3, 2])
    for one, part in zip(asked, outputs, strict=True):
        np.testing.assert_allclose(part["means"], model.compute(one)["means"], rtol=1e-6)


@pytest.mark.parametrize("build", [graphs.fixed, graphs.product, graphs.summary])
def test_what_counts_no_rows_is_never_put_together(file: Path, build: Any) -> None:
    model = opened(build(file))
    assert not model.batches


def test_a_model_without_rows_answers_one_request(file: Path) -> None:
    model = opened(graphs.product(file))
    found = model.answer(
        Question(tensors=[tensor("a", "FP32", [1, 2], [1, 2]), tensor("b", "FP32", [3, 4], [2, 1])])
    )
    assert (found.outputs["c"].tolist(), found.rows) == ([[11]], 1)
    with pytest.raises(InputError, match="dimension 'j' is 2 in 'a' and 1 in 'b'"):
        model.answer(Question(tensors=[tensor("a", "FP32", [1, 2], [1, 2]), tensor("b", "FP32", [3], [1, 1])]))
    fixed = opened(graphs.fixed(file))
    assert fixed.answer(Question(rows=[[1, 2]])).outputs["y"].tolist() == [[-1, -2]]
    assert "shape [2, 2]; expected shape [1, 2]" in told(fixed, Question(rows=[[1, 2], [3, 4]]))


def test_a_single_number_is_an_output_of_one_row(file: Path) -> None:
    found = opened(graphs.loss(file)).answer(Question(rows=[[1, 2], [3, 4]]))
    assert {name: one.tolist() for name, one in found.outputs.items()} == {"most": [4], "y": [[-1, -2], [-3, -4]]}


def test_maps_of_scores_become_a_matrix(file: Path) -> None:
    model = opened(graphs.maps(file))
    assert [(one.name, one.datatype, one.shape) for one in model.outputs] == [("scores", "FP32", (-1, -1))]
    assert model.answer(Question(rows=[[0.25, 0.75]])).outputs["scores"].tolist() == [[0.25, 0.75]]


def test_a_file_that_takes_no_tensors_is_refused(file: Path) -> None:
    with pytest.raises(InputError, match="'x' of the file is seq"):
        opened(graphs.sequence(file))


def test_a_file_that_is_none_is_refused(file: Path) -> None:
    file.write_bytes(b"nothing")
    with pytest.raises(IntegrityError, match="ONNX Runtime cannot read this file"):
        opened(file)


def test_what_mainspring_exported_keeps_its_columns(file: Path) -> None:
    signature = Signature.of([Field("a", "FP64"), Field("b", "FP64")], classes=None)
    model = open_file(graphs.exported(file, signature.to_json()), name="it")
    assert isinstance(model, Predictor)
    assert model.signature == signature
    assert model.from_rows([{"b": 1.5, "a": 2}]).outputs["prediction"].tolist() == [3.5]
