"""Whoever is asked next is told of the trace."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mainspring.serving.client import KEY_VARIABLE, Client
from mainspring.serving.endpoint.admission import Admission
from mainspring.serving.endpoint.forwarding import Forwarding
from mainspring.serving.security.gatekeeper import Gatekeeper
from mainspring.serving.tracing.current import belonging_to, trace_headers
from mainspring.serving.tracing.headers import parent_of
from mainspring.serving.tracing.tracer import Tracer

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
GIVEN = {b"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01".encode(), b"tracestate": b"rojo=1"}


class Next:
    """A server that keeps the headers that it gets."""

    def __init__(self) -> None:
        self.headers: list[dict[str, str]] = []
        kept = self.headers

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"] or 0))
                kept.append({name.lower(): value for name, value in self.headers.items()})
                body = json.dumps({"predictions": [1]}).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.send_header("traceresponse", "00-there-01")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def after(monkeypatch: pytest.MonkeyPatch) -> Iterator[Next]:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    made = Next()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_client_tells_of_the_trace_that_its_thread_works_for(after: Next) -> None:
    trace = Tracer().begin(GIVEN)
    with Client(after.url) as client:
        client.predict("taxi", [{}])
        with belonging_to(trace):
            client.predict("taxi", [{}])
            other = threading.Thread(target=Client(after.url).predict, args=("taxi", [{}]))
            other.start()
            other.join()
        client.predict("taxi", [{}])
    before, during, elsewhere, later = after.headers
    assert during["traceparent"] == parent_of(trace)
    assert during["tracestate"] == "rojo=1"
    for headers in (before, elsewhere, later):
        assert "traceparent" not in headers
    with belonging_to(None):
        assert trace_headers() == {}


def test_a_client_has_a_key_of_the_environment(after: Next, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "msk_of_the_environment\n")
    for options in ({}, {"key": "own"}, {"key": ""}, {"headers": {"authorization": "Bearer other"}}):
        with Client(after.url, **options) as client:  # type: ignore[arg-type]
            client.predict("taxi", [{}])
    sent = [headers.get("authorization") for headers in after.headers]
    assert sent == ["Bearer msk_of_the_environment", "Bearer own", None, "Bearer other"]


def ask(forwarding: Forwarding, headers: dict[bytes, bytes]) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/models/taxi:explain",
        "path_params": {"model": "taxi"},
        "headers": list(headers.items()),
    }
    asyncio.run(forwarding(scope, receive, send))  # type: ignore[arg-type]
    return sent


def test_the_explainer_is_told_of_the_trace_and_not_of_the_key(
    after: Next, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "msk_of_this_server")
    forwarding = Forwarding(after.url, Admission(Gatekeeper()), max_body=1000)
    sent = ask(forwarding, {**GIVEN, b"authorization": b"Bearer of-the-caller", b"x-request-id": b"seven"})
    ask(forwarding, {b"traceparent": b"nonsense"})
    forwarding.close()
    assert sent[0]["status"] == 200
    assert (b"traceresponse", b"00-there-01") in sent[0]["headers"]
    told, fresh = after.headers
    assert told["traceparent"].startswith(f"00-{TRACE}-")
    assert "00f067aa0ba902b7" not in told["traceparent"]  # this server stands between
    assert told["tracestate"] == "rojo=1"
    assert told["x-request-id"] == "seven"
    assert "authorization" not in told
    assert "authorization" not in fresh
    assert fresh["traceparent"] != "nonsense"
