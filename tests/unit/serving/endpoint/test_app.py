import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from mainspring.serving.assembly import assemble
from mainspring.serving.configuration import ServerOptions
from mainspring.serving.endpoint import Endpoint
from mainspring.serving.payloads import PredictionLog, read
from mainspring.serving.predictor import Predictor
from mainspring.serving.repository import Repository

ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}
PREDICT = "/v1/models/taxi:predict"


def test_requests_errors_rows_and_latency_are_counted(call: Any) -> None:
    call("POST", PREDICT, {"instances": [ROW, ROW]})
    call("POST", PREDICT, {"instances": [{**ROW, "fare": "x"}]})
    call("POST", PREDICT, b"{")
    call("POST", "/v1/models/made-up-name:predict", b"{")
    _, text, headers = call("GET", "/metrics")
    assert headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = text.splitlines()
    for line in (
        'mainspring_requests_total{model="taxi",version="1.0.0",protocol="v1",code="200"} 1',
        'mainspring_requests_total{model="taxi",version="1.0.0",protocol="v1",code="400"} 2',
        'mainspring_requests_total{model="",version="",protocol="v1",code="404"} 1',
        'mainspring_errors_total{model="taxi",version="1.0.0",kind="BAD_INPUT"} 1',
        'mainspring_errors_total{model="taxi",version="1.0.0",kind="MALFORMED"} 1',
        'mainspring_errors_total{model="",version="",kind="NOT_FOUND"} 1',
        'mainspring_rows_total{model="taxi",version="1.0.0"} 2',
        'mainspring_request_seconds_count{model="taxi",version="1.0.0"} 3',
        'mainspring_model_seconds_count{model="taxi",version="1.0.0"} 1',
        'mainspring_model_info{model="taxi",version="1.0.0",runtime="rule",task="classification"} 1',
        "mainspring_ready 1",
    ):
        assert line in lines
    assert "made-up-name" not in text


def test_every_request_is_logged_errors_too(rule: Any, caller: Any, tmp_path: Path, capsys: Any) -> None:
    predictor = Predictor(rule.package(), name="taxi", version="1.0.0")
    with PredictionLog(tmp_path) as log:
        call = caller(assemble(Repository.of([predictor]), log=log, options=ServerOptions(max_body=2_000)))
        call("POST", PREDICT, {"id": "a", "instances": [ROW, {**ROW, "fare": None, "hour": None}]})
        call("POST", PREDICT, {"instances": [{**ROW, "fare": "x"}]}, {"x-request-id": "b"})
        call("POST", PREDICT, b"{", {"x-request-id": "c"})
        call("POST", "/v2/models/other/infer", b"{}", {"x-request-id": "d"})
        call("POST", PREDICT, b"x" * 3_000, {"x-request-id": "e"})
        call("POST", PREDICT, {"id": "f", "instances": [{**ROW, "company": "explode"}]})
        call("GET", PREDICT, b"", {"x-request-id": "g"})
        call("GET", "/v2/health/ready")
    records = {record.id: record for record in read(tmp_path)}
    assert list(records) == list("abcdefg")
    assert [record.status for record in records.values()] == [200, 400, 400, 404, 413, 500, 405]
    good = records["a"]
    assert good.columns == {
        "fare": [12.5, None],
        "hour": [3, None],
        "company": ["A", "A"],
        "airport": [True, True],
    }
    assert good.outputs["label"] == ["yes", "no"]
    assert (good.model, good.version, good.protocol, good.error, good.rows) == ("taxi", "1.0.0", "v1", None, 2)
    assert 0 < good.latency < 5
    assert "column 'fare' holds 'x'" in (records["b"].error or "")
    assert json.loads(records["b"].body or "")["instances"][0]["fare"] == "x"
    assert (records["c"].body, records["d"].model, records["e"].body) == ("{", "other", "")
    assert "exploded" in (records["f"].error or "")
    assert "exploded" in capsys.readouterr().err


def test_the_log_shows_in_the_metrics(predictor: Predictor, caller: Any, tmp_path: Path) -> None:
    with PredictionLog(tmp_path, max_requests=1, flush_seconds=30) as log:
        call = caller(assemble(Repository.of([predictor]), log=log))
        for _ in range(3):
            assert call("POST", PREDICT, {"instances": [ROW]})[0] == 200
        lines = call("GET", "/metrics")[1].splitlines()
    assert "mainspring_prediction_log_queue 1" in lines
    assert "mainspring_prediction_log_dropped_total 2" in lines


