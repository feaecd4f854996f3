"""Clients that take their time, or ask for too much at once, against a real server."""

import json
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

Serving = Callable[..., Any]

both = pytest.mark.parametrize("kind", ["httptools", "h11"])

GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
HEAD = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n"


def answer(connection: socket.socket) -> tuple[int, Any]:
    """One answer, read to its end."""
    file = connection.makefile("rb")
    status = int(file.readline().split()[1])
    headers = {}
    while (line := file.readline().strip()) != b"":
        name, _, value = line.partition(b": ")
        headers[name.lower()] = value
    body = file.read(int(headers[b"content-length"]))
    return status, json.loads(body)


def rest(connection: socket.socket) -> bytes:
    """What still comes until the server closes."""
    got = b""
    try:
        while part := connection.recv(65536):
            got += part
    except ConnectionResetError:
        pass
    return got


def drip(connection: socket.socket, data: bytes, every: float = 0.05) -> float:
    """Send a byte after the other, until the server closes; gives how long that took."""
    began = time.monotonic()
    connection.settimeout(every)
    for place in range(len(data)):
        try:
            connection.sendall(data[place : place + 1])
            if not connection.recv(1, socket.MSG_PEEK):
                break
            break
        except TimeoutError:
            continue
        except OSError:
            break
    connection.settimeout(20)
    return time.monotonic() - began


@both
def test_good_requests_are_answered_one_after_the_other(serving: Serving, kind: str) -> None:
    server = serving(kind)
    with server.connect() as connection:
        for _ in range(3):
            connection.sendall(GET)
            assert answer(connection)[0] == 200
        connection.sendall(HEAD + b"0123456789")
        assert answer(connection)[1]["size"] == 10
        connection.sendall(GET + GET)
        assert [answer_of(connection) for _ in range(2)] == [200, 200]
    assert server.closed == 0


