"""Triton's official client, as it is, in the process of the server: every call of it that the server offers."""

import asyncio
import queue
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tritonclient.grpc", reason="needs tritonclient and grpcio")

import tritonclient.grpc as triton
import tritonclient.grpc.aio as triton_aio
from tritonclient.utils import InferenceServerException


@pytest.fixture
def client(server: Any) -> Iterator[triton.InferenceServerClient]:
    server.told.clear()
    with triton.InferenceServerClient(server.target) as client:
        yield client


def inputs(rows: int = 1, kind: Any = triton.InferInput) -> list[Any]:
    found = []
    for name, datatype, value in (
        ("fare", "FP64", np.full(rows, 12.5)),
        ("hour", "INT64", np.full(rows, 3)),
        ("company", "BYTES", np.array(["A"] * rows, dtype=object)),
        ("airport", "BOOL", np.full(rows, True)),
    ):
        tensor = kind(name, [rows], datatype)
        tensor.set_data_from_numpy(value)
        found.append(tensor)
    return found


def test_g1_triton_asks_and_is_answered(client: triton.InferenceServerClient) -> None:
    outputs = [triton.InferRequestedOutput("probabilities"), triton.InferRequestedOutput("label")]
    result = client.infer("taxi", inputs(3), model_version="1.0.0", outputs=outputs, request_id="seven")
    assert result.as_numpy("label").tolist() == [b"yes"] * 3
    assert result.as_numpy("probabilities").shape == (3, 2)
    response = result.get_response(as_json=True)
    assert response["id"] == "seven"
    assert response["model_version"] == "1.0.0"
    assert [one["name"] for one in response["outputs"]] == ["probabilities", "label"]


def test_g3_tritons_parameters_headers_and_compression_arrive(
    client: triton.InferenceServerClient, server: Any
) -> None:
    client.infer(
        "taxi",
        inputs(),
        priority=3,
        timeout=5_000_000,
        parameters={"a": "x", "b": 1, "c": True, "d": 0.5},
        headers={"x-tenant": "seven"},
        compression_algorithm="gzip",
    )
    call = server.told[-1]
    assert call.question.parameters == {"priority": 3, "timeout": 5_000_000, "a": "x", "b": 1, "c": True, "d": 0.5}
    assert call.headers[b"x-tenant"] == b"seven"


def test_g4_triton_is_told_of_errors(client: triton.InferenceServerClient) -> None:
    with pytest.raises(InferenceServerException, match="model 'taxo' is not served here") as caught:
        client.infer("taxo", inputs())
    assert caught.value.status() == "StatusCode.NOT_FOUND"
    with pytest.raises(InferenceServerException, match="column 'airport' is not there") as caught:
        client.infer("taxi", inputs()[:3])
    assert caught.value.status() == "StatusCode.INVALID_ARGUMENT"
    with pytest.raises(InferenceServerException) as caught:
        client.infer("slow", inputs(), client_timeout=0.05)
    assert caught.value.status() == "StatusCode.DEADLINE_EXCEEDED"


def test_triton_has_outputs_classified(client: triton.InferenceServerClient) -> None:
    outputs = [triton.InferRequestedOutput("probabilities", class_count=2)]
    result = client.infer("taxi", inputs(2), model_version="1.0.0", outputs=outputs)
    assert result.as_numpy("probabilities").tolist() == [[b"0.622459:1:yes", b"0.377541:0:no"]] * 2


def test_triton_asks_in_the_background(client: triton.InferenceServerClient) -> None:
    answers: queue.Queue[Any] = queue.Queue()
    client.async_infer("taxi", inputs(), lambda result, error: answers.put((result, error)))
    result, error = answers.get(timeout=20)
    assert error is None
    assert result.as_numpy("label").tolist() == [b"yes"]


def test_triton_streams_and_errors_do_not_end_the_stream(client: triton.InferenceServerClient) -> None:
    answers: queue.Queue[Any] = queue.Queue()
    client.start_stream(lambda result, error: answers.put((result, error)))
    for number in range(5):
        client.async_stream_infer(
            "taxo" if number == 2 else "taxi",
            inputs(),
            request_id=str(number),
            enable_empty_final_response=True,
        )
    got = [answers.get(timeout=20) for _ in range(5)]
    client.stop_stream()
    assert [error is None for _, error in got] == [True, True, False, True, True]
    assert [result.get_response().id for result, error in got if error is None] == ["0", "1", "3", "4"]
    assert "model 'taxo'" in str(got[2][1])


def test_triton_reads_what_the_server_tells(client: triton.InferenceServerClient) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("taxi")
    assert client.is_model_ready("taxi", "1.0.0")
    assert client.get_server_metadata(as_json=True)["name"] == "mainspring"
    metadata = client.get_model_metadata("taxi", as_json=True)
    assert metadata["inputs"][0] == {"name": "fare", "datatype": "FP64", "shape": ["-1"]}
    config = client.get_model_config("taxi", as_json=True)["config"]
    assert config["input"][2] == {"name": "company", "data_type": "TYPE_STRING", "dims": ["-1"]}
    client.infer("taxi", inputs(2), model_version="1.0.0")
    [statistics] = client.get_inference_statistics("taxi", "1.0.0", as_json=True)["model_stats"]
    assert int(statistics["inference_count"]) >= 2
    index = client.get_model_repository_index(as_json=True)["models"]
    assert {"name": "taxi", "version": "1.0.0", "state": "READY"} in index


def test_triton_is_told_what_is_not_offered(client: triton.InferenceServerClient) -> None:
    for ask in (
        lambda: client.load_model("taxi"),
        client.get_system_shared_memory_status,
        client.get_cuda_shared_memory_status,
        client.get_trace_settings,
        client.get_log_settings,
    ):
        with pytest.raises(InferenceServerException) as caught:
            ask()
        assert caught.value.status() == "StatusCode.UNIMPLEMENTED"


def test_tritons_asyncio_client(server: Any) -> None:
    async def ask() -> None:
        async with triton_aio.InferenceServerClient(server.target) as client:
            assert await client.is_server_ready()
            results = await asyncio.gather(*(client.infer("taxi", inputs()) for _ in range(8)))
            assert all(result.as_numpy("label").tolist() == [b"yes"] for result in results)

            async def requests() -> Any:
                for number in range(3):
                    yield {"model_name": "taxi", "inputs": inputs(), "request_id": str(number)}

            answers = [pair async for pair in client.stream_infer(requests())]
            assert [result.get_response().id for result, error in answers if error is None] == ["0", "1", "2"]

    asyncio.run(ask())
