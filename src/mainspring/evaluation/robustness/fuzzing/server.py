"""Fuzzing a server: bodies, headers and paths that nobody expects, over plain sockets."""

from __future__ import annotations

import contextlib
import json
import socket
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from mainspring.core import InputError
from mainspring.evaluation.robustness.fuzzing.report import Failure, Fuzzing

TIMEOUT = 5.0
HUGE = 32 * 1024 * 1024
_LINE = 65_536
_NOT_KNOWN = {"501", "505"}
"""A server may say that it does not know a method, or a version of HTTP."""

_ALIVE = b"GET /v2/health/live HTTP/1.1\r\nHost: fuzz\r\nConnection: close\r\n\r\n"

_BODIES: Mapping[str, bytes] = {
    "no body": b"",
    "half of an object": b'{"instances": [',
    "null": b"null",
    "a list": b"[]",
    "a text": b'"instances"',
    "a number out of range": b"1e999",
    "no UTF-8": b"\xff\xfe\x00{}",
    "brackets a hundred thousand deep": b"[" * 100_000,
    "objects a hundred thousand deep": b'{"a":' * 100_000,
    "a key twice": b'{"instances": [], "instances": [{}]}',
    "a lone surrogate": b'{"instances": [{"a": "\\ud800"}]}',
    "a zero byte in a text": b'{"instances": [{"a": "\\u0000"}]}',
}
_V1: Mapping[str, Any] = {
    "no instances": {},
    "instances that are null": {"instances": None},
    "instances that are a number": {"instances": 5},
    "no rows": {"instances": []},
    "rows without columns": {"instances": [{}]},
    "rows that are lists": {"instances": [[1, 2], [3]]},
    "rows that are null": {"instances": [None]},
    "rows of nested objects": {"instances": [{"a": {"b": [1]}}]},
    "columns of different lengths": {"inputs": {"a": [1, 2], "b": [1]}},
}
_V2: Mapping[str, Any] = {
    "no inputs": {},
    "inputs that are an object": {"inputs": {"name": "a"}},
    "a tensor without anything": {"inputs": [{}]},
    "a negative shape": {"inputs": [{"name": "a", "shape": [-1], "datatype": "FP64", "data": [1]}]},
    "a shape without end": {"inputs": [{"name": "a", "shape": [10**18], "datatype": "FP64", "data": [1]}]},
    "a shape that does not fit": {"inputs": [{"name": "a", "shape": [3], "datatype": "FP64", "data": [1]}]},
    "a type that there is not": {"inputs": [{"name": "a", "shape": [1], "datatype": "FP7", "data": [1]}]},
    "data of another type": {"inputs": [{"name": "a", "shape": [1], "datatype": "INT64", "data": ["x"]}]},
    "a whole number out of range": {
        "inputs": [{"name": "a", "shape": [1], "datatype": "INT64", "data": [10**30]}]
    },
    "parameters that are a list": {"inputs": [], "parameters": []},
}
_CELLS: Mapping[str, Any] = {
    "null": None,
    "a list": [1],
    "an object": {"a": 1},
    "a text": "\N{PILE OF POO}",
    "a number": -1e300,
    "a number out of range": 10**400,
    "a long text": "x" * 100_000,
    "true": True,
}
_HEADERS: Mapping[str, bytes] = {
    "a negative length": b"Content-Length: -5\r\n",
    "a length that is no number": b"Content-Length: many\r\n",
    "two lengths": b"Content-Length: 2\r\nContent-Length: 20\r\n",
    "a header of 200 KB": b"Content-Length: 2\r\nX-Long: " + b"x" * 200_000 + b"\r\n",
    "ten thousand headers": b"Content-Length: 2\r\n" + b"X-Many: 1\r\n" * 10_000,
    "a header without a colon": b"Content-Length: 2\r\nnonsense\r\n",
    "a type of content that there is not": b"Content-Length: 2\r\nContent-Type: \xff/\xff\r\n",
    "a body said to be compressed": b"Content-Length: 2\r\nContent-Encoding: gzip\r\n",
    "chunks that are none": b"Transfer-Encoding: chunked\r\n",
    "a binary header that is out of place": b"Content-Length: 2\r\nInference-Header-Content-Length: 999\r\n",
    "a binary header that is no number": b"Content-Length: 2\r\nInference-Header-Content-Length: x\r\n",
}


@dataclass(frozen=True, slots=True)
class _Request:
    """What goes over the wire.

    Attributes:
        sent: What it is, in words.
        data: The bytes.
        whole: Whether a server can know that nothing more will come; one that cannot may drop the connection.
    """

    sent: str
    data: bytes
    whole: bool = True


