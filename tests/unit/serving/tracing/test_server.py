"""Traces of a whole server, through both doors, as a collector gets them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from mainspring.serving.server_process import ServerProcess

Start = Callable[..., ServerProcess]

ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}
TRACE = "4bf92f3577b34da6a3ce929d0e0e47"
PARENT = "00f067aa0ba902b7"


def parent(number: int, flags: str = "01") -> str:
    return f"00-{TRACE}{number:02x}-{PARENT}-{flags}"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[str, str]]:
    import os

    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)

    def write(**sections: Any) -> tuple[str, str]:
        path = tmp_path / "server.json"
        path.write_text(json.dumps(sections))
        return "--config", str(path)

    return write


def test_traces_arrive(started: Start, config: Callable[..., Any], collector: Any, tmp_path: Path) -> None:
    access = tmp_path / "access.jsonl"
    options = config(
        tracing={"endpoint": collector.url, "sample": 0.0, "every": 0.05},
        logging={"file": str(access), "good": 1, "bad": 1},
    )
    server = started(options=options)
    v1, v2 = "/v1/models/taxi:predict", "/v2/models/taxi/infer"
    one = {"instances": [ROW]}
    tensors = {
        "inputs": [
            {"name": name, "shape": [1], "datatype": kind, "data": [ROW[name]]}
            for name, kind in (("fare", "FP64"), ("hour", "INT64"), ("company", "BYTES"), ("airport", "BOOL"))
        ]
    }
    asked = [
        (v1, one, {"traceparent": parent(1)}),
        (v2, tensors, {"traceparent": parent(2, "03"), "tracestate": "rojo=1"}),
        (v1, {"instances": [{**ROW, "company": "explode"}]}, {"traceparent": parent(3)}),
        (v1, {"instances": "wrong"}, {"traceparent": parent(4)}),
        ("/v1/models/none:predict", one, {"traceparent": parent(5)}),
        (v1, one, {"traceparent": parent(6, "00")}),  # not kept, by who began it
        (v1, one, {"traceparent": "00-nonsense"}),
        (v1, one, {}),
    ]
    answers = [httpx.post(server.url + path, json=body, headers=headers) for path, body, headers in asked]
    for path in ("/v2/health/live", "/v2/health/ready", "/metrics", "/v2/models/taxi"):
        httpx.get(server.url + path, headers={"traceparent": parent(9)})
    assert [answer.status_code for answer in answers] == [200, 200, 500, 400, 404, 200, 200, 200]
    told = [answer.headers.get("traceresponse", "")[:35] for answer in answers]
    assert told == [*(f"00-{TRACE}{number:02x}" for number in range(1, 7)), "", ""]
    assert server.stop() == 0
    servers = {span.trace_id.hex(): span for span in collector.spans if span.kind == 2}
    assert sorted(servers) == [f"{TRACE}{number:02x}" for number in range(1, 6)]
    for answer, span in zip(answers, (servers[f"{TRACE}{number:02x}"] for number in range(1, 6)), strict=False):
        assert span.parent_span_id.hex() == PARENT
        assert answer.headers["traceresponse"][36:52] == span.span_id.hex()
        assert 0 < span.end_time_unix_nano - span.start_time_unix_nano < 60e9
    names = [span.name for span in servers.values()]
    assert set(names) == {"POST /v1/models/{model}:predict", "POST /v2/models/{model}/infer"}
    statuses = [servers[f"{TRACE}{number:02x}"].status.code for number in range(1, 6)]
    assert statuses == [0, 0, 2, 0, 0]  # only what the server is to blame for is an error of its span
    assert servers[f"{TRACE}02"].trace_state == "rojo=1"
    inner = [span for span in collector.spans if span.kind != 2 and span.trace_id.hex() == f"{TRACE}01"]
    assert "compute" in {span.name for span in inner}
    assert {span.parent_span_id for span in inner} == {servers[f"{TRACE}01"].span_id}
    lines = [json.loads(line) for line in access.read_text().splitlines()]
    assert [line["trace"][:30] for line in lines[:6]] == [TRACE] * 6
    assert len({line["trace"] for line in lines}) == 8


@pytest.mark.slow
def test_a_collector_that_is_gone_holds_up_nobody(started: Start, config: Callable[..., Any]) -> None:
    server = started(options=config(tracing={"endpoint": "http://127.0.0.1:9", "sample": 1.0, "every": 0.05}))
    for _ in range(20):
        answer = httpx.post(server.url + "/v1/models/taxi:predict", json={"instances": [ROW]})
        assert answer.status_code == 200
        assert answer.headers["traceresponse"].endswith("-03")
    shown = httpx.get(server.url + "/metrics").text
    assert "# TYPE mainspring_spans_total counter" in shown
    assert 'mainspring_log_lines_total{outcome="written"}' in shown
    assert server.stop(timeout=60) == 0


def test_traces_of_grpc_arrive(started: Start, config: Callable[..., Any], collector: Any) -> None:
    grpc = pytest.importorskip("grpc", reason="needs the extra grpc")
    from mainspring.serving.rpc.messages import InferRequest, InferResponse

    options = config(tracing={"endpoint": collector.url, "sample": 0.0, "every": 0.05}, rpc={"port": 0})
    server = started(options=options)
    request = InferRequest(model_name="taxi", id="seven")
    for name, kind, field in (("fare", "FP64", "fp64_contents"), ("hour", "INT64", "int64_contents")):
        tensor = request.inputs.add(name=name, datatype=kind, shape=[1])
        getattr(tensor.contents, field).append(ROW[name])
    request.inputs.add(name="company", datatype="BYTES", shape=[1]).contents.bytes_contents.append(b"A")
    request.inputs.add(name="airport", datatype="BOOL", shape=[1]).contents.bool_contents.append(True)
    with grpc.insecure_channel(server.rpc) as channel:
        ask = channel.unary_unary(
            "/inference.GRPCInferenceService/ModelInfer",
            request_serializer=InferRequest.SerializeToString,
            response_deserializer=InferResponse.FromString,
        )
        for flags in ("01", "00"):
            _, call = ask.with_call(request, metadata=[("traceparent", parent(7, flags))], timeout=20)
            assert dict(call.trailing_metadata())["traceresponse"].startswith(f"00-{TRACE}07-")
    assert server.stop() == 0
    [span] = [span for span in collector.spans if span.kind == 2]
    assert span.name == "inference.GRPCInferenceService/ModelInfer"
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (f"{TRACE}07", PARENT)
    values = {pair.key: pair.value for pair in span.attributes}
    assert values["rpc.grpc.status_code"].int_value == 0
    assert values["mainspring.request.id"].string_value == "seven"
