"""Sinks against what they send to: an HTTP server, Redis and NATS."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mainspring.core.errors import InputError, UnavailableError
from mainspring.serving.payloads import LogRecord, PredictionLog
from mainspring.serving.payloads.events import Event, Naming, events_of
from mainspring.serving.payloads.keeper_process import KeeperProcess
from mainspring.serving.payloads.options import PayloadOptions
from mainspring.serving.payloads.sinks.opening import open_sink
from mainspring.serving.payloads.sinks.options import Http, Nats, Redis
from mainspring.serving.payloads.sinks.ports import RefusedError
from mainspring.serving.payloads.sinks.shipping import Shipper
from mainspring.serving.payloads.sinks.state import states


class Receiver:
    """An HTTP server that keeps what it is sent, and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: Callable[[bytes], int] = lambda _: 200
        self.enough = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status = receiver.answers(body)
                with receiver.enough:
                    if status < 300:
                        receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                    receiver.enough.notify_all()
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/events"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def ids(self) -> list[str]:
        return [headers["ce-requestid"] for headers, _ in self.got]

    def wait(self, count: int) -> None:
        with self.enough:
            assert self.enough.wait_for(lambda: len(self.got) >= count, timeout=20), len(self.got)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def _record(number: int, **more: object) -> LogRecord:
    values: dict[str, object] = {
        "id": f"r{number}",
        "time": time.time(),
        "model": "taxi",
        "version": "1.0.0",
        "protocol": "v2",
        "columns": {"fare": [float(number)], "company": ["Ä"]},
        "outputs": {"label": ["yes"]},
    }
    return LogRecord(**(values | more))  # type: ignore[arg-type]


def _events(count: int = 1, **naming: str) -> list[Event]:
    return [event for number in range(count) for event in events_of(_record(number), Naming(**naming))]


def _fill(folder: Path, count: int) -> None:
    with PredictionLog(folder) as log:
        for number in range(count):
            log.write(_record(number))


