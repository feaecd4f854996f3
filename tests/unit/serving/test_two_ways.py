"""The short way of a small request over HTTP says what the long one says."""

import asyncio
import itertools
import json
import re
from typing import Any

import pytest

from mainspring.serving.endpoint import Endpoint

ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}
TYPES = {"fare": "FP64", "hour": "INT64", "company": "BYTES", "airport": "BOOL"}
GOOD = json.dumps(
    {"inputs": [{"name": k, "shape": [1], "datatype": TYPES[k], "data": [v]} for k, v in ROW.items()]}
).encode()
BODIES = [
    GOOD,
    b"",
    b"{",
    b"null",
    b'{"inputs": []}',
    b"\xff\xfe",
    GOOD.replace(b"12.5", b"NaN"),
    GOOD.replace(b"12.5", b'"wide"'),
    GOOD.replace(b'"A"', b'"explode"'),
    GOOD[:-1] + b',"id":"a\\r\\nx: y"}',
    GOOD[:-1] + b',"id":7}',
    GOOD[:-1] + b',"outputs":[{"name":"label"}]}',
    GOOD[:-1] + b',"outputs":[{"name":"nope"}]}',
    GOOD[:-1] + b',"parameters":{"binary_data_output":true}}',
]
HEADERS: list[list[tuple[bytes, bytes]]] = [
    [],
    [(b"x-request-id", b"abc")],
    [(b"x-request-id", b"\x01\x7f\xe9")],
    [(b"traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")],
    [(b"traceparent", b"junk")],
    [(b"x-request-timeout", b"0.0000001")],
    [(b"x-request-timeout", b"soon")],
    [(b"inference-header-content-length", b"x")],
    [(b"content-type", b"application/cloudevents+json")],
    [(b"authorization", b"Bearer nope")],
]


@pytest.mark.parametrize("model", ["taxi", "nope"])
def test_both_ways_say_the_same(endpoint: Endpoint, model: str) -> None:
    compared = 0
    for headers, body in itertools.product(HEADERS, BODIES):
        scope = {
            "type": "http",
            "method": "POST",
            "path": f"/v2/models/{model}/infer",
            "root_path": "",
            "query_string": b"",
            "headers": [*headers, (b"content-length", b"%d" % len(body))],
            "client": ("127.0.0.1", 1),
            "state": {},
        }
        for served in endpoint.models:
            served.model.quick = True  # whatever else keeps the machine busy
        short = endpoint.at_once(dict(scope), body)
        if model == "nope":
            assert short is None  # what is not there is told on the long way
            continue
        assert short is not None
        long = asyncio.run(asked(endpoint, scope, body))
        assert long == (short.status, plain(short.headers), plain(short.body)), (headers, body)
        compared += 1
    assert compared == (len(HEADERS) * len(BODIES) if model == "taxi" else 0)


async def asked(endpoint: Endpoint, scope: dict[str, Any], body: bytes) -> tuple[int, object, object]:
    """The answer of the long way."""
    sent: list[dict[str, Any]] = []
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if waiting:
            return waiting.pop()
        await asyncio.Event().wait()
        return {}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await endpoint(scope, receive, send)  # type: ignore[arg-type]
    start, end = sent
    headers = [header for header in start["headers"] if header[0] != b"content-length"]
    return start["status"], plain(headers), plain(end["body"])


def plain(value: object) -> object:
    """Without ids that are made anew for every request."""
    return re.sub(
        r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,32}",
        "*",
        repr(list(value)) if isinstance(value, tuple) else repr(value),
    )
