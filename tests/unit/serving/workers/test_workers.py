"""Several processes on one port: they share the work, follow the same orders, and are replaced when they die."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import pytest

from mainspring.serving.server_process import PythonServer
from mainspring.serving.workers.notify import notify

ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def ask(url: str, model: str = "taxi") -> str:
    body = json.dumps({"instances": [ROW]}).encode()
    with urllib.request.urlopen(f"{url}/v1/models/{model}:predict", body, timeout=20) as answer:
        return str(json.load(answer)["predictions"][0])


@pytest.fixture
def supervised(folder: Path, tmp_path: Path) -> Iterator[PythonServer]:
    options = ["--package", str(folder), "--name", "taxi", "--workers", "2", "--port", "0"]
    with PythonServer("mainspring.serving", [*options, "--log", str(tmp_path / "log")], timeout=60) as server:
        yield server


def test_workers_share_a_port_and_a_killed_one_is_replaced(supervised: PythonServer) -> None:
    first = children(supervised.pid)
    assert len(first) == 2
    assert {ask(supervised.url) for _ in range(20)} == {"yes"}
    failed: list[Exception] = []
    done = threading.Event()

    def go_on() -> None:
        while not done.is_set():
            try:
                ask(supervised.url)
            except Exception as error:  # noqa: BLE001
                failed.append(error)

    asking = threading.Thread(target=go_on)
    asking.start()
    os.kill(first[0], signal.SIGKILL)
    wait_for(lambda: len(children(supervised.pid)) == 2 and first[0] not in children(supervised.pid))
    done.set()
    asking.join()
    assert len(failed) <= 1, failed  # the one in flight on the killed worker
    assert ask(supervised.url) == "yes"


def test_hang_up_replaces_all_of_them_while_they_answer(supervised: PythonServer) -> None:
    before = set(children(supervised.pid))
    os.kill(supervised.pid, signal.SIGHUP)
    deadline = time.monotonic() + 30
    while before & set(children(supervised.pid)):
        assert ask(supervised.url) == "yes"
        assert time.monotonic() < deadline


def test_the_end_is_clean(folder: Path) -> None:
    options = ["--package", str(folder), "--name", "taxi", "--workers", "2", "--port", "0"]
    server = PythonServer("mainspring.serving", options, timeout=60)
    server.start()
    workers = children(server.pid)
    assert server.stop() == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def test_nobody_waits_for_a_worker_that_has_ended(rule: ModuleType, tmp_path: Path) -> None:
    """One worker still answers a slow request at the end; who comes now is not put in the queue of the other."""
    package = rule.write(tmp_path / "package", sleep=2.0)
    options = ["--package", str(package), "--name", "taxi", "--workers", "2", "--port", "0"]
    with PythonServer("mainspring.serving", options, timeout=60) as server:
        answers: list[str] = []
        asking = threading.Thread(target=lambda: answers.append(ask(server.url)))
        asking.start()
        time.sleep(0.5)  # for it to arrive
        os.kill(server.pid, signal.SIGTERM)
        wait_for(lambda: len(children(server.pid)) == 1)
        address = urlsplit(server.url)
        for _ in range(20):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((address.hostname, address.port), timeout=5).close()
        asking.join()
        assert answers == ["yes"]


def test_workers_that_cannot_start_end_the_server(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mainspring.serving", "--package", str(tmp_path), "--workers", "2"]
    done = subprocess.run([*command, "--port", "0"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "there is no package.json" in done.stderr
    assert "did not start" in done.stderr


def test_the_service_manager_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert notify("READY=1") is False
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        assert notify("READY=1")
        assert listener.recv(100) == b"READY=1"


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
