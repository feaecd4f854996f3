"""Real server processes on loopback, with ports that the system chooses."""

import datetime
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest

from mainspring.core.errors import InputError, NotFoundError, UnavailableError
from mainspring.serving.client import Client, predict, ready
from mainspring.serving.payloads import read
from mainspring.serving.push import Deployment
from mainspring.serving.server_process import ServerProcess

ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}
Start = Callable[..., ServerProcess]


def test_a_server_is_started_asked_and_stopped(started: Start, tmp_path: Path) -> None:
    server = started(log_folder=tmp_path / "log")
    assert ready(server.url)
    assert predict(server.url, "taxi", [ROW]) == ["yes"]
    assert httpx.get(f"{server.url}/v2/models/taxi").json()["versions"] == ["1.0.0"]
    assert server.stop() == 0
    assert not ready(server.url)
    [record] = read(tmp_path / "log")
    assert record.outputs["label"] == ["yes"]


def test_the_client_keeps_its_connection_and_says_what_is_wrong(started: Start) -> None:
    server = started()
    with Client(server.url) as client:
        [answer] = client.predict("taxi", [ROW], version="1.0.0", probabilities=True)
        assert answer["label"] == "yes"
        columns = {"airport": ("BOOL", [False]), "fare": ("FP64", [None]), "company": ("BYTES", [None])}
        outputs = client.infer("taxi", {**columns, "hour": ("INT64", [1])})
        assert outputs == {"label": ["no"], "probabilities": [[0.5, 0.5]]}
        socket_before = client._connection.sock
        with pytest.raises(InputError, match="column 'fare' holds 'x'"):
            client.predict("taxi", [{**ROW, "fare": "x"}])
        with pytest.raises(NotFoundError, match="'cab' is not served here"):
            client.predict("cab", [ROW])
        with pytest.raises(UnavailableError, match="the model exploded"):
            client.predict("taxi", [{**ROW, "company": "explode"}])
        assert client._connection.sock is socket_before
        server.stop()
        assert not client.ready()
        with pytest.raises(UnavailableError, match="does not answer"):
            client.predict("taxi", [ROW])


def test_the_client_sends_what_python_has_and_says_what_json_has_not(started: Start) -> None:
    with Client(started().url) as client:
        row = {**ROW, "fare": np.float64(12.5), "hour": np.int64(3), "airport": np.bool_(True)}
        assert client.predict("taxi", [row]) == ["yes"]
        assert client.predict("taxi", [{**ROW, "company": datetime.date(2026, 1, 2)}]) == ["no"]
        for value in (float("nan"), object(), float("inf")):
            with pytest.raises(InputError, match="cannot be sent as JSON"):
                client.predict("taxi", [{**ROW, "fare": value}])


@pytest.mark.parametrize("url", ["ftp://x", "", "http://"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="not the address of a server"):
        Client(url)


def test_a_server_that_cannot_start_says_why(tmp_path: Path, rule: Any) -> None:
    with pytest.raises(UnavailableError, match=r"exit status 1(.|\n)*there is no package\.json"):
        ServerProcess(tmp_path).start()
    broken = rule.write(tmp_path / "broken")
    (broken / "input_example.json").write_text(json.dumps([{**ROW, "fare": "x"}]))
    with pytest.raises(UnavailableError, match="column 'fare' holds 'x'"):
        ServerProcess(broken).start()
    unknown = rule.write(tmp_path / "unknown")
    manifest = json.loads((unknown / "package.json").read_text())
    (unknown / "package.json").write_text(json.dumps({**manifest, "runtime": "none"}))
    with pytest.raises(UnavailableError, match="no plugin offers 'none' for runtimes"):
        ServerProcess(unknown).start()


def test_a_port_that_is_taken_is_named(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UnavailableError, match=f"cannot listen on port {port}"):
            ServerProcess(folder, port=port).start()


def test_a_server_that_is_slow_to_start_is_given_up(rule: Any, tmp_path: Path) -> None:
    slow = rule.write(tmp_path / "slow", sleep=30)
    began = time.monotonic()
    with pytest.raises(UnavailableError, match="not ready within 1 seconds"):
        ServerProcess(slow, timeout=1).start()
    assert time.monotonic() - began < 20


def test_on_sigterm_requests_in_flight_finish_and_no_log_row_is_lost(
    rule: Any, started: Start, tmp_path: Path
) -> None:
    server = started(
        rule.write(tmp_path / "slow", sleep=0.05), log_folder=tmp_path / "log", options=("--drain", "2")
    )
    answered: list[str] = []
    failures: list[Exception] = []

    def ask(caller: int) -> None:
        with Client(server.url) as client:
            for number in range(1_000):
                name = f"{caller}-{number}"
                try:
                    status, _ = client.call("POST", "/v1/models/taxi:predict", {"id": name, "instances": [ROW]})
                except UnavailableError as error:
                    failures.append(error)
                    return
                assert status == 200
                answered.append(name)

    threads = [threading.Thread(target=ask, args=(caller,)) for caller in range(6)]
    for thread in threads:
        thread.start()
    time.sleep(0.6)
    os.kill(server.pid, signal.SIGTERM)
    time.sleep(0.1)
    status = httpx.get(f"{server.url}/v2/health/ready")
    assert (status.status_code, status.json()) == (503, {"ready": False})
    for thread in threads:
        thread.join()
    assert server.stop() == 0
    logged = [record.id for record in read(tmp_path / "log")]
    assert len(logged) == len(set(logged))
    assert set(answered) <= set(logged)
    assert len(answered) > 12
    assert len(failures) == 6
    assert not list((tmp_path / "log").glob("*.open"))


def test_a_killed_server_loses_no_flushed_row_and_the_next_one_recovers(started: Start, tmp_path: Path) -> None:
    server = started(log_folder=tmp_path / "log")
    with Client(server.url) as client:
        for number in range(20):
            client.call("POST", "/v1/models/taxi:predict", {"id": str(number), "instances": [ROW]})
    time.sleep(0.5)
    os.kill(server.pid, signal.SIGKILL)
    assert server.stop() == -signal.SIGKILL
    [left] = (tmp_path / "log").glob("*.open")
    with left.open("ab") as file:
        file.write(b'{"id":"torn')
    again = started(log_folder=tmp_path / "log")
    assert not left.exists()
    predict(again.url, "taxi", [ROW])
    again.stop()
    records = list(read(tmp_path / "log"))
    assert [record.id for record in records[:-1]] == [str(number) for number in range(20)]
    assert len(records) == 21


def test_the_server_dies_with_its_parent(folder: Path) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom mainspring.serving import ServerProcess\n"
        "server = ServerProcess(Path(sys.argv[1]), name='taxi')\nserver.start()\n"
        "print(server.url, flush=True)\ntime.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        url = parent.stdout.readline().strip()
        assert ready(url)
        parent.kill()
        parent.wait()
    deadline = time.monotonic() + 10
    while ready(url):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_large_body_is_answered_with_413_over_a_real_connection(started: Start) -> None:
    server = started(options=("--max-body", "100000"))
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)
    for body in (b"x" * 5_000_000, iter([b"x" * 50_000] * 20)):
        connection.request("POST", "/v1/models/taxi:predict", body)
        response = connection.getresponse()
        assert response.status == 413
        assert "larger than 100000 bytes" in json.loads(response.read())["error"]
    connection.request("POST", "/v1/models/taxi:predict", json.dumps({"instances": [ROW]}))
    assert connection.getresponse().status == 200
    connection.close()


