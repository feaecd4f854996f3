"""``mainspring slo``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml

from mainspring.app.cli.main import main
from mainspring.core.errors import NotFoundError
from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.registry import Registry
from mainspring.serving.telemetry.slo import Objective, Objectives


@pytest.fixture
def objectives() -> Objectives:
    registry = Registry()
    requests = registry.counter(schema.REQUESTS)
    requests.labels("taxi", "1", "v2", "200").add(98)
    requests.labels("taxi", "1", "v2", "500").add(2)
    asked = [
        Objective(name="up", kind="errors", target=0.999, model="taxi"),
        Objective(name="loose", kind="errors", target=0.9),
        Objective(name="fast", kind="latency", target=0.9, threshold=0.1),
    ]
    return Objectives(asked, registry)


@pytest.fixture
def url(objectives: Objectives) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.removeprefix("/v2/slo").removeprefix("/") or None
            status, told = 200, {}
            try:
                told = objectives.told(name)
            except NotFoundError as error:
                status, told = 404, {"error": str(error)}
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_what_does_not_hold_is_said_with_status_1(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slo", "show", "--url", url]) == 1
    text = capsys.readouterr().out
    assert "98 %" in text
    assert "up: 99.9 % of requests to taxi are not answered with 5xx, over 30d" in text
    assert "because 98 of 100 were good over 30d" in text
    assert "the burn rate is 20 over 1h and 20 over 5m; page from 14.4 on" in text
    assert main(["slo", "show", "loose", "--url", url]) == 0
    assert main(["slo", "show", "fast", "--url", url, "--json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert json.loads(lines[-1])["ratio"] is None


def test_an_objective_that_is_not_there(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slo", "show", "slow", "--url", url]) != 0
    assert "there is no objective 'slow'" in capsys.readouterr().err


def test_a_server_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slo", "show", "--url", "http://127.0.0.1:9"]) != 0
    assert "http://127.0.0.1:9" in capsys.readouterr().err


def test_rules_come_from_the_file_of_a_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "server.yaml"
    path.write_text("slo: {objectives: [{name: up, kind: errors, target: 0.999}]}")
    assert main(["slo", "rules", "--config", str(path)]) == 0
    [group] = yaml.safe_load(capsys.readouterr().out)["groups"]
    assert group["name"] == "mainspring-slo-up"
    assert main(["slo", "rules", "--config", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["groups"] == [group]
    path.write_text("port: 8080")
    assert main(["slo", "rules", "--config", str(path)]) != 0
    assert "the file has no objectives" in capsys.readouterr().err
    path.write_text(
        "slo: {objectives: [{name: a, kind: errors, target: 0.9}, {name: a, kind: errors, target: 0.8}]}"
    )
    assert main(["slo", "rules", "--config", str(path)]) != 0
    assert "more than one objective called 'a'" in capsys.readouterr().err


def test_the_dashboard_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slo", "dashboard"]) == 0
    assert json.loads(capsys.readouterr().out)["uid"] == "mainspring-serving"
