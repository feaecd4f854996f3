"""The short way of small requests: a body that does not come is dealt with as on the long way."""

import asyncio
import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
from uvicorn import Config
from uvicorn.server import ServerState

from mainspring.serving.direct_http import Direct
from mainspring.serving.endpoint.answers import Answer
from mainspring.serving.security.options import SlowClients
from mainspring.serving.server_process import ServerProcess

HEAD = b"POST /v2/models/taxi/infer HTTP/1.1\r\nhost: x\r\n%scontent-length: 100\r\n\r\n{"
LONG = b"content-encoding: identity\r\n"
FINE = Answer(200, b"fine")


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


def test_a_connection_that_asks_nothing_more_is_closed() -> None:
    asyncio.run(ask_and_stay())


async def ask_and_stay() -> None:
    made: list[Direct] = []
    kind = type("Quick", (Direct,), {"limits": SlowClients(), "at_once": staticmethod(lambda scope, body: FINE)})
    config, state = Config(nothing, timeout_keep_alive=5), ServerState()

    def connection() -> Direct:
        made.append(kind(config, state, {}))
        return made[-1]

    loop = asyncio.get_running_loop()
    server = await loop.create_server(connection, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
    writer.write(HEAD.replace(b"100", b"1") % b"")
    assert (await reader.readuntil(b"\r\n\r\nfine")).startswith(b"HTTP/1.1 200 OK\r\n")
    assert not made[0].look(loop.time() + 4)
    assert made[0].look(loop.time() + 6)
    assert await reader.read() == b""
    writer.close()
    server.close()


async def nothing(scope: object, receive: object, send: object) -> None:
    """What never has to answer."""
