"""Predictions over gRPC, by the letters of the protocol: a test names its line of the checklist."""

import math
import struct
import threading
import time
from typing import Any

import grpc
import numpy as np
import pytest

from mainspring.core.errors import InputError, NotFoundError
from mainspring.serving.problems import DeadlineError, OverloadedError, UnsupportedError
from mainspring.serving.repository import Repository
from mainspring.serving.rpc.client import RpcClient
from mainspring.serving.rpc.messages import INFERENCE, InferRequest, InferResponse
from mainspring.serving.tracing.tracer import Tracer

YES = 1 / (1 + math.exp(-0.5))


def typed(**contents: Any) -> Any:
    """A request with the row of the tests as typed contents; ``None`` leaves a tensor out."""
    given = {
        "fare": ("FP64", {"fp64_contents": [12.5]}),
        "hour": ("INT64", {"int64_contents": [3]}),
        "company": ("BYTES", {"bytes_contents": [b"A"]}),
        "airport": ("BOOL", {"bool_contents": [True]}),
        **contents,
    }
    request = InferRequest(model_name="taxi", model_version="1.0.0")
    for name, (datatype, values) in given.items():
        request.inputs.add(name=name, datatype=datatype, shape=[1], contents=values)
    return request


def raw() -> Any:
    """The same row as raw contents."""
    request = typed()
    for tensor in request.inputs:
        tensor.ClearField("contents")
    request.raw_input_contents.extend(
        [struct.pack("<d", 12.5), struct.pack("<q", 3), struct.pack("<I", 1) + b"A", b"\1"]
    )
    return request


def refused(client: RpcClient, request: Any, **options: Any) -> grpc.RpcError:
    """The error that a request is answered with."""
    ask = client._channel.unary_unary(
        f"/{INFERENCE}/ModelInfer", request_serializer=None, response_deserializer=None
    )
    data = request if isinstance(request, bytes) else request.SerializeToString()
    with pytest.raises(grpc.RpcError) as caught:
        ask(data, **options)
    return caught.value


def test_g1_raw_and_typed_contents_are_answered_alike(client: RpcClient) -> None:
    for request in (raw(), typed()):
        response = client.call("ModelInfer", request)
        assert (response.model_name, response.model_version) == ("taxi", "1.0.0")
        assert [(one.name, one.datatype, list(one.shape)) for one in response.outputs] == [
            ("label", "BYTES", [1]),
            ("probabilities", "FP64", [1, 2]),
        ]


@pytest.mark.parametrize(
    ("datatype", "field", "code"),
    [
        ("FP32", "fp32_contents", "f"),
        ("INT8", "int_contents", "b"),
        ("INT16", "int_contents", "h"),
        ("INT32", "int_contents", "i"),
        ("INT64", "int64_contents", "q"),
        ("UINT8", "uint_contents", "B"),
        ("UINT16", "uint_contents", "H"),
        ("UINT32", "uint_contents", "I"),
        ("UINT64", "uint64_contents", "Q"),
    ],
)
def test_g1_every_number_is_read_in_both_forms(client: RpcClient, datatype: str, field: str, code: str) -> None:
    whole = typed(fare=(datatype, {field: [15]}))
    bytewise = raw()
    bytewise.inputs[0].datatype = datatype
    bytewise.raw_input_contents[0] = struct.pack(f"<{code}", 15)
    for request in (whole, bytewise):
        request.outputs.add(name="probabilities")
        response = client.call("ModelInfer", request)
        values = (
            np.frombuffer(response.raw_output_contents[0])
            if response.raw_output_contents
            else response.outputs[0].contents.fp64_contents
        )
        assert values[1] == pytest.approx(1 / (1 + math.exp(-1)))


@pytest.mark.parametrize(("datatype", "data"), [("FP16", struct.pack("<e", 15.0)), ("BF16", b"\x70\x41")])
def test_g1_halves_are_read_raw_only(client: RpcClient, datatype: str, data: bytes) -> None:
    request = raw()
    request.inputs[0].datatype = datatype
    request.raw_input_contents[0] = data
    answer = np.frombuffer(client.call("ModelInfer", request).raw_output_contents[1])
    assert answer[1] == pytest.approx(1 / (1 + math.exp(-1)))
    error = refused(client, typed(fare=(datatype, {"fp32_contents": [15.0]})))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "expected raw_input_contents" in error.details()


