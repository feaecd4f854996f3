"""A server tells of itself: metrics, objectives and events, over HTTP."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from mainspring.core.errors import InputError
from mainspring.serving.assembly import assemble
from mainspring.serving.configuration import ServerOptions, read_options
from mainspring.serving.predictor import Predictor
from mainspring.serving.repository import Repository
from mainspring.serving.telemetry.events.options import EventOptions
from mainspring.serving.telemetry.options import MetricsOptions
from mainspring.serving.telemetry.server_telemetry import Telemetry
from mainspring.serving.telemetry.slo import Objective
from mainspring.serving.telemetry.slo.options import SloOptions

OPTIONS = ServerOptions(
    metrics=MetricsOptions(aliases=("triton",)),
    slo=SloOptions(
        objectives=(
            Objective(name="up", kind="errors", target=0.999, model="taxi"),
            Objective(name="fast", kind="latency", target=0.9, threshold=0.02),
        )
    ),
)
ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}


@pytest.fixture
def call(predictor: Predictor, caller: Callable[..., object]) -> Callable[..., tuple[int, object, dict[str, str]]]:
    return caller(assemble(Repository.of([predictor]), OPTIONS))


def test_metrics_come_in_the_format_that_is_asked_for(call) -> None:
    assert call("POST", "/v1/models/taxi:predict", {"instances": [ROW]})[0] == 200
    status, text, headers = call("GET", "/metrics")
    assert (status, headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert 'mainspring_requests_total{model="taxi",version="1.0.0",protocol="v1",code="200"} 1' in text
    assert 'mainspring_request_seconds_bucket{model="taxi",version="1.0.0",le="0.02"} 1' in text
    assert 'nv_inference_count{model="taxi",version="1.0.0"} 1' in text
    _, text, headers = call("GET", "/metrics", headers={"accept": "application/openmetrics-text"})
    assert headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert text.endswith("# EOF\n")


def test_a_traced_request_is_the_example_of_its_bucket(call) -> None:
    headers = {"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"}
    call("POST", "/v1/models/taxi:predict", {"instances": [ROW]}, headers)
    _, text, _ = call("GET", "/metrics", headers={"accept": "application/openmetrics-text"})
    [line] = [line for line in text.splitlines() if "# {" in line]
    assert line.startswith("mainspring_request_seconds_bucket")
    assert f'trace_id="{"ab" * 16}"' in line


def test_objectives_are_told(call) -> None:
    for _ in range(3):
        call("POST", "/v1/models/taxi:predict", {"instances": [ROW]})
    status, told, _ = call("GET", "/v2/slo")
    assert status == 200
    assert {one["name"]: (one["good"], one["total"]) for one in told["objectives"]} == {
        "up": (3, 3),
        "fast": (3, 3),
    }
    assert call("GET", "/v2/slo/up")[1]["verdict"]["ok"] is True
    status, told, _ = call("GET", "/v2/slo/nope")
    assert status == 404
    assert "there is no objective 'nope'" in told["error"]


def test_events_are_told(call) -> None:
    assert call("GET", "/v2/models/taxi/events")[1]["events"] == []
    assert call("GET", "/v2/models/taxi/versions/1.0.0/events?last=5")[0] == 200
    assert call("GET", "/v2/models/other/events")[0] == 404


@pytest.mark.parametrize("last", ["0", "5000", "x"])
def test_a_wrong_number_of_events_is_refused(call, last: str) -> None:
    status, told, _ = call("GET", f"/v2/models/taxi/events?last={last}")
    assert status == 400
    assert "the parameter last is" in told["error"]


def test_all_parts_run_and_end_together(predictor: Predictor, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    telemetry = Telemetry(Repository.of([predictor]), slo=OPTIONS.slo, run_folder=run, worker=1)

    async def live() -> None:
        async with telemetry.running():
            await asyncio.sleep(0.01)
            assert {path.suffix for path in run.iterdir()} >= {".figures", ".slo", ".events"}

    asyncio.run(live())
    assert not telemetry._examiner._thread.is_alive()
    telemetry.feedback.known("taxi", "1.0.0", right=1)


def test_events_may_be_switched_off(predictor: Predictor) -> None:
    telemetry = Telemetry(Repository.of([predictor]), events=EventOptions(enabled=False))
    assert telemetry.events("taxi")["skipped"] == {"everything": "events.enabled is false"}


def test_the_file_of_a_server_says_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "server.yaml"
    path.write_text(
        "metrics: {aliases: [triton, seldon], keep_seconds: 60}\n"
        "events: {confidence: 0.9, values: true}\n"
        "slo:\n  folder: state\n  objectives:\n"
        "    - {name: up, kind: errors, target: 0.99, codes: [5xx, '429']}\n"
    )
    options = read_options(path)
    assert options.metrics.aliases == ("triton", "seldon")
    assert options.events.confidence == 0.9
    assert options.slo.folder == str(tmp_path / "state")
    assert options.slo.objectives[0].codes == ("5xx", "429")
    path.write_text(json.dumps({"slo": {"objectives": [{"name": "up", "kind": "latency", "target": 0.9}]}}))
    with pytest.raises(InputError, match="objective 'up': latency needs a threshold"):
        read_options(path)
    msgspec.json.encode(options)