def test_held_back_bodies_are_refused_before_they_are_sent(started: Start) -> None:
    server = started(options=("--max-body", "1000"))
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as raw:
        raw.sendall(
            b"POST /v1/models/taxi:predict HTTP/1.1\r\n"
            b"host: x\r\ncontent-length: 2000\r\nexpect: 100-continue\r\n\r\n"
        )
        answer = b""
        while part := raw.recv(4096):
            answer += part
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer


def test_half_a_request_and_nonsense_do_no_harm(started: Start) -> None:
    server = started()
    address = urlsplit(server.url)
    for data in (
        b"\x00\xff\r\n\r\n",
        b"POST /v1/models/taxi:predict HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\n{",
    ):
        with socket.create_connection((address.hostname, address.port), timeout=10) as raw:
            raw.sendall(data)
    assert predict(server.url, "taxi", [ROW]) == ["yes"]


def test_a_deployment_is_served_by_its_pointer(started: Start, rule: Any, tmp_path: Path) -> None:
    deployment = Deployment(tmp_path / "serving", "taxi")
    deployment.push(rule.write(tmp_path / "one", shift=-50.0), version="1.0.0")
    deployment.push(rule.write(tmp_path / "two", shift=50.0), version="2.0.0")
    assert predict(started(deployment.folder).url, "taxi", [ROW]) == ["yes"]
    deployment.rollback()
    assert predict(started(deployment.folder).url, "taxi", [ROW]) == ["no"]


def test_several_models_from_one_command(rule: Any, tmp_path: Path) -> None:
    one, two = rule.write(tmp_path / "one", shift=-50.0), rule.write(tmp_path / "two", shift=50.0)
    options = ("--package", str(two), "--name", "b", "--version", "2")
    with ServerProcess(one, name="a", version="1", options=options) as server:
        assert predict(server.url, "a", [ROW]) == ["no"]
        assert predict(server.url, "b", [ROW]) == ["yes"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--package"),
        (["--package", "x", "--name", "a", "--name", "b"], "1 times --package and 2 times --name"),
    ],
)
def test_the_command_says_what_is_wrong_with_it(arguments: list[str], said: str) -> None:
    command = [sys.executable, "-m", "mainspring.serving", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_server_imports_nothing_that_makes_models() -> None:
    code = "import sys, mainspring.serving.main; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    heavy = {"sklearn", "lightgbm", "duckdb", "onnx", "scipy", "skops", "jinja2", "sqlite3", "pandas"}
    assert loaded & heavy == set()
    assert not [
        name for name in loaded if name.startswith(("mainspring.app", "mainspring.pipelines", "mainspring.data"))
    ]
    # What may be asked of a trainer is only words.
    makers = [name for name in loaded if name.startswith("mainspring.models.") and "training" in name]
    assert set(makers) <= {"mainspring.models.training_options"}


def test_importing_the_room_is_cheap() -> None:
    code = "import sys; import mainspring.serving; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"numpy", "msgspec", "starlette", "uvicorn", "http.client"}


def test_a_log_that_cannot_be_written_is_told_in_a_line(folder: Path) -> None:
    command = [sys.executable, "-m", "mainspring.serving", "--package", str(folder), "--port", "0"]
    done = subprocess.run([*command, "--log", "/proc/none"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "/proc/none: the prediction log cannot be opened" in done.stderr
    assert "Traceback" not in done.stderr
