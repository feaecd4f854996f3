"""A real Prometheus scrapes a server of two processes, one of which is killed, and judges by its rules."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from mainspring.serving.client import Client
from mainspring.serving.configuration import read_options
from mainspring.serving.telemetry.slo.rules import rules

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("prometheus") is None, reason="Prometheus is not installed: apt-get install prometheus"
    ),
]

ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}
CONFIG = """
workers: 2
metrics: {aliases: [triton, mlserver, kserve, seldon, tfserving], refresh_seconds: 0.5}
slo:
  objectives:
    - {name: up, kind: errors, target: 0.999, model: taxi}
    - {name: fast, kind: latency, target: 0.9, threshold: 0.02, model: taxi}
"""


class Prometheus:
    """A Prometheus server that scrapes one address every half second."""

    def __init__(self, folder: Path, target: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        config = {
            "global": {"scrape_interval": "500ms", "evaluation_interval": "500ms"},
            "rule_files": [str(folder / "rules.yml")],
            "scrape_configs": [{"job_name": "mainspring", "static_configs": [{"targets": [target]}]}],
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        command = [
            "prometheus",
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={self.url.removeprefix('http://')}",
            "--enable-feature=exemplar-storage",
            "--log.level=error",
        ]
        self.process = subprocess.Popen(command)

    def query(self, expression: str) -> list[dict[str, object]]:
        return self.get("query", query=expression)["result"]

    def value(self, expression: str) -> float | None:
        found = self.query(expression)
        return float(found[0]["value"][1]) if found else None

    def get(self, path: str, **parameters: str) -> dict[str, object]:
        asked = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return json.load(answer)["data"]

    def wait_for(self, expression: str, wanted: Callable[[float], bool]) -> float:
        deadline, value = time.monotonic() + 30, None
        while time.monotonic() < deadline:
            with suppress(OSError):
                value = self.value(expression)
                if value is not None and wanted(value):
                    return value
            time.sleep(0.25)
        raise AssertionError(f"{expression} is {value}")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "server.yaml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def server(started, config: Path) -> object:
    return started(options=["--config", str(config)])


@pytest.fixture
def prometheus(tmp_path: Path, config: Path, server) -> Iterator[Prometheus]:
    folder = tmp_path / "prometheus"
    folder.mkdir()
    made = rules(read_options(config).slo.objectives)
    (folder / "rules.yml").write_text(yaml.safe_dump(made))
    running = Prometheus(folder, server.url.removeprefix("http://"))
    yield running
    running.process.terminate()
    running.process.wait(20)


def ask(url: str, number: int, rows: list[dict[str, object]]) -> int:
    """Ask on a connection of its own each time, so that both processes answer; gives how many were answered."""
    good = 0
    for _ in range(number):
        with suppress(Exception), Client(url) as client:
            good += client.call("POST", "/v1/models/taxi:predict", {"instances": rows})[0] == 200
    return good


def workers_of(pid: int) -> list[int]:
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_prometheus_sees_one_server_whichever_process_it_asks(server, prometheus: Prometheus) -> None:
    total = 'sum(mainspring_requests_total{code="200"})'
    good = ask(server.url, 100, [ROW, ROW])
    assert good == 100
    assert prometheus.wait_for(total, lambda value: value >= good) == good
    assert prometheus.value("sum(mainspring_rows_total)") == 2 * good
    assert prometheus.value("mainspring_workers") == 2
    assert prometheus.value("mainspring_ready") == 1
    assert prometheus.value("count(mainspring_worker_memory_bytes)") == 2
    assert prometheus.value("sum(mainspring_request_seconds_count)") == good
    assert prometheus.value("sum(nv_inference_request_success)") == good
    assert prometheus.value('{__name__=":tensorflow:serving:request_count",status="OK"}') == good

    ask(server.url, 5, [{"fare": "x"}])
    prometheus.wait_for('mainspring_errors_total{kind="BAD_INPUT"}', lambda value: value == 5)

    victim = workers_of(server.pid)[0]
    os.kill(victim, signal.SIGKILL)
    more = ask(server.url, 60, [ROW])
    prometheus.wait_for("mainspring_workers", lambda value: value == 2)
    after = prometheus.wait_for(total, lambda value: value >= good + more)
    # Of a killed process at most the request counts that it was answering.
    assert good + more <= after <= good + 60
    for expression in (
        'max(resets(mainspring_requests_total{code="200"}[5m]))',
        "max(resets(mainspring_request_seconds_count[5m]))",
        "max(resets(process_cpu_seconds_total[5m]))",
    ):
        assert prometheus.value(expression) == 0, expression
    assert prometheus.value("count(mainspring_worker_memory_bytes)") == 2

    share = "histogram_quantile(0.5, sum by (le) (rate(mainspring_request_seconds_bucket[1m])))"
    assert 0 < prometheus.wait_for(share, lambda value: value > 0) < 1
    assert prometheus.wait_for('slo:mainspring_bad:ratio_rate5m{slo="up"}', lambda value: value == 0) == 0
    assert prometheus.value('mainspring_slo_target_ratio{slo="up"}') == 0.999
    judged = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
    assert {rule["health"] for rule in judged} == {"ok"}
    assert not [target for target in prometheus.get("targets")["activeTargets"] if target["lastError"]]
