"""What is taken out of texts, and what is left."""

import pytest

from mainspring.serving.security import api_key
from mainspring.serving.security.redacting import HIDDEN, is_secret, redact, without_secrets


def test_a_made_key_is_always_found() -> None:
    for _ in range(200):
        _, key, _ = api_key.make()
        assert redact(f"got {key}!") == f"got {HIDDEN}!"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Bearer abcdefgh12345678", f"Bearer {HIDDEN}"),
        ("authorization: BEARER abcdefgh12345678, x: y", f"authorization: BEARER {HIDDEN}, x: y"),
        ("Basic YW5uOnBhc3M=", f"Basic {HIDDEN}"),
        ("https://ann:secret@host/x", f"https://{HIDDEN}@host/x"),
        ("redis://:secret@host:6379/0", f"redis://{HIDDEN}@host:6379/0"),
        ("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", HIDDEN),
        ("-----BEGIN EC PRIVATE KEY-----\nMHc\n-----END EC PRIVATE KEY-----\nmore", f"{HIDDEN}\nmore"),
        ("-----BEGIN PRIVATE KEY-----\nMHc", HIDDEN),
    ],
)
def test_secrets_go(text: str, left: str) -> None:
    assert redact(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "",
        "column 'fare' holds 'wide'",
        "http://host:8080/v2/models/taxi",
        "ann@example.com asked at 12:30",
        "the bearer of bad news",
        "-----BEGIN CERTIFICATE-----\nMHc",
        "01890a5d-ac96-774b-bcce-b302099a8057",
        "4bf92f3577b34da6a3ce929d0e0e4736",
    ],
)
def test_other_texts_stay(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "name",
    [
        "authorization",
        "x-api-key",
        "api-key",
        "x-auth-token",
        "cookie",
        "triton-grpc-protocol-infer-key",
        "x-secret-y",
    ],
)
def test_headers_with_secrets(name: str) -> None:
    assert is_secret(name.encode())


@pytest.mark.parametrize(
    "name", ["content-type", "x-request-id", "traceparent", "user-agent", "monkey", "keyboard-layout"]
)
def test_headers_without(name: str) -> None:
    assert not is_secret(name.encode())


def test_headers_are_written_down_without_their_secrets() -> None:
    given = {b"authorization": b"Bearer abc", b"host": b"x"}
    assert without_secrets(given) == {b"authorization": HIDDEN.encode(), b"host": b"x"}
