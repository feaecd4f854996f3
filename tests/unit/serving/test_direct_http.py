"""The short way of small requests: a body that does not come is dealt with as on the long way."""

import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx

from mainspring.serving.server_process import ServerProcess

HEAD = b"POST /v2/models/taxi/infer HTTP/1.1\r\nhost: x\r\n%scontent-length: 100\r\n\r\n{"
LONG = b"content-encoding: identity\r\n"


def test_a_caller_that_leaves_before_its_body_is_there_is_told_of(started: Callable[..., ServerProcess]) -> None:
    server = started()
    address = urlsplit(server.url)
    for more in (b"", LONG):
        with socket.create_connection((address.hostname, address.port)) as caller:
            caller.sendall(HEAD % more)
            httpx.get(f"{server.url}/v2")  # an answer from behind it: the head was read
    deadline = time.monotonic() + 20
    told = 'mainspring_errors_total{model="taxi",version="1.0.0",kind="CANCELLED"} 2'
    while told not in httpx.get(f"{server.url}/metrics").text:
        assert time.monotonic() < deadline
        time.sleep(0.02)
