"""What a consumer does, for Prometheus: a small server that shows its figures."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from mainspring.serving.bulk.streams.consumer import Consuming
from mainspring.serving.bulk.streams.current import Current
from mainspring.serving.telemetry.exposition import (
    CONTENT_TYPES,
    Sample,
    Shown,
    exposition,
    label_text,
    negotiated,
)

METRICS: Final = {
    "mainspring_stream_batches_total": ("counter", "Times that the model was asked."),
    "mainspring_stream_messages_total": ("counter", "Messages that are done with, by what became of them."),
    "mainspring_stream_model_info": ("gauge", "The model that answers now."),
    "mainspring_stream_model_reloads_total": ("counter", "Times that the model was replaced."),
    "mainspring_stream_model_seconds_total": ("counter", "Seconds that the model ran."),
    "mainspring_stream_pending_messages": ("gauge", "Messages given to a consumer and not answered yet."),
    "mainspring_stream_rows_total": ("counter", "Rows answered."),
    "mainspring_stream_waiting_messages": ("gauge", "Messages given to no consumer yet."),
}
"""Kind and meaning of every metric by its name."""


def metrics_of(done: Consuming, current: Current, stream: str) -> list[Shown]:
    """The figures of a consumer as they are now.

    Args:
        done: What it did.
        current: What answers.
        stream: The name of the stream.
    """
    of = label_text(("stream",), (stream,))
    outcomes = ("answered", "rejected", "failed", "given_up")
    model = current.model
    named = label_text(("stream", "model", "version"), (stream, model.name, model.version))
    samples: dict[str, list[Sample]] = {
        "mainspring_stream_messages_total": [
            Sample("", label_text(("stream", "outcome"), (stream, name)), getattr(done, name)) for name in outcomes
        ],
        "mainspring_stream_model_info": [Sample("", named, 1)],
    }
    figures = {
        "batches_total": done.batches,
        "model_reloads_total": current.reloads,
        "model_seconds_total": done.model_seconds,
        "pending_messages": done.lag.pending,
        "rows_total": done.rows,
        "waiting_messages": done.lag.waiting,
    }
    for name, value in figures.items():
        if value is not None:
            samples[f"mainspring_stream_{name}"] = [Sample("", of, value)]
    return [Shown(name, *METRICS[name], samples[name]) for name in sorted(samples)]


@contextmanager
def shown(read: Callable[[], list[Shown]], port: int, *, host: str = "127.0.0.1") -> Iterator[int]:
    """Show metrics at ``/metrics`` while the block runs; gives the port.

    Args:
        read: Gives what is shown, whenever somebody looks.
        port: Where; 0 picks a free one.
        host: The address to listen on.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path.partition("?")[0] == "/metrics"
            form = negotiated(self.headers.get("accept"))
            data = exposition(read(), form) if found else b"see /metrics\n"
            self.send_response(200 if found else 404)
            self.send_header("content-type", CONTENT_TYPES[form] if found else "text/plain")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass  # a scrape is not worth a line

    with ThreadingHTTPServer((host, port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