def answer_of(connection: socket.socket) -> int:
    """The status of one answer, without reading into the next."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += connection.recv(1)
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
    left = int(length.split(b":")[1])
    while left:
        left -= len(connection.recv(left))
    return int(head.split()[1])


@both
def test_headers_that_come_a_byte_at_a_time_are_not_waited_for(serving: Serving, kind: str) -> None:
    server = serving(kind, headers=0.4)
    with server.connect() as slow:
        took = drip(slow, b"GET / HTTP/1.1\r\nx-long: " + b"x" * 1000)
        assert 0.3 <= took < 10
        status, said = answer(slow)
        assert (status, said) == (408, {"error": "the request did not arrive in time"})
    with server.connect() as other:
        other.sendall(GET)
        assert answer(other)[0] == 200


@both
def test_a_connection_that_says_nothing_is_closed_without_a_word(serving: Serving, kind: str) -> None:
    with serving(kind, headers=0.3).connect() as silent:
        assert rest(silent) == b""


@both
def test_the_second_request_of_a_connection_has_to_come_in_time_too(serving: Serving, kind: str) -> None:
    with serving(kind, headers=0.4).connect() as slow:
        slow.sendall(GET)
        assert answer(slow)[0] == 200
        time.sleep(0.6)  # between requests a connection may rest
        slow.sendall(GET)
        assert answer(slow)[0] == 200
        drip(slow, b"GET / HTTP/1.1\r\nx-long: " + b"x" * 1000)
        assert answer(slow)[0] == 408


@both
def test_empty_lines_do_not_keep_a_connection_open(serving: Serving, kind: str) -> None:
    """Parsers skip them before a request, so that they never begin one."""
    with serving(kind, headers=0.4).connect() as slow:
        slow.sendall(GET)
        assert answer(slow)[0] == 200
        assert drip(slow, b"\r\n" * 500) < 10


@both
def test_a_body_has_to_keep_coming(serving: Serving, kind: str) -> None:
    server = serving(kind, body=0.4, body_rate=1000.0)
    with server.connect() as slow, server.connect() as steady:
        slow.sendall(HEAD.replace(b"10", b"100000"))
        drip(slow, b"x" * 1000)
        assert answer(slow)[0] == 408
        steady.sendall(HEAD.replace(b"10", b"3000"))
        for _ in range(6):
            time.sleep(0.1)
            steady.sendall(b"x" * 500)
        assert answer(steady)[1]["size"] == 3000


@both
def test_a_body_that_never_comes_is_not_waited_for(serving: Serving, kind: str) -> None:
    with serving(kind, body=0.3).connect() as slow:
        slow.sendall(HEAD)
        assert answer(slow)[0] == 408


@both
def test_who_waits_for_the_server_is_waited_for(serving: Serving, kind: str) -> None:
    with serving(kind, body=0.3, headers=0.3).connect() as patient:
        patient.sendall(
            HEAD.replace(b"/ HTTP", b"/later HTTP").replace(b"\r\n\r\n", b"\r\nexpect: 100-continue\r\n\r\n")
        )
        assert patient.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        patient.sendall(b"0123456789")
        assert answer(patient)[1]["size"] == 10


def test_the_rate_of_a_body_can_be_left_alone(serving: Serving) -> None:
    server = serving(body=0.1, body_rate=0.0)
    with server.connect() as slow:
        slow.sendall(HEAD)
        time.sleep(0.5)
        slow.sendall(b"0123456789")
        assert answer(slow)[0] == 200


@both
def test_an_answer_that_nobody_reads_is_given_up(serving: Serving, kind: str) -> None:
    server = serving(kind, answer=0.4)
    with server.connect(SO_RCVBUF=4096) as deaf, server.connect(SO_RCVBUF=4096) as slow:
        for connection in (deaf, slow):
            connection.sendall(b"GET /20000000 HTTP/1.1\r\nhost: x\r\n\r\n")
        until = time.monotonic() + 15
        while not server.closed and time.monotonic() < until:
            assert slow.recv(65536)  # takes its time, and is waited for
            time.sleep(0.01)
        assert server.closed == 1
        assert slow.recv(65536)
        assert len(rest(deaf)) < 20_000_000


@both
def test_large_headers_are_refused(serving: Serving, kind: str) -> None:
    server = serving(kind, header_bytes=16_384)
    for size, status in ((10_000, 200), (40_000, 431)):
        with server.connect() as connection:
            connection.sendall(GET[:-2] + b"x-long: " + b"x" * size + b"\r\n\r\n")
            assert answer(connection)[0] == status


def test_headers_without_end_are_refused_before_they_fill_the_memory(serving: Serving) -> None:
    server = serving("httptools", header_bytes=16_384)
    with server.connect() as connection:
        connection.sendall(GET[:-2])
        sent = 0
        try:
            while sent < 50_000_000:
                sent += connection.send(b"x-more: " + b"x" * 1000 + b"\r\n")
        except OSError:
            pass
    assert sent < 10_000_000


@pytest.mark.parametrize("at_once", [True, False])
def test_long_paths_are_refused(serving: Serving, at_once: bool) -> None:
    with serving("httptools", target_bytes=1000).connect() as connection:
        request = b"GET /" + b"x" * 1000 + b" HTTP/1.1\r\nhost: x\r\n\r\n"
        for part in [request] if at_once else [request[:900], request[900:]]:
            connection.sendall(part)
            time.sleep(0.05)
        assert answer(connection) == (414, {"error": "the path is too long"})


@both
def test_what_is_not_http_is_answered_in_the_one_form_of_errors(serving: Serving, kind: str) -> None:
    with serving(kind).connect() as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 not http\r\n\r\n")
        status, said = answer(connection)
        assert status == 400
        assert set(said) == {"error"}


@both
def test_a_local_socket_has_no_address(serving: Serving, kind: str) -> None:
    with serving(kind, unix=True).connect() as connection:
        connection.sendall(GET)
        assert answer(connection)[1]["client"] is None


@both
def test_forwarded_addresses_do_not_take_the_place_of_the_real_one(serving: Serving, kind: str) -> None:
    with serving(kind).connect() as connection:
        connection.sendall(GET[:-2] + b"x-forwarded-for: 203.0.113.9\r\n\r\n")
        assert answer(connection)[1]["client"][0] == "127.0.0.1"


@both
def test_many_slow_clients_hold_up_nobody(serving: Serving, kind: str) -> None:
    server = serving(kind, headers=1.0)
    slow = [server.connect() for _ in range(100)]
    for connection in slow:
        connection.sendall(b"GET / HTTP/1.1\r\nx: ")
    with server.connect() as good:
        for _ in range(20):
            good.sendall(GET)
            assert answer(good)[0] == 200
    for connection in slow:
        assert rest(connection).startswith(b"HTTP/1.1 408 ")
        connection.close()
    assert server.closed == 100
