"""Where requests come from, and what cannot fool the server."""

import pytest

from mainspring.serving.security.peers import from_this_machine, grpc_peer, http_peer, is_loopback

LOCAL = ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "::1%lo", None]
FOREIGN = [
    "10.0.0.1",
    "203.0.113.9",
    "::ffff:10.0.0.1",
    "fe80::1%eth0",
    "0.0.0.0",
    "::",
    "localhost",
    "",
    "127.0.0.1.evil",
]


@pytest.mark.parametrize("peer", LOCAL)
def test_addresses_of_this_machine(peer: str | None) -> None:
    assert is_loopback(peer)
    assert from_this_machine(peer, {b"host": b"localhost:8080"})


@pytest.mark.parametrize("peer", FOREIGN)
def test_addresses_of_others(peer: str) -> None:
    assert not is_loopback(peer)
    assert not from_this_machine(peer, {b"x-forwarded-for": b"127.0.0.1", b"host": b"localhost"})


@pytest.mark.parametrize("name", ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"])
def test_what_a_proxy_on_this_machine_passes_on_is_not_from_it(name: str) -> None:
    assert not from_this_machine("127.0.0.1", {name.encode(): b"127.0.0.1"})


@pytest.mark.parametrize("name", ["origin", "sec-fetch-site"])
def test_what_a_page_in_a_browser_sends_is_not_from_this_machine(name: str) -> None:
    assert not from_this_machine("127.0.0.1", {name.encode(): b"http://localhost:8080"})


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "127.0.0.1:80", "[::1]:80", "box", "LOCALHOST", "a.localhost:1", ""]
)
def test_names_of_this_machine(host: str) -> None:
    assert from_this_machine("127.0.0.1", {b"host": host.encode()})


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "evil.example.", "127.0.0.1.evil.example", "\xff.x"]
)
def test_a_name_that_was_made_to_point_here_is_refused(host: str) -> None:
    """As in an attack by DNS rebinding: a page of evil.example asks evil.example, which is now 127.0.0.1."""
    assert not from_this_machine("127.0.0.1", {b"host": host.encode("latin-1")})


@pytest.mark.parametrize(
    ("text", "peer"),
    [
        ("ipv4:127.0.0.1:50000", "127.0.0.1"),
        ("ipv6:[::1]:50000", "::1"),
        ("ipv6:%5B::1%5D:50000", "::1"),
        ("ipv6:[::ffff:10.0.0.7]:1", "::ffff:10.0.0.7"),
        ("unix:", None),
        ("unix:/run/mainspring.sock", None),
        ("unix-abstract:x", None),
        ("vsock:2:1", "2"),
        ("", ""),
    ],
)
def test_peers_of_grpc(text: str, peer: str | None) -> None:
    assert grpc_peer(text) == peer


def test_peers_of_http() -> None:
    assert http_peer({"client": ("10.0.0.1", 4711)}) == "10.0.0.1"
    assert http_peer({"client": None}) is None
    assert http_peer({}) is None
