"""The log and the feedback of real server processes."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from mainspring.core.errors import InputError, UnavailableError
from mainspring.serving import join_feedback, read_feedback, read_log
from mainspring.serving.client import Client
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


def test_a_server_without_a_log_takes_no_feedback(started: Start) -> None:
    answer = httpx.post(f"{started().url}/v2/models/taxi/feedback", json={"id": "a", "truth": 1})
    assert answer.status_code == 501
    assert "keeps no log" in answer.json()["error"]


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
    command = [sys.executable, "-m", "mainspring.serving", "--config", str(file), "--port", "0"]
    try:
        _run(command, tmp_path)
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


def _run(command: list[str], folder: Path) -> None:
    read, write = os.pipe()
    environment = {**os.environ, "SALT": "0123456789abcdef"}
    process = subprocess.Popen([*command, "--announce", str(write)], pass_fds=[write], env=environment, cwd=folder)
    os.close(write)
    try:
        with os.fdopen(read) as told:
            url = json.loads(told.readline())["url"]
        for _ in range(20):
            with Client(url, headers={"x-subject": "ann"}) as client:
                client.predict("taxi", [ROW])
    finally:
        process.terminate()
        assert process.wait(30) == 0
