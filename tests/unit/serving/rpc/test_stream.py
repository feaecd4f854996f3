"""Streams: several requests under way, answered in their order, and errors in their place."""

import queue
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from mainspring.core.errors import InputError, UnavailableError
from mainspring.serving.repository import Repository
from mainspring.serving.rpc.client import RpcClient
from mainspring.serving.rpc.messages import INFERENCE, InferRequest, StreamResponse
from mainspring.serving.rpc.options import RpcOptions


def question(model: str, request_id: str) -> Any:
    request = InferRequest(model_name=model, id=request_id)
    for name, datatype, contents in (
        ("fare", "FP64", {"fp64_contents": [12.5]}),
        ("hour", "INT64", {"int64_contents": [3]}),
        ("company", "BYTES", {"bytes_contents": [b"A"]}),
        ("airport", "BOOL", {"bool_contents": [True]}),
    ):
        request.inputs.add(name=name, datatype=datatype, shape=[1], contents=contents)
    return request


class Stream:
    """A stream that is written and read when the test says so."""

    def __init__(self, target: str, **options: Any) -> None:
        self._channel = grpc.insecure_channel(target)
        self._requests: queue.Queue[Any] = queue.Queue()
        ask = self._channel.stream_stream(
            f"/{INFERENCE}/ModelStreamInfer",
            request_serializer=lambda request: request.SerializeToString(),
            response_deserializer=StreamResponse.FromString,
        )
        self.call = ask(iter(self._requests.get, None), **options)

    def send(self, *requests: Any) -> None:
        for request in requests:
            self._requests.put(request)

    def end(self) -> None:
        self._requests.put(None)

    def close(self) -> None:
        self.end()
        self.call.cancel()
        self._channel.close()


@pytest.fixture
def stream(server: Any) -> Iterator[Stream]:
    server.told.clear()
    made = Stream(server.target)
    yield made
    made.close()


def test_answers_come_in_the_order_of_the_requests_whatever_takes_long(stream: Stream, server: Any) -> None:
    ids = [f"r{number}" for number in range(12)]
    stream.send(*(question("slow" if number % 4 == 0 else "taxi", name) for number, name in enumerate(ids)))
    stream.end()
    answers = list(stream.call)
    assert [answer.infer_response.id for answer in answers] == ids
    assert all(answer.infer_response.parameters["triton_final_response"].bool_param for answer in answers)
    told = [call.id for call in server.told]
    assert sorted(told) == sorted(ids)
    assert told != ids  # quick ones were computed while the slow ones slept


def test_several_slow_requests_are_under_way_at_once(serve: Any, gated: Any) -> None:
    model, gate = gated
    running = serve(Repository.of([model]))
    stream = Stream(running.target)
    stream.send(*(question("slow", str(number)) for number in range(3)))
    [served] = running.dispatcher.repository
    while served.in_flight < 3:
        time.sleep(0.001)
    gate.set()
    stream.end()
    assert [answer.infer_response.id for answer in stream.call] == ["0", "1", "2"]
    stream.close()


def test_an_error_is_told_in_its_place_and_does_not_end_the_stream(stream: Stream) -> None:
    bad = question("taxi", "bad")
    bad.inputs[0].contents.fp64_contents.append(2.0)
    stream.send(question("taxi", "one"), bad, question("taxo", "none"), question("taxi", "two"))
    stream.end()
    answers = list(stream.call)
    assert [answer.infer_response.id for answer in answers] == ["one", "bad", "none", "two"]
    assert [bool(answer.error_message) for answer in answers] == [False, True, True, False]
    assert "2 values in fp64_contents" in answers[1].error_message
    assert "model 'taxo' is not served here" in answers[2].error_message


def test_with_triton_grpc_error_the_first_error_ends_the_stream(server: Any) -> None:
    stream = Stream(server.target, metadata=(("triton_grpc_error", "true"),))
    stream.send(question("taxi", "one"), question("taxo", "none"), question("taxi", "two"))
    assert next(stream.call).infer_response.id == "one"
    with pytest.raises(grpc.RpcError) as caught:
        next(stream.call)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    stream.close()


def test_no_more_requests_are_taken_than_the_window_holds(serve: Any, gated: Any) -> None:
    model, gate = gated
    running = serve(Repository.of([model]), RpcOptions(port=0, stream_window=2))
    stream = Stream(running.target)
    stream.send(*(question("slow", str(number)) for number in range(10)))
    [served] = running.dispatcher.repository
    while served.in_flight < 2:
        time.sleep(0.001)
    time.sleep(0.05)
    assert served.in_flight == 2
    gate.set()
    stream.end()
    assert len(list(stream.call)) == 10
    stream.close()


def test_a_caller_that_goes_away_leaves_nothing_in_flight(stream: Stream, server: Any) -> None:
    stream.send(*(question("slow", str(number)) for number in range(8)))
    slow = next(one for one in server.dispatcher.repository if one.name == "slow")
    while not slow.in_flight:
        time.sleep(0.001)
    stream.call.cancel()
    deadline = time.monotonic() + 20
    while slow.in_flight and time.monotonic() < deadline:
        time.sleep(0.01)
    assert slow.in_flight == 0
    assert {call.kind for call in server.told} <= {"", "CANCELLED"}


def test_the_client_streams_named_columns(client: RpcClient, row: Any) -> None:
    batches = [row, {**row, "fare": ["x"]}, row]
    first, second, third = client.infer_stream("taxi", batches, version="1.0.0")
    assert first["label"].tolist() == third["label"].tolist() == ["yes"]
    assert isinstance(second, InputError)
    assert "datatype BYTES; expected datatype FP64" in str(second)


def test_the_client_says_that_a_server_is_gone(row: Any) -> None:
    with RpcClient("127.0.0.1:1", timeout=5) as client:
        with pytest.raises(UnavailableError):
            list(client.infer_stream("taxi", [row]))
        assert not client.ready()
