"""Finished requests, and a collector that takes their spans."""

import gzip
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from mainspring.serving.call import Call
from mainspring.serving.caller import Caller
from mainspring.serving.tracing.tracer import Tracer

TIME = 1_800_000_000.0


@pytest.fixture
def call() -> Callable[..., Any]:
    """Makes a finished request that took ten milliseconds: one to read, two waiting, five computing."""

    def make(protocol: str = "v2", *, rows: int = 3, **options: Any) -> Call:
        values = {
            "version": "1.0.0",
            "id": "request-1",
            "time": TIME,
            "arrived": 100.0,
            "began": 100.001,
            "ended": 100.01,
            "queue": 0.002,
            "status": 200,
            "peer": "10.0.0.7",
            "caller": Caller("ann"),
            "headers": {b"user-agent": b"curl/8", b"authorization": b"Bearer msk_secret"},
            "trace": Tracer(1.0).begin({}),
            "served": SimpleNamespace(name="taxi", version="1.0.0", names=("taxi", "1.0.0")),
            "prediction": SimpleNamespace(rows=rows, seconds=0.005) if rows else None,
            **options,
        }
        return Call(protocol, "taxi", **values)

    return make


class Collector:
    """Takes OTLP over HTTP, and decodes what it gets.

    Attributes:
        requests: Headers and body of what came, decoded.
        statuses: What to answer, one after the other; 200 in the end.
        hold: While it is not set, nobody gets an answer.
    """

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], Any]] = []
        self.statuses: list[int] = []
        self.changed = threading.Condition()
        self.hold = threading.Event()
        self.hold.set()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                collector.hold.wait(30)
                status = collector.statuses.pop(0) if collector.statuses else 200
                if status == 200:
                    assert self.path == "/v1/traces"
                    assert self.headers["content-type"] == "application/x-protobuf"
                    found = ExportTraceServiceRequest.FromString(body)
                    with collector.changed:
                        collector.requests.append(({k.lower(): v for k, v in self.headers.items()}, found))
                        collector.changed.notify_all()
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def spans(self) -> list[Any]:
        """All spans that came."""
        return [
            span
            for _, request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def wait_for(self, count: int) -> list[Any]:
        """The spans, once there are so many."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.spans) >= count, timeout=30), len(self.spans)
        return self.spans


@pytest.fixture
def collector() -> Iterator[Collector]:
    pytest.importorskip("opentelemetry.proto", reason="needs the extra otlp")
    made = Collector()
    yield made
    made.hold.set()
    made.server.shutdown()
    made.server.server_close()