def test_a_large_body_is_refused_with_its_limit(predictor: Predictor, caller: Any) -> None:
    call = caller(assemble(Repository.of([predictor]), options=ServerOptions(max_body=1_000)))
    status, answer, headers = call("POST", PREDICT, b"x" * 1_001)
    assert (status, "larger than 1000 bytes" in answer["error"]) == (413, True)
    assert "connection" not in headers
    _, _, headers = call("POST", PREDICT, b"x" * 1_001, {"Expect": "100-continue"})
    assert headers["connection"] == "close"


def test_large_and_slow_requests_do_not_hold_up_the_others(rule: Any, caller: Any) -> None:
    slow = Predictor(rule.package(sleep=0.3), name="slow", version="1")
    slow.warm(rule.EXAMPLE)
    endpoint = assemble(Repository.of([slow]))
    order: list[str] = []

    async def ask(path: str, method: str, body: bytes) -> None:
        scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                order.append(f"{path} {message['status']}")

        await endpoint(scope, receive, send)

    async def both() -> None:
        body = json.dumps({"instances": [ROW]}).encode()
        asked = asyncio.create_task(ask("/v1/models/slow:predict", "POST", body))
        await asyncio.sleep(0.05)
        await ask("/v2/health/live", "GET", b"")
        await asked

    asyncio.run(both())
    assert order == ["/v2/health/live 200", "/v1/models/slow:predict 200"]


def test_a_large_batch_is_answered(call: Any) -> None:
    rows = [{**ROW, "fare": float(fare)} for fare in range(2_000)]
    status, answer, _ = call("POST", PREDICT, {"instances": rows})
    assert status == 200
    assert answer["predictions"] == ["no"] * 11 + ["yes"] * 1_989


def test_models_do_not_answer_for_each_other(rule: Any, caller: Any) -> None:
    models = Repository.of(
        [
            Predictor(rule.package(), name="a", version="1"),
            Predictor(rule.package(shift=-5.0), name="b", version="1"),
            Predictor(rule.package(shift=5.0), name="b", version="2"),
        ]
    )
    call = caller(assemble(models))
    body = {"instances": [{**ROW, "fare": 9.0, "company": "B"}], "parameters": {"probabilities": True}}

    def yes(path: str) -> float:
        return float(call("POST", path, body)[1]["predictions"][0]["probabilities"]["yes"])

    assert yes("/v1/models/b/versions/1:predict") < yes("/v1/models/a:predict") < yes("/v1/models/b:predict")
    assert call("GET", "/v2/models/b")[1]["versions"] == ["1", "2"]


def test_without_a_model_the_server_is_not_ready(caller: Any) -> None:
    assert caller(assemble(Repository.of([])))("GET", "/v2/health/ready")[:2] == (503, {"ready": False})


def test_websockets_are_closed(endpoint: Endpoint) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    asyncio.run(endpoint({"type": "websocket", "path": "/"}, receive, send))
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_shutting_down_turns_ready_off_and_writes_the_log(
    predictor: Predictor, caller: Any, tmp_path: Path
) -> None:
    log = PredictionLog(tmp_path, flush_seconds=30)
    endpoint = assemble(Repository.of([predictor]), log=log)
    caller(endpoint)("POST", PREDICT, {"instances": [ROW]})
    incoming = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[str] = []

    async def receive() -> Any:
        return incoming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    asyncio.run(endpoint({"type": "lifespan", "state": {}}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert not endpoint.ready
    assert len(list(read(tmp_path))) == 1
    assert not list(tmp_path.glob("*.open"))


@pytest.mark.parametrize("name", ["a b", "Ä", "x:y", "with.dots-1"])
def test_names_may_be_odd(rule: Any, caller: Any, name: str) -> None:
    call = caller(assemble(Repository.of([Predictor(rule.package(), name=name, version="1")])))
    assert call("POST", f"/v1/models/{name}:predict", {"instances": [ROW]})[0] == 200
    assert call("GET", f"/v2/models/{name}")[1]["name"] == name
