"""Windows and verdicts to make alerts of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import Table
from mainspring.monitoring.seen import Figure, Judged
from mainspring.monitoring.windows import Window

HOUR = 3600.0
LIMIT = 0.1


def make_window(
    number: float, *, seconds: float = HOUR, columns: Mapping[str, Sequence[Any]] | None = None
) -> Window:
    """The window of an hour since the epoch."""
    table = Table.from_columns(columns or {"age": [31.0, 99.0], "sex": ["F", "M"], "request.id": ["r1", "r2"]})
    return Window(
        since=number * seconds, until=(number + 1) * seconds, table=table, requests=2, errors=0, complete=True
    )


def make_judged(
    values: Mapping[str, float], *, check: str = "drift", limit: float = LIMIT, rows: Sequence[int] = ()
) -> Judged:
    """What a check of distances says: bad above the limit."""
    reasons = [
        Reason(
            ok=value <= limit,
            code="NO_DRIFT" if value <= limit else "DRIFT",
            message=f"{name} is {value:g} away (limit {limit:g})",
            subject=name,
            observed=value,
            expected=limit,
        )
        for name, value in values.items()
    ]
    figures = {name.replace(" | ", "|"): Figure(value=value, most=limit) for name, value in values.items()}
    return Judged(verdict=Verdict.of(check, reasons), figures=figures, rows=tuple(rows))


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


class Receiver:
    """An HTTP server that keeps what it is sent, and answers with the next of its statuses, 200 at the end."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook"

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def window() -> Callable[..., Window]:
    return make_window


@pytest.fixture
def judged() -> Callable[..., Judged]:
    return make_judged


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()