def test_g1_raw_and_typed_contents_mixed_are_refused(client: RpcClient) -> None:
    request = raw()
    request.inputs[1].contents.int64_contents.append(3)
    error = refused(client, request)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "'hour' has contents, and there are raw_input_contents" in error.details()


def test_g1_raw_contents_of_another_number_are_refused(client: RpcClient) -> None:
    request = raw()
    del request.raw_input_contents[3]
    error = refused(client, request)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "3 raw_input_contents for 4 inputs" in error.details()


def test_g2_the_answer_has_the_form_of_the_request(client: RpcClient) -> None:
    bytewise = client.call("ModelInfer", raw())
    assert bytewise.raw_output_contents[0] == b"\x03\0\0\0yes"
    assert struct.unpack("<2d", bytewise.raw_output_contents[1]) == pytest.approx((1 - YES, YES))
    assert not any(one.HasField("contents") for one in bytewise.outputs)
    whole = client.call("ModelInfer", typed())
    assert not whole.raw_output_contents
    assert list(whole.outputs[0].contents.bytes_contents) == [b"yes"]
    assert list(whole.outputs[1].contents.fp64_contents) == pytest.approx([1 - YES, YES])


def test_g2_exactly_the_wanted_outputs_in_their_order(client: RpcClient, row: Any) -> None:
    assert list(client.infer("taxi", row, outputs=["probabilities", "label"])) == ["probabilities", "label"]
    assert list(client.infer("taxi", row, outputs=["label"])) == ["label"]
    with pytest.raises(InputError, match="output 'lable'"):
        client.infer("taxi", row, outputs=["lable"])


def test_g3_parameters_of_every_kind_arrive(client: RpcClient, server: Any, row: Any) -> None:
    parameters = {"a": True, "b": -3, "c": "x", "d": 0.5, "e": 2**63 + 1}
    client.infer("taxi", row, parameters=parameters)
    found = server.told[-1].question.parameters
    assert found == parameters
    assert [type(found[name]) for name in "abcde"] == [bool, int, str, float, int]


def test_the_id_comes_back_and_one_is_made_if_there_is_none(client: RpcClient, server: Any) -> None:
    request = raw()
    request.id = "seven"
    assert client.call("ModelInfer", request).id == server.told[-1].id == "seven"
    request.id = ""
    assert len(client.call("ModelInfer", request).id) == 36
    with RpcClient(server.target, headers={"X-Request-Id": "of the header"}) as other:
        assert other.call("ModelInfer", request).id == "of the header"


def test_without_a_version_the_newest_answers(client: RpcClient, row: Any) -> None:
    request = raw()
    request.model_version = ""
    assert client.call("ModelInfer", request).model_version == "1.10.0"
    assert client.infer("taxi", row, version="1.0.0")["probabilities"][0, 1] == pytest.approx(YES)


def test_g4_what_is_not_served_is_not_found(client: RpcClient, server: Any) -> None:
    for model, version, piece in (("taxo", "", "model 'taxo'"), ("taxi", "2", "version '2'")):
        request = raw()
        request.model_name, request.model_version = model, version
        error = refused(client, request)
        assert error.code() is grpc.StatusCode.NOT_FOUND
        assert piece in error.details()
        assert "expected: one of: 'taxi'" in error.details() or "'1.10.0'" in error.details()
        assert server.told[-1].status == 404
        assert server.told[-1].names == ("", "")


@pytest.mark.parametrize(
    ("change", "piece"),
    [
        ({"fare": ("FP64", {"fp64_contents": []})}, "0 values in fp64_contents; expected 1 values"),
        ({"fare": ("FP64", {"fp32_contents": [1.0]})}, "and some in fp32_contents"),
        ({"fare": ("FP65", {"fp64_contents": [1.0]})}, "holds contents of 'FP65'; expected a datatype among BOOL"),
        ({"fare": ("BYTES", {"bytes_contents": [b"1"]})}, "expected datatype FP64"),
        ({"hour": ("INT8", {"int_contents": [300]})}, "expected values from -128 to 127"),
        ({"hour": ("FP64", {"fp64_contents": [2.5]})}, "expected a whole number"),
        ({"fare": ("FP64", {"fp64_contents": [math.inf]})}, "expected a finite number"),
        ({"company": ("BYTES", {"bytes_contents": [b"\xff"]})}, "expected a text"),
        ({"strange": ("FP64", {"fp64_contents": [1.0]})}, "column 'strange' is not known"),
    ],
)
def test_g4_bad_input_is_an_invalid_argument_with_the_full_text(
    client: RpcClient, server: Any, change: Any, piece: str
) -> None:
    error = refused(client, typed(**change))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert piece in error.details()
    assert server.told[-1].status == 400
    assert piece in server.told[-1].error


