"""What the forms of the protocol can say, and what becomes of what they cannot: halves, images, gaps, blocks."""

import contextlib
import json
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mainspring.evaluation.assertions import Assertion
from mainspring.models.files import Files
from mainspring.models.signature import BadInputError, Field
from mainspring.serving.blocked import BlockedError
from mainspring.serving.call import Call
from mainspring.serving.prediction import Prediction
from mainspring.serving.predictor import Predictor
from mainspring.serving.problems import MalformedError, UnsupportedError
from mainspring.serving.question import Question
from mainspring.serving.repository import Repository
from mainspring.serving.rpc.client import RpcClient, _arrays, _request
from mainspring.serving.rpc.contents import array_of
from mainspring.serving.rpc.messages import InferRequest, InferResponse
from mainspring.serving.rpc.missing import marked, without
from mainspring.serving.rpc.reading import PLAIN, TYPED, infer_request, question_of
from mainspring.serving.rpc.writing import fill_response
from mainspring.serving.tensor_models.model import TensorModel


class Echo:
    """A model of tensors that answers what it is asked."""

    runtime, may_batch, notes = "echo", True, {}

    def __init__(self, **fields: tuple[str, tuple[int, ...]]) -> None:
        self.inputs = self.outputs = [
            Field(name, datatype, nullable=False, shape=shape) for name, (datatype, shape) in fields.items()
        ]

    def run(self, tensors: dict[str, Any]) -> dict[str, Any]:
        return dict(tensors)


@pytest.fixture
def echo(serve: Any) -> Any:
    model = TensorModel(
        Echo(half=("FP16", (-1, 2)), small=("INT8", (-1,)), text=("BYTES", (-1,))), name="echo", version="1"
    )
    return serve(Repository.of([model]))


def test_tensors_of_every_kind_go_in_and_come_out(echo: Any) -> None:
    given = {
        "half": np.array([[1.5, -2], [0.1, 7]], dtype=np.float16),
        "small": np.array([-128, 127], dtype=np.int8),
        "text": ["ü", "plain"],
    }
    with RpcClient(echo.target) as client:
        answer = client.infer("echo", given)
    assert answer["half"].dtype == np.float16
    assert (answer["half"] == given["half"]).all()
    assert answer["small"].dtype == np.int8
    assert answer["small"].tolist() == [-128, 127]
    assert answer["text"].tolist() == ["ü", "plain"]


def test_images_go_in_and_come_out_as_they_are() -> None:
    image = b"\xff\xd8\xff"
    for raw in (True, False):
        request = _request("m", {"image": ("BYTES", [image, b"plain"])}, "", raw)
        [tensor] = question_of(infer_request(request.SerializeToString())).tensors
        assert tensor.data.tolist() == [image, b"plain"]
        values = np.array([image, b"plain"], dtype=object)
        assert _arrays(told([Field("image", "BYTES")], {"image": values}, raw=raw))["image"].tolist() == [
            image,
            b"plain",
        ]


def test_halves_that_are_asked_for_typed_come_raw(echo: Any) -> None:
    given = {"half": np.array([[1.5, -2]], dtype=np.float32), "small": [1], "text": ["x"]}
    with RpcClient(echo.target, raw=False) as client:
        answer = client.infer("echo", given)
        assert answer["half"].tolist() == [[1.5, -2]]
        typed = client.infer("echo", given, outputs=["small", "text"])
    assert (typed["small"].tolist(), typed["text"].tolist()) == ([1], ["x"])


def told(fields: list[Field], outputs: dict[str, Any], *, raw: bool = True, **more: Any) -> Any:
    """The response to a question about nothing."""
    call = Call("grpc", "m", "1", id="seven", question=Question(form=PLAIN if raw else TYPED))
    rows = len(next(iter(outputs.values())))
    response = InferResponse()
    fill_response(response, call, Prediction([], outputs, fields, rows, {}, 0.0, **more))
    return response


@pytest.mark.parametrize("raw", [True, False])
def test_gaps_among_whole_numbers_and_texts_are_told(raw: bool) -> None:
    fields = [Field("whole", "INT64"), Field("text", "BYTES"), Field("full", "INT64")]
    texts = np.array(["", None, "\0", "x"], dtype=object)
    outputs = {"whole": np.array([1, np.nan, 3, 4]), "text": texts, "full": np.array([1.0, 2, 3, 4])}
    response = told(fields, outputs, raw=raw)
    assert [one.datatype for one in response.outputs] == ["FP64", "BYTES", "INT64"]
    found = _arrays(response)
    assert np.isnan(found["whole"][1])
    assert found["text"].tolist() == ["", None, "\0", "x"]
    assert found["full"].tolist() == [1, 2, 3, 4]


