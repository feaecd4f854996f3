"""A real server whose file says how its models are limited, batched and remembered: what callers are told."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from mainspring.serving.server_process import ServerProcess

ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}

CONFIG = """
limits:
  max_requests: 100
models:
  taxi: {}
  few: {limits: {max_requests: 1}}
  rare: {limits: {rates: [{per_second: 0.01, burst: 2}]}}
  small: {limits: {max_rows: 2}}
  slow: {timeout: 0.1}
  single: {limits: {max_concurrency: 1}}
  together: {batching: {max_batch_size: 64}}
  known: {cache: {ttl: 60}}
"""
SLEEPS = {"few": 0.3, "slow": 0.5, "single": 0.2, "together": 0.05, "known": 0.02}
NAMES = ["taxi", "few", "rare", "small", "slow", "single", "together", "known"]


class Server:
    def __init__(self, url: str) -> None:
        self.host, self.port = urlsplit(url).hostname or "", urlsplit(url).port or 0

    def ask(
        self, model: str, *rows: Any, headers: dict[str, str] | None = None, **more: Any
    ) -> tuple[int, Any, Any]:
        body = {"instances": list(rows) or [ROW], "parameters": {"probabilities": True, **more}}
        return self.request("POST", f"/v1/models/{model}:predict", body, headers)

    def request(self, method: str, path: str, body: Any = None, headers: Any = None) -> tuple[int, Any, Any]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers or {})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read()), answer.headers
        finally:
            connection.close()

    def stats(self, model: str) -> Any:
        _, answer, _ = self.request("GET", f"/v2/models/{model}/stats")
        return answer["model_stats"][0]


@pytest.fixture(scope="module")
def server(rule: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("limits")
    (folder / "server.yaml").write_text(CONFIG)
    more = ["--config", str(folder / "server.yaml")]
    for name in NAMES[1:]:
        package = rule.write(folder / name, sleep=SLEEPS.get(name, 0))
        more += ["--package", str(package), "--name", name, "--version", "1"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(rule.__file__).parent))
        with ServerProcess(rule.write(folder / "taxi"), name="taxi", options=more) as process:
            yield Server(process.url)


def at_once(*tasks: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(tasks)) as pool:
        return [future.result() for future in [pool.submit(task) for task in tasks]]


def test_too_many_at_a_time(server: Server) -> None:
    found = at_once(*[lambda: server.ask("few")] * 3)
    assert sorted(status for status, _, _ in found) == [200, 503, 503]
    _, answer, headers = next(one for one in found if one[0] == 503)
    assert "1 requests are under way" in answer["error"]
    assert int(headers["retry-after"]) >= 1
    assert server.ask("few")[0] == 200


def test_too_often(server: Server) -> None:
    found = [server.ask("rare") for _ in range(3)]
    assert [status for status, _, _ in found] == [200, 200, 429]
    assert 1 <= int(found[2][2]["retry-after"]) <= 100
    assert "less often" in found[2][1]["error"]


def test_too_many_rows(server: Server) -> None:
    assert server.ask("small", ROW, ROW)[0] == 200
    status, answer, headers = server.ask("small", ROW, ROW, ROW)
    assert (status, "3 rows" in answer["error"], headers["retry-after"]) == (413, True, None)


def test_too_late(server: Server) -> None:
    status, answer, _ = server.ask("slow")
    assert (status, "within 0.1 seconds" in answer["error"]) == (504, True)
    began = time.perf_counter()
    status, answer, _ = server.ask("single", timeout=20_000)
    assert (status, "within 0.02 seconds" in answer["error"]) == (504, True)
    status, answer, _ = server.ask("few", headers={"x-request-timeout": "0.03"})
    assert (status, "within 0.03 seconds" in answer["error"]) == (504, True)
    assert time.perf_counter() - began < 10
    assert server.ask("taxi", headers={"x-request-timeout": "soon"})[0] == 400
    assert server.ask("taxi", headers={"x-request-timeout": "30"}, timeout=10**7)[0] == 200


def test_one_after_the_other(server: Server) -> None:
    began = time.perf_counter()
    found = at_once(*[lambda: server.ask("single")] * 3)
    assert [status for status, _, _ in found] == [200] * 3
    assert time.perf_counter() - began >= 3 * 0.2


def test_computed_together(server: Server) -> None:
    def ask(fare: float) -> Any:
        return server.ask("together", {**ROW, "fare": fare})

    found = at_once(*[lambda fare=fare: ask(float(fare)) for fare in range(16)])
    for fare, (status, answer, _) in enumerate(found):
        assert status == 200
        assert answer["predictions"] == server.ask("taxi", {**ROW, "fare": float(fare)})[1]["predictions"]
    counts = server.stats("together")
    assert counts["inference_count"] == 16
    assert counts["execution_count"] < 16


def test_remembered(server: Server) -> None:
    rows = [{**ROW, "fare": float(fare % 3), "company": None} for fare in range(12)]
    answers = [server.ask("known", row)[1]["predictions"] for row in rows]
    assert answers[:3] == answers[3:6] == answers[6:9]
    assert answers[0] != answers[1]
    counts = server.stats("known")["inference_stats"]
    assert (counts["cache_hit"]["count"], counts["cache_miss"]["count"]) == (9, 3)


def test_large_requests_are_remembered_and_computed_together_as_well(server: Server) -> None:
    rows = [{**ROW, "fare": float(fare)} for fare in range(400)]
    expected = server.ask("taxi", *rows)[1]
    for model in ("known", "together", "single"):
        for _ in range(2):
            assert server.ask(model, *rows)[1] == expected


def test_whoever_goes_away_is_not_waited_for(server: Server) -> None:
    """The model takes 0.2 s and one request at a time: the three that left would keep the last for 0.8 s."""
    before = server.stats("single")["inference_stats"]["fail"]["count"]
    body = json.dumps({"instances": [ROW]}).encode()
    head = f"POST /v1/models/single:predict HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    leaving = [socket.create_connection((server.host, server.port)) for _ in range(4)]
    for one in leaving:
        one.sendall(head + body)
    timer = threading.Event()
    timer.wait(0.05)
    for one in leaving:
        one.close()
    assert server.ask("single")[0] == 200
    while server.stats("single")["inference_stats"]["fail"]["count"] < before + 4:
        timer.wait(0.01)
    counts = server.stats("single")
    assert counts["inference_stats"]["fail"]["count"] == before + 4


@pytest.mark.slow
def test_all_processes_of_a_server_keep_one_rate(rule: Any, tmp_path: Path) -> None:
    rates = {"per_second": 0.001, "burst": 6}
    options = {"workers": 2, "models": {"taxi": {"limits": {"rates": [rates]}}}}
    (tmp_path / "server.json").write_text(json.dumps(options))
    package = rule.write(tmp_path / "taxi")
    with ServerProcess(package, name="taxi", options=["--config", str(tmp_path / "server.json")]) as process:
        server = Server(process.url)
        found = at_once(*[lambda: [server.ask("taxi")[0] for _ in range(5)]] * 8)
    codes = [code for some in found for code in some]
    assert codes.count(200) == 6
    assert codes.count(429) == 34