def test_g4_all_problems_are_told_at_once(client: RpcClient) -> None:
    error = refused(client, typed(fare=("FP64", {"fp64_contents": []}), hour=("INT64", {"fp64_contents": [2.5]})))
    assert "2 problems" in error.details()


@pytest.mark.parametrize("shape", [[2], [-1], [1, 2], [2**40, 2**40]])
def test_g4_shapes_that_do_not_fit_are_refused(client: RpcClient, shape: list[int]) -> None:
    for request in (raw(), typed()):
        del request.inputs[0].shape[:]
        request.inputs[0].shape.extend(shape)
        assert refused(client, request).code() is grpc.StatusCode.INVALID_ARGUMENT


def test_g4_bytes_that_are_no_message_are_an_invalid_argument(client: RpcClient, server: Any) -> None:
    error = refused(client, b"\xff\xff\xff")
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "a message inference.ModelInferRequest" in error.details()
    assert server.told[-1].kind == "MALFORMED"


def test_g4_a_failing_model_is_internal_and_the_server_lives_on(
    client: RpcClient, server: Any, row: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    error = refused(client, typed(company=("BYTES", {"bytes_contents": [b"explode"]})))
    assert error.code() is grpc.StatusCode.INTERNAL
    assert "the model exploded" in error.details()
    assert dict(error.trailing_metadata())["x-error-code"] == "MODEL_FAILED"
    assert "the model exploded" in capfd.readouterr().err
    assert client.infer("taxi", row)["label"].tolist() == ["yes"]


def test_g4_overload_is_unavailable_and_says_when_to_ask_again(
    client: RpcClient, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def compute(call: Any, inputs: Any) -> Any:
        raise OverloadedError("too much to do").after(0.25)

    monkeypatch.setattr(server.dispatcher, "compute", compute)
    error = refused(client, raw())
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    told = dict(error.trailing_metadata())
    assert (told["retry-after"], told["grpc-retry-pushback-ms"]) == ("1", "250")
    assert told["x-request-id"] == server.told[-1].id


def test_g4_the_deadline_of_the_caller_is_kept(client: RpcClient, server: Any, row: Any) -> None:
    request = raw()
    request.model_name, request.model_version = "slow", ""
    began = time.perf_counter()
    error = refused(client, request, timeout=0.05)
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert time.perf_counter() - began < 5
    client.infer("slow", row)  # by now the server knows that nobody waits for the first one
    first = server.told[0]
    assert (first.kind, first.status) in {("CANCELLED", 499), ("DEADLINE_EXCEEDED", 504)}
    assert 0 < first.deadline - first.arrived < 0.1


def test_g4_a_timeout_among_the_parameters_is_a_deadline_too(client: RpcClient, server: Any, row: Any) -> None:
    with pytest.raises(DeadlineError):
        client.infer("taxi", row, parameters={"timeout": 1, "priority": 2})
    assert server.told[-1].priority == 2
    client.infer("taxi", row, parameters={"timeout": 3_000_000})
    assert server.told[-1].deadline - server.told[-1].arrived == pytest.approx(3)


def test_what_is_not_offered_is_refused_and_not_passed_over(client: RpcClient) -> None:
    first, second = raw(), raw()
    first.inputs[0].parameters["shared_memory_region"].string_param = "x"
    second.outputs.add(name="label").parameters["shared_memory_region"].string_param = "x"
    for request in (first, second):
        with pytest.raises(UnsupportedError, match="shared memory"):
            client.call("ModelInfer", request)


def test_outputs_are_classified_as_triton_does(client: RpcClient) -> None:
    for request in (raw(), typed()):
        request.outputs.add(name="probabilities").parameters["classification"].int64_param = 1
        response = client.call("ModelInfer", request)
        [output] = response.outputs
        assert (output.datatype, list(output.shape)) == ("BYTES", [1, 1])
        text = (
            output.contents.bytes_contents[0]
            if request.inputs[0].HasField("contents")
            else response.raw_output_contents[0][4:]
        )
        assert text == b"0.622459:1:yes"
    request.outputs[0].parameters["classification"].int64_param = 0
    error = refused(client, request)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "cannot be classified" in error.details()


def test_missing_texts_and_numbers_arrive_as_missing(client: RpcClient, server: Any, rows: Any) -> None:
    for form in (True, False):
        with RpcClient(server.target, raw=form) as other:
            answer = other.infer("taxi", rows, version="1.0.0")
        assert answer["label"].tolist() == ["yes", "no"]
        columns = server.told[-1].prediction.plain_columns()
        assert columns == {"fare": [12.5, None], "hour": [3, 4], "company": ["A", None], "airport": [True, False]}


def test_a_call_is_told_with_all_that_is_known(server: Any, row: Any) -> None:
    with RpcClient(server.target, headers={"X-Tenant": "seven"}) as client:
        client.infer("taxi", row, version="1.0.0")
    call = server.told[-1]
    assert (call.protocol, call.model, call.version, call.status) == ("grpc", "taxi", "1.0.0", 200)
    assert call.headers[b"x-tenant"] == b"seven"
    assert call.peer == "127.0.0.1"
    assert call.rows == 1
    assert call.sent > 0
    assert 0 < call.latency < 60
    assert call.error is None
    assert call.served.in_flight == 0


def test_many_rows_are_answered_off_the_event_loop(client: RpcClient, server: Any) -> None:
    many = 20_000
    columns = {
        "fare": np.arange(many, dtype=float),
        "hour": np.zeros(many, dtype=np.int64),
        "company": ["A", "B"] * (many // 2),
        "airport": np.zeros(many, dtype=bool),
    }
    for form in (True, False):
        with RpcClient(server.target, raw=form) as other:
            answer = other.infer("taxi", columns, version="1.0.0")
        assert answer["probabilities"].shape == (many, 2)
        assert answer["label"][[0, 1, 9, 11]].tolist() == ["no", "no", "no", "yes"]


def test_no_row_at_all_has_an_answer(client: RpcClient, server: Any) -> None:
    empty = {"fare": ("FP64", []), "hour": ("INT64", []), "company": ("BYTES", []), "airport": ("BOOL", [])}
    for form in (True, False):
        with RpcClient(server.target, raw=form) as other:
            answer = other.infer("taxi", empty)
        assert answer["label"].shape == (0,)
        assert answer["probabilities"].shape == (0, 2)


def test_slow_calls_do_not_hold_up_quick_ones(serve: Any, predictor: Any, gated: Any, row: Any) -> None:
    slow, gate = gated
    running = serve(Repository.of([predictor, slow]))
    with RpcClient(running.target) as client:
        asking = threading.Thread(target=client.infer, args=("slow", row))
        asking.start()
        while not any(one.in_flight for one in running.dispatcher.repository):
            time.sleep(0.001)
        client.infer("taxi", row)
        gate.set()
        asking.join()
    assert [call.model for call in running.told] == ["taxi", "slow"]


def test_details_that_are_too_long_are_cut_and_not_lost(client: RpcClient) -> None:
    request = typed()
    for place in range(2_000):
        request.inputs.add(name=f"spälte {place}", datatype="FP64", shape=[1], contents={"fp64_contents": [1.0]})
    error = refused(client, request)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "is not known" in error.details()


def test_a_response_is_one_of_the_protocol(client: RpcClient) -> None:
    assert isinstance(client.call("ModelInfer", raw()), InferResponse)
    with pytest.raises(NotFoundError):
        client.metadata("taxo")


def test_a_call_goes_on_with_the_trace_that_it_comes_with(serve: Any, predictor: Any, row: Any) -> None:
    running = serve(Repository.of([predictor]), tracer=Tracer())
    trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    with RpcClient(running.target, headers={"traceparent": f"00-{trace}-{parent}-01"}) as client:
        client.infer("taxi", row)
        list(client.infer_stream("taxi", [row, row]))
    traces = [call.trace for call in running.told]
    assert [(one.trace, one.parent, one.sampled) for one in traces] == [(trace, parent, True)] * 3
    assert len({one.span for one in traces}) == 3
    with RpcClient(running.target, headers={"traceparent": "nonsense"}) as client:
        client.infer("taxi", row)
    assert running.told[-1].trace.parent == ""