def test_tags_of_an_answer_are_parameters() -> None:
    tags = {"a": "x", "b": 2, "c": True, "d": 0.5, "e": [1, {"f": None}]}
    response = told([Field("y", "FP64")], {"y": np.array([1.0])}, tags=tags)
    kinds = {name: one.WhichOneof("parameter_choice") for name, one in response.parameters.items()}
    assert kinds == {
        "a": "string_param",
        "b": "int64_param",
        "c": "bool_param",
        "d": "double_param",
        "e": "string_param",
    }
    assert json.loads(response.parameters["e"].string_param) == [1, {"f": None}]


def test_assertions_block_flag_and_say_why(serve: Any, rule: ModuleType, row: Any) -> None:
    rules = [
        Assertion(name="short", when="fare < 5 and answer == 'no'", action="block", message="too short to say"),
        Assertion(name="unsure", when="score < 0.6"),
    ]
    text = json.dumps({"assertions": [one.as_dict() for one in rules]})
    package = rule.package()
    held = type(package).from_files(package.files.merged(Files({"assertions.json": text.encode()})))
    running = serve(Repository.of([Predictor(held, name="taxi", version="1")]))
    short = {**row, "fare": [2.0]}
    both = {"fare": [2.0, 20.0], "hour": [3, 3], "company": ["B", "B"], "airport": [False, False]}
    for raw in (True, False):
        with RpcClient(running.target, raw=raw) as client:
            with pytest.raises(BlockedError, match="too short to say"):
                client.infer("taxi", short)
            answer = client.infer("taxi", both)
            assert answer["label"].tolist() == [None, "yes"]
            assert np.isnan(answer["probabilities"][0]).all()
            assert answer["error"].tolist() == ["short: too short to say", ""]
            response = client.call("ModelInfer", _request("taxi", both, "", raw))
            assert "too short to say" in response.parameters["short"].string_param


@given(st.lists(st.none() | st.text(max_size=3), max_size=6))
def test_missing_texts_come_back(values: list[str | None]) -> None:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    full, mark = marked(array)
    assert (mark is None) == (None not in values)
    assert None not in full.tolist()
    assert without(full, mark).tolist() == values


def test_an_answer_that_does_not_fit_is_refused_by_the_client() -> None:
    response = InferResponse()
    tensor = response.outputs.add(name="y", datatype="FP64", shape=[2])
    tensor.contents.fp64_contents.append(1.0)
    with pytest.raises(MalformedError, match="'y' holds 1 values"):
        array_of(tensor, None)
    with pytest.raises(MalformedError, match="'y' has 3 bytes"):
        array_of(tensor, b"abc")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(MalformedError, BadInputError, UnsupportedError):
        question_of(infer_request(data))


SHAPES = st.lists(st.integers(-2, 3) | st.sampled_from([2**62, -(2**63)]), max_size=3)
DATATYPES = st.sampled_from(["FP64", "INT64", "BOOL", "BYTES", "FP16", "BF16", "UINT8", "X", ""])
CONTENTS = st.fixed_dictionaries(
    {},
    optional={
        "fp64_contents": st.lists(st.floats(), max_size=3),
        "int64_contents": st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3),
        "bytes_contents": st.lists(st.binary(max_size=3), max_size=3),
        "bool_contents": st.lists(st.booleans(), max_size=3),
        "uint_contents": st.lists(st.integers(0, 2**32 - 1), max_size=3),
    },
)


@settings(max_examples=100, deadline=None)
@example([("", "BYTES", [0, 1 << 62], {}), ("", "FP32", [0, 1 << 62], {})], [], {})
@given(
    st.lists(st.tuples(st.text(max_size=2), DATATYPES, SHAPES, CONTENTS), max_size=3),
    st.lists(st.binary(max_size=24), max_size=3),
    st.dictionaries(st.sampled_from(["missing", "classification", "x"]), st.text(max_size=2), max_size=2),
)
def test_any_request_is_read_or_refused(tensors: Any, raw: list[bytes], parameters: dict[str, str]) -> None:
    request = InferRequest(model_name="m", raw_input_contents=raw)
    for name, datatype, shape, contents in tensors:
        tensor = request.inputs.add(name=name, datatype=datatype, shape=shape, contents=contents)
        for key, value in parameters.items():
            tensor.parameters[key].string_param = value
    with contextlib.suppress(MalformedError, BadInputError, UnsupportedError):
        question = question_of(infer_request(request.SerializeToString()))
        assert [one.name for one in question.tensors] == [name for name, *_ in tensors]
