"""Bad servers are caught by what they do; the real one is fuzzed in ``tests/unit/serving``."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mainspring.core import InputError
from mainspring.evaluation.robustness.fuzzing import fuzz_server

ROW = {"age": 40.0, "job": "smith"}
Answer = Callable[[BaseHTTPRequestHandler, bytes], tuple[int, Any]]


@contextmanager
def served(answer: Answer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply(200 if self.path.startswith("/v2/health") else 404, {})

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "0")
            size = int(length) if length.isdigit() else 0
            self.reply(*answer(self, self.rfile.read(size)))

        def reply(self, status: int, body: Any) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # broken connections are the point
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def careful(_: BaseHTTPRequestHandler, body: bytes) -> tuple[int, Any]:
    try:
        (row,) = json.loads(body)["instances"]
        if set(row) != set(ROW) or not isinstance(row["age"], float) or not isinstance(row["job"], str):
            raise ValueError("no such row")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        return 400, {"error": str(error)[:100]}
    return 200, {"predictions": ["yes"]}


def fuzzed(url: str) -> Any:
    return fuzz_server(url, "m", row=ROW, huge=100_000, timeout=0.5)


def test_one_that_refuses_has_no_failures() -> None:
    with served(careful) as url:
        found = fuzzed(url)
    assert found.failures == ()
    assert found.answered >= 1
    assert found.refused > 60
    assert found.about == url
    assert found.judge().ok


def test_one_with_errors_of_its_own_is_caught() -> None:
    def careless(_: BaseHTTPRequestHandler, body: bytes) -> tuple[int, Any]:
        status, said = careful(_, body)
        return (500 if b"ud800" in body else status), said

    with served(careless) as url:
        found = fuzzed(url)
    assert {one.kind for one in found.failures} == {"crashed"}
    assert any("a lone surrogate" in one.sent for one in found.failures)


def test_one_that_hangs_is_caught() -> None:
    def slow(_: BaseHTTPRequestHandler, body: bytes) -> tuple[int, Any]:
        if body == b"null":
            time.sleep(1)
        return careful(_, body)

    with served(slow) as url:
        found = fuzzed(url)
    assert [one.kind for one in found.failures] == ["hung", "hung"]
    assert not found.judge().ok


def test_one_that_remembers_is_caught() -> None:
    seen: list[bytes] = []

    def forgetful(_: BaseHTTPRequestHandler, body: bytes) -> tuple[int, Any]:
        status, said = careful(_, body)
        seen.append(body)
        return status, {"predictions": ["no"]} if status == 200 and len(seen) > 10 else said

    with served(forgetful) as url:
        found = fuzzed(url)
    assert [one.kind for one in found.failures] == ["swayed"]


def test_what_cannot_be_fuzzed() -> None:
    with pytest.raises(InputError, match="https://"):
        fuzz_server("https://example.org", "m")
    with pytest.raises(InputError, match="nobody answers"):
        fuzz_server("http://127.0.0.1:1", "m")
