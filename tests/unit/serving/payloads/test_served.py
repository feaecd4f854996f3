"""The log and the feedback of real server processes."""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from mainspring.core.errors import InputError, UnavailableError
from mainspring.serving import join_feedback, read_feedback, read_log
from mainspring.serving.client import Client
from mainspring.serving.configuration import ServerOptions
from mainspring.serving.payloads.options import PayloadOptions
from mainspring.serving.repository import PackageAt
from mainspring.serving.server import serve, supervise
from mainspring.serving.server_process import ServerProcess

ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}
Start = Callable[..., ServerProcess]


def test_a_killed_server_has_logged_everything_that_it_answered(started: Start, tmp_path: Path) -> None:
    server = started(log_folder=tmp_path / "log")
    answered: list[str] = []
    stop = threading.Event()

    def ask() -> None:
        with Client(server.url) as client:
            while not stop.is_set():
                try:
                    client.predict("taxi", [ROW])
                except (UnavailableError, OSError):
                    return
                answered.append(client.last_id)

    asking = [threading.Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    while len(answered) < 300:
        time.sleep(0.01)
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    stop.set()
    for thread in asking:
        thread.join()
    logged = [record.id for record in read_log(tmp_path / "log")]
    assert set(answered) <= set(logged)
    assert len(logged) == len(set(logged)) <= len(answered) + len(asking)  # and those on their way


def test_feedback_is_taken_in_three_forms_counted_and_joined(started: Start, tmp_path: Path) -> None:
    server = started(log_folder=tmp_path / "log")
    with Client(server.url) as client:
        assert client.predict("taxi", [ROW, {**ROW, "fare": 0}]) == ["yes", "no"]
        request = client.last_id
        told = client.feedback("taxi", request, truth=["yes", "yes"], reward=1, clicked=True)
        assert told == {"accepted": 4, "duplicates": 0, "pending": 0}
        assert client.feedback("taxi", request, truth=["yes", "yes"])["duplicates"] == 2
        v1 = httpx.post(
            f"{server.url}/v1/models/taxi:feedback", json={"instances": [{"id": "late", "truth": "no"}]}
        )
        assert v1.json() == {"accepted": 1, "duplicates": 0, "pending": 1}
        seldon = {
            "response": {"meta": {"puid": request}},
            "reward": 0.5,
            "truth": {"data": {"ndarray": ["yes", "no"]}},
        }
        assert httpx.post(f"{server.url}/api/v1.0/feedback", json=seldon).json()["accepted"] == 2
        with pytest.raises(InputError, match="has no id of a request"):
            client.tell("taxi", [{"truth": 1}])
        metrics = httpx.get(f"{server.url}/metrics").text
    # Of the second row the truth was told twice, and differently.
    assert 'mainspring_feedback_total{model="taxi",version="1.0.0",outcome="right"} 2' in metrics
    assert 'mainspring_feedback_total{model="taxi",version="1.0.0",outcome="wrong"} 1' in metrics
    assert server.stop() == 0
    log = tmp_path / "log"
    rows = join_feedback(read_log(log), read_feedback(log)).to_columns()
    assert rows["feedback.truth"] == ["yes", "no"]
    assert rows["feedback.reward"] == [0.5, 0.5]
    assert rows["feedback.clicked"] == [True, True]


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits of another process cannot be set here")
@pytest.mark.parametrize("required", [True, False])
def test_a_server_that_cannot_write_a_log_that_it_needs_is_not_ready(
    required: bool, folder: Path, tmp_path: Path
) -> None:
    config = {"models": {"taxi": {"package": str(folder)}}, "payloads": {"folder": "log", "required": required}}
    (tmp_path / "server.json").write_text(json.dumps(config))
    with _running(tmp_path / "server.json") as (process, url), Client(url) as client:

        def ready_is(wanted: int) -> bool:
            until = time.monotonic() + 20
            while httpx.get(f"{url}/v2/health/ready").status_code != wanted and time.monotonic() < until:
                time.sleep(0.02)
            return httpx.get(f"{url}/v2/health/ready").status_code == wanted

        limit = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        assert ready_is(200)
        # Like a full disk: nothing more can be written to any file.
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, limit[1]))
        client.predict("taxi", [ROW])
        assert ready_is(503 if required else 200)
        assert client.predict("taxi", [ROW]) == ["yes"]  # who still asks is answered
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, limit)
        assert ready_is(200)
    assert len(list(read_log(tmp_path / "log"))) == 2