def _until(true: Callable[[], bool], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


# HTTP


def test_an_event_is_headers_and_a_body(receiver: Receiver) -> None:
    sink = open_sink(Http(name="h", url=receiver.url, headers={"authorization": "Bearer x"}))
    sink.send(list(events_of(_record(1, model='a "ü" b'), Naming())))
    sink.close()
    (headers, body), _ = receiver.got
    assert headers["ce-specversion"] == "1.0"
    assert headers["ce-type"] == "io.mainspring.inference.request"
    assert headers["ce-model"] == "a%20%22%C3%BC%22%20b"
    assert headers["content-type"] == "application/json"
    assert headers["authorization"] == "Bearer x"
    assert json.loads(body)["inputs"][1]["data"] == ["Ä"]


def test_the_library_of_cloudevents_reads_them(receiver: Receiver) -> None:
    conversion = pytest.importorskip("cloudevents.http", reason="cloudevents is not installed")
    sink = open_sink(Http(name="h", url=receiver.url, events="kserve"))
    sink.send(_events(1, events="kserve"))
    sink.close()
    event = conversion.from_http(*receiver.got[1])
    assert event["type"] == "org.kubeflow.serving.inference.response"
    assert event.data["model_name"] == "taxi"


def test_a_batch_is_one_request(receiver: Receiver) -> None:
    sink = open_sink(Http(name="h", url=receiver.url, mode="batch"))
    sink.send(_events(3))
    sink.close()
    [(headers, body)] = receiver.got
    assert headers["content-type"].startswith("application/cloudevents-batch+json")
    assert [event["id"] for event in json.loads(body)][:2] == ["r0.request", "r0.response"]


@pytest.mark.parametrize(
    ("status", "kind"), [(500, UnavailableError), (429, UnavailableError), (400, RefusedError)]
)
def test_what_a_receiver_says_is_understood(receiver: Receiver, status: int, kind: type[Exception]) -> None:
    receiver.answers = lambda _: status
    sink = open_sink(Http(name="h", url=receiver.url))
    with pytest.raises(kind, match=str(status)):
        sink.send(_events())
    receiver.answers = lambda _: 200
    sink.send(_events())
    sink.close()


def test_a_receiver_that_is_not_there_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    sink = open_sink(Http(name="h", url=f"http://user:secret@127.0.0.1:{port}/"))
    with pytest.raises(UnavailableError, match="does not answer") as raised:
        sink.send(_events())
    assert "secret" not in str(raised.value)
    with pytest.raises(InputError, match="no address"):
        open_sink(Http(name="h", url="ftp://x"))


# Shipping


def test_everything_is_sent_in_order_and_nothing_twice_after_a_restart(tmp_path: Path, receiver: Receiver) -> None:
    options = Http(name="h", url=receiver.url, parts="request", batch=7)
    _fill(tmp_path, 30)
    stop = threading.Event()
    for _ in range(3):
        with closing(Shipper(tmp_path, options)) as shipper:
            shipper.step(stop)
    with closing(Shipper(tmp_path, options)) as shipper:
        while shipper.step(stop):
            pass
    assert receiver.ids() == [f"r{number}" for number in range(30)]
    [(name, state)] = states(tmp_path)
    assert (name, state.sent, state.refused, state.failures, state.error) == ("h", 30, 0, 0, "")


def test_a_receiver_that_fails_is_asked_until_it_answers(tmp_path: Path, receiver: Receiver) -> None:
    answers = iter([503, 500, 429])
    receiver.answers = lambda _: next(answers, 200)
    _fill(tmp_path, 3)
    options = Http(name="h", url=receiver.url, parts="request", retry_seconds=0.001)
    with closing(Shipper(tmp_path, options)) as shipper:
        assert shipper.step(threading.Event()) == 3
    assert receiver.ids() == ["r0", "r1", "r2"]
    assert (shipper.state.sent, shipper.state.failures, shipper.state.error) == (3, 3, "")


def test_only_what_is_refused_is_left_behind(tmp_path: Path, receiver: Receiver) -> None:
    receiver.answers = lambda body: 400 if b'"r3"' in body else 202
    _fill(tmp_path, 5)
    options = Http(name="h", url=receiver.url, parts="request", retry_seconds=0.001, attempts=2)
    with closing(Shipper(tmp_path, options)) as shipper:
        shipper.step(threading.Event())
        assert shipper.step(threading.Event()) == 0
    assert set(receiver.ids()) == {"r0", "r1", "r2", "r4"}
    assert (shipper.state.sent, shipper.state.refused) == (4, 1)


def test_a_dead_sink_costs_the_log_nothing_and_gets_everything_later(tmp_path: Path, receiver: Receiver) -> None:
    dead = threading.Event()
    dead.set()
    receiver.answers = lambda _: 503 if dead.is_set() else 200
    stop = threading.Event()
    shipper = Shipper(tmp_path, Http(name="h", url=receiver.url, parts="request", retry_seconds=0.01))
    running = threading.Thread(target=shipper.run, args=(stop,))
    running.start()
    with PredictionLog(tmp_path, flush_seconds=0.0) as log:
        for number in range(500):
            assert log.write(_record(number))
        assert log.flush(10)
        assert log.dropped == 0
        _until(lambda: shipper.state.failures > 2)
        assert shipper.state.lag > 0
        assert "503" in shipper.state.error
        dead.clear()
        receiver.wait(500)
    stop.set()
    running.join(10)
    assert [int(name[1:]) for name in dict.fromkeys(receiver.ids())] == list(range(500))


def test_a_sink_needs_a_name_that_can_be_a_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.\./x"):
        Shipper(tmp_path, Http(name="../x", url="http://127.0.0.1"))


# Redis


@pytest.fixture
def redis_key() -> Iterator[tuple[Any, str]]:
    redis = pytest.importorskip("redis", reason="the client of Redis is not installed")
    client = redis.Redis(host="127.0.0.1", socket_connect_timeout=1)
    try:
        client.ping()
    except redis.ConnectionError:
        pytest.skip("Redis does not answer on port 6379")
    key = f"mainspring-test-{uuid.uuid4()}"
    yield client, key
    client.delete(key, f"{key}:taxi", f"{key}:text")
    client.close()


@pytest.mark.service
def test_events_are_entries_of_a_stream(tmp_path: Path, redis_key: tuple[Any, str]) -> None:
    client, key = redis_key
    _fill(tmp_path, 25)
    with closing(Shipper(tmp_path, Redis(name="r", stream=f"{key}:{{model}}", batch=10))) as shipper:
        while shipper.step(threading.Event()):
            pass
    entries = client.xrange(f"{key}:taxi")
    assert len(entries) == 50
    _, first = entries[0]
    assert first[b"ce-type"] == b"io.mainspring.inference.request"
    assert json.loads(first[b"data"])["id"] == "r0"


@pytest.mark.service
def test_a_key_that_is_no_stream_refuses(redis_key: tuple[Any, str]) -> None:
    client, key = redis_key
    client.set(f"{key}:text", "x")
    sink = open_sink(Redis(name="r", stream=f"{key}:text"))
    with pytest.raises(RefusedError, match="does not take"):
        sink.send(_events())
    sink.close()
    gone = open_sink(Redis(name="r", url="redis://127.0.0.1:1", timeout=0.5))
    with pytest.raises(UnavailableError, match="does not answer"):
        gone.send(_events())
    gone.close()


# NATS


@pytest.fixture(scope="module")
def nats_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("nats", reason="the client of NATS is not installed")
    server = shutil.which("nats-server", path=f"{os.environ['PATH']}:/usr/sbin")
    if server is None:
        pytest.skip("nats-server is not installed")
    folder = tmp_path_factory.mktemp("nats")
    process = subprocess.Popen(
        [server, "-js", "-a", "127.0.0.1", "-p", "-1", "-sd", str(folder), "--ports_file_dir", str(folder)],
        stderr=subprocess.DEVNULL,
    )
    try:
        _until(lambda: any(folder.glob("*.ports")))
        told = json.loads(next(folder.glob("*.ports")).read_text())
        yield told["nats"][0]
    finally:
        process.terminate()
        process.wait()


def _with_stream(url: str, subjects: list[str]) -> list[Any]:
    """Make a stream, or give what is in it."""

    async def work() -> list[Any]:
        import nats

        client = await nats.connect(url)
        stream = client.jetstream()
        await stream.add_stream(name="EVENTS", subjects=subjects)
        info = await stream.stream_info("EVENTS")
        found = [await stream.get_msg("EVENTS", seq) for seq in range(1, info.state.messages + 1)]
        await client.close()
        return found

    return asyncio.run(work())


@pytest.mark.service
def test_a_stream_of_nats_keeps_each_event_once(tmp_path: Path, nats_url: str) -> None:
    sink = open_sink(Nats(name="n", url=nats_url, subject="nobody.{model}.{part}"))
    with pytest.raises(RefusedError, match="no stream"):
        sink.send(_events())
    sink.close()
    subjects = ["mainspring.inference.>"]
    assert _with_stream(nats_url, subjects) == []
    sink = open_sink(Nats(name="n", url=nats_url))
    sink.send(_events(3))
    sink.send(_events(3))  # as after a kill between sending and writing down that it was sent
    sink.close()
    messages = _with_stream(nats_url, subjects)
    assert [message.subject for message in messages] == [
        f"mainspring.inference.taxi.{p}" for p in ("request", "response")
    ] * 3
    assert messages[0].headers["ce-requestid"] == "r0"
    assert json.loads(messages[0].data)["id"] == "r0"


@pytest.mark.service
def test_without_a_stream_those_get_events_who_listen(nats_url: str) -> None:
    async def listen() -> list[str]:
        import nats

        client = await nats.connect(nats_url)
        got = await client.subscribe("plain.>")
        await client.flush()
        sink = open_sink(Nats(name="n", url=nats_url, subject="plain.{model}", jetstream=False))
        await asyncio.to_thread(sink.send, list(events_of(_record(1, model="a b.c"), Naming())))
        await asyncio.to_thread(sink.close)
        subjects = [(await got.next_msg(5)).subject for _ in range(2)]
        await client.close()
        return subjects

    assert asyncio.run(listen()) == ["plain.a_b_c"] * 2


@pytest.mark.service
def test_nats_that_is_not_there_is_unavailable() -> None:
    pytest.importorskip("nats", reason="the client of NATS is not installed")
    sink = open_sink(Nats(name="n", url="nats://127.0.0.1:1", timeout=1))
    with pytest.raises(UnavailableError, match="does not answer"):
        sink.send(_events())
    sink.close()


# The keeper


def test_a_keeper_ships_and_compacts_and_finishes_at_the_end(tmp_path: Path, receiver: Receiver) -> None:
    options = PayloadOptions(
        folder=str(tmp_path), compact=True, sinks=(Http(name="h", url=receiver.url, parts="request"),)
    )
    with PredictionLog(tmp_path, flush_seconds=0.0) as log, KeeperProcess(options):
        for number in range(50):
            log.write(_record(number))
        receiver.wait(50)
        for number in range(50, 60):
            log.write(_record(number))
        log.close()
    assert receiver.ids() == [f"r{number}" for number in range(60)]
    assert dict(states(tmp_path))["h"].sent == 60


def test_when_its_server_is_killed_a_keeper_sends_the_rest(tmp_path: Path, receiver: Receiver) -> None:
    options = PayloadOptions(folder=str(tmp_path), sinks=(Http(name="h", url=receiver.url, parts="request"),))
    code = """
import os, sys, signal, time
import msgspec
from pathlib import Path
from mainspring.serving.payloads import LogRecord, PayloadOptions, PredictionLog
from mainspring.serving.payloads.keeper_process import KeeperProcess
options = msgspec.json.decode(sys.argv[1], type=PayloadOptions)
log = PredictionLog(Path(options.folder), flush_seconds=30)
with KeeperProcess(options):
    sys.stdin.readline()
    for number in range(20):
        log.write(LogRecord(id=f"r{number}", time=1.0, model="m", version="1"))
    os.kill(os.getpid(), signal.SIGKILL)
"""
    command = [sys.executable, "-c", code, msgspec.json.encode(options).decode()]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    assert process.stdin is not None
    with process.stdin:
        _until(lambda: (tmp_path / ".keeper").exists())
        process.stdin.write(b"\n")
    process.wait()
    receiver.wait(20)
    assert receiver.ids() == [f"r{number}" for number in range(20)]