def fuzz_server(
    url: str,
    name: str,
    *,
    row: Mapping[str, Any] | None = None,
    huge: int = HUGE,
    timeout: float = TIMEOUT,
) -> Fuzzing:
    """Send a running server what nobody expects, and see that it answers, refuses, and goes on.

    Both protocols are asked: bodies that are no JSON, or of the wrong shape, hostile cells, bodies that are far
    too long, headers and paths that make no sense, bytes that are no HTTP, and requests broken off. After all of
    it the server must be alive, and give a good row the answer that it gave before.

    Args:
        url: Where it listens: ``http://127.0.0.1:8080``.
        name: The model.
        row: A row that is answered; hostile cells are put into it.
        huge: Bytes of a body that is too long.
        timeout: How many seconds an answer may take.

    Returns:
        Statuses below 400 as answered; below 500, and dropped connections, as refused. All else is a failure: a
        status of 500 or more, no answer in time, or a server that is gone.

    Raises:
        InputError: If the address is none of plain HTTP, or nobody answers there.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname is None:
        raise InputError(f"{url!r} cannot be fuzzed", expected="an address such as http://127.0.0.1:8080")
    wire = _Wire(parts.hostname, parts.port or 80, timeout)
    good = _post(f"/v1/models/{quote(name)}:predict", json.dumps({"instances": [row]}).encode())
    if not wire.takes(_ALIVE) or (row is not None and not wire.takes(good)):
        raise InputError(
            f"nobody answers at {url}, or not for {name!r}", expected="a server that answers the row as it is"
        )
    before = wire.answer(good) if row is not None else b""
    counted: Counter[str] = Counter()
    failures = []
    for request in _requests(name, row, huge):
        kind, said = wire.outcome(request)
        counted[kind] += 1
        if kind not in {"answered", "refused"}:
            failures.append(Failure(kind=kind, sent=request.sent, said=said))
        if kind == "dead":
            break
    if not wire.takes(_ALIVE):
        failures.append(Failure(kind="dead", sent="everything before", said="it does not answer any more"))
    elif row is not None and wire.answer(good) != before:
        failures.append(Failure(kind="swayed", sent="everything before", said="a good row is answered otherwise"))
    return Fuzzing(about=url, answered=counted["answered"], refused=counted["refused"], failures=tuple(failures))


def _requests(name: str, row: Mapping[str, Any] | None, huge: int) -> Iterator[_Request]:
    first, second = f"/v1/models/{quote(name)}:predict", f"/v2/models/{quote(name)}/infer"
    for path, bodies in ((first, _V1), (second, _V2)):
        for told, raw in _BODIES.items():
            yield _Request(f"{path}: {told}", _post(path, raw))
        for told, body in bodies.items():
            yield _Request(f"{path}: {told}", _post(path, json.dumps(body).encode()))
        yield _Request(f"{path}: {huge:,} bytes", _post(path, b"0" * huge))
        for told, header in _HEADERS.items():
            head = f"POST {path} HTTP/1.1\r\nHost: fuzz\r\nConnection: close\r\n".encode()
            yield _Request(f"{path}: {told}", head + header + b"\r\n{}", whole=b"chunked" not in header)
    for column in row or {}:
        for told, cell in _CELLS.items():
            body = json.dumps({"instances": [{**(row or {}), column: cell}]}).encode()
            yield _Request(f"{column}: {told}", _post(first, body))
        less = {other: cell for other, cell in (row or {}).items() if other != column}
        yield _Request(f"{column}: left out", _post(first, json.dumps({"instances": [less]}).encode()))
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "NONSENSE"):
        yield _Request(f"{method} {first}", _asking(method, first))
    for path in (
        "/%00",
        "/../../../etc/passwd",
        "/v2/models/%F0%9F%92%A9/infer",
        "/" + "x" * 60_000,
        "//",
        "/v2/models//infer",
    ):
        yield _Request(f"GET {path[:40]}", _asking("GET", path))
    for told, raw in {
        "bytes that are no HTTP": b"\x00\xff" * 500,
        "a greeting of another protocol": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        "half of a request": b"POST " + first.encode() + b" HTTP/1.1\r\nHost: fu",
        "half of a body": _post(first, b"{}").replace(b"Content-Length: 2", b"Content-Length: 200"),
    }.items():
        yield _Request(told, raw, whole=False)


def _post(path: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: fuzz\r\nConnection: close\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _asking(method: str, path: str) -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: fuzz\r\nConnection: close\r\n\r\n".encode()


@dataclass(frozen=True, slots=True)
class _Wire:
    """One connection after the other to one place."""

    host: str
    port: int
    timeout: float

    def outcome(self, request: _Request) -> tuple[str, str]:
        """What became of a request: the kind, and what was said."""
        try:
            status = self.status(request.data)
        except TimeoutError:
            if not request.whole:
                return "refused", "waits for the rest"
            return "hung", f"no answer within {self.timeout:g} seconds"
        except ConnectionRefusedError:
            return "dead", "nobody listens any more"
        if status >= "500" and status not in _NOT_KNOWN:
            return "crashed", f"status {status}"
        return ("answered", "") if "" < status < "400" else ("refused", status)

    def takes(self, data: bytes) -> bool:
        """Whether a good request is answered well."""
        try:
            return self.status(data) == "200"
        except OSError:
            return False

    def status(self, data: bytes) -> str:
        """The status of the answer; empty where the connection was dropped without one.

        Raises:
            OSError: If there is no connection, or no answer in time.
        """
        parts = self._exchange(data, whole=False).split(b"\r\n", 1)[0].split(b" ")
        return parts[1].decode("latin-1") if parts[0].startswith(b"HTTP/") and len(parts) > 1 else ""

    def answer(self, data: bytes) -> bytes:
        """The body of the answer."""
        return self._exchange(data, whole=True).partition(b"\r\n\r\n")[2]

    def _exchange(self, data: bytes, *, whole: bool) -> bytes:
        with socket.create_connection((self.host, self.port), timeout=self.timeout) as connection:
            # A server may refuse a request before it has all of it.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(data)
            found = b""
            with contextlib.suppress(ConnectionResetError):
                while part := connection.recv(_LINE):
                    found += part
                    if not whole and b"\r\n" in found:
                        break
            return found