def test_a_log_that_is_required_has_a_place(folder: Path) -> None:
    options = ServerOptions(port=0, payloads=PayloadOptions(required=True))
    with pytest.raises(InputError, match="the log is required, and has no folder"):
        serve([PackageAt(folder, "taxi")], options=options)
    with pytest.raises(InputError, match="the log is required, and has no folder"):
        supervise([sys.executable], options)


def test_a_server_without_a_log_takes_no_feedback(call: Any) -> None:
    status, answer, _ = call("POST", "/v2/models/taxi/feedback", {"id": "a", "truth": 1})
    assert status == 501
    assert "keeps no log" in answer["error"]


@pytest.mark.slow
def test_workers_that_are_killed_lose_no_row(folder: Path, tmp_path: Path) -> None:
    config = {"workers": 2, "models": {"taxi": {"package": str(folder), "version": "1.0.0"}}}
    config |= {"payloads": {"folder": "log", "compact": True, "segment_bytes": 100_000}}
    (tmp_path / "server.json").write_text(json.dumps(config))
    answered: list[str] = []
    stop = threading.Event()

    def ask(url: str) -> None:
        while not stop.is_set():
            with Client(url) as client:
                try:
                    while not stop.is_set():
                        client.predict("taxi", [ROW] * (len(answered) % 100 + 1))
                        answered.append(client.last_id)
                except (UnavailableError, OSError):
                    time.sleep(0.05)

    with _running(tmp_path / "server.json") as (process, url):
        asking = [threading.Thread(target=ask, args=(url,)) for _ in range(4)]
        for thread in asking:
            thread.start()
        for enough in (2_000, 4_000):
            while len(answered) < enough:
                time.sleep(0.01)
            os.kill(_workers(process.pid)[0], signal.SIGKILL)
        while len(answered) < 6_000:
            time.sleep(0.01)
        stop.set()
        for thread in asking:
            thread.join()
    logged = [record.id for record in read_log(tmp_path / "log")]
    assert len(logged) == len(set(logged))
    assert set(answered) <= set(logged)
    assert len(logged) <= len(answered) + 2 * len(asking)  # and those on their way to the killed


def _workers(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(pid) for pid in children if b"--worker" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")]


def test_the_file_of_a_server_says_what_is_logged_and_where_it_goes(folder: Path, tmp_path: Path) -> None:
    got: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            got.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    receiver = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.daemon_threads = True
    threading.Thread(target=receiver.serve_forever, args=(0.02,), daemon=True).start()
    config = {
        "workers": 2,
        "models": {"taxi": {"package": str(folder), "version": "1.0.0"}},
        "payloads": {
            "folder": "log",
            "subject": "header:x-subject",
            "redact": {"mask": ["company"], "hash": ["request.subject"], "key_env": "SALT"},
            "sinks": [
                {
                    "type": "http",
                    "name": "events",
                    "url": f"http://127.0.0.1:{receiver.server_port}",
                    "events": "kserve",
                }
            ],
        },
    }
    file = tmp_path / "server.json"
    file.write_text(json.dumps(config))
    try:
        with _running(file) as (_, url):
            for _ in range(20):
                with Client(url, headers={"x-subject": "ann"}) as client:
                    client.predict("taxi", [ROW])
    finally:
        receiver.shutdown()
        receiver.server_close()
    records = list(read_log(tmp_path / "log"))
    assert len(records) == 20
    assert {record.columns["company"][0] for record in records} == {"***"}
    assert len({record.subject for record in records}) == 1
    assert all(len(str(record.subject)) == 32 for record in records)
    assert len(got) == 40
    assert {headers["ce-type"] for headers in got} == {
        "org.kubeflow.serving.inference.request",
        "org.kubeflow.serving.inference.response",
    }


@contextmanager
def _running(config: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server with this file, and its address; stopped, and found to have stopped cleanly, at the end."""
    read, write = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "mainspring.serving", "--config", config, "--port", "0", "--announce", str(write)],
        pass_fds=[write],
        env={**os.environ, "SALT": "0123456789abcdef"},
    )
    os.close(write)
    try:
        with os.fdopen(read) as told:
            yield process, json.loads(told.readline())["url"]
    finally:
        process.terminate()
        assert process.wait(30) == 0
