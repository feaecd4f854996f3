"""A whole server: who is let in, what it tells of it, and that no secret is told anywhere."""

import http.client
import json
import re
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from mainspring.serving.caller import Scope
from mainspring.serving.client import KEY_VARIABLE, Client
from mainspring.serving.security import key_file
from mainspring.serving.server_process import ServerProcess

Start = Callable[..., ServerProcess]

ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}
BODY = {"instances": [ROW]}
PREDICT = "/v1/models/taxi:predict"
UNLOAD = "/v2/repository/models/taxi/unload"


@pytest.fixture
def config(tmp_path: Path) -> Callable[..., tuple[str, str]]:
    """The options that name a server's file."""

    def write(**sections: Any) -> tuple[str, str]:
        path = tmp_path / "server.json"
        path.write_text(json.dumps(sections))
        return "--config", str(path)

    return write


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_server_without_settings_is_open_to_ask_and_closed_to_manage(started: Start) -> None:
    url = started().url
    assert httpx.post(url + PREDICT, json=BODY).status_code == 200
    assert httpx.get(url + "/metrics").status_code == 200
    for headers in (
        {"x-forwarded-for": "127.0.0.1"},
        {"forwarded": "for=127.0.0.1"},
        {"origin": "http://localhost:8080"},
        {"host": "evil.example"},
    ):
        refused = httpx.post(url + UNLOAD, headers=headers)
        assert refused.status_code == 403
        assert "only programs on the same machine may manage models" in refused.json()["error"]
        assert refused.headers["cache-control"] == "no-store"
        assert refused.headers["x-content-type-options"] == "nosniff"
    assert httpx.post(url + UNLOAD).status_code == 200


def test_a_server_with_keys(started: Start, config: Callable[..., Any], tmp_path: Path) -> None:
    """Who is let in, what a server writes of it, and that no secret is in any of it."""
    keys = tmp_path / "keys.yaml"
    _, asks = key_file.new(keys, "ann", models=["taxi*"])
    _, other = key_file.new(keys, "ben", models=["bus"])
    _, manages = key_file.new(keys, "operator", scopes=[Scope.MANAGEMENT, Scope.METRICS])
    wrong = "msk_aaaaaaaa_" + "x" * 43
    token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.c2VjcmV0"
    access, log = tmp_path / "access.jsonl", tmp_path / "log"
    options = config(
        security={"keys": str(keys), "inference": "credentials"},
        logging={"file": str(access), "good": 1, "bad": 1, "form": "json"},
    )
    server = started(log_folder=log, options=options)
    said: list[str] = []

    def ask(path: str, key: str | None = None, method: str = "POST", **more: Any) -> int:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        answer = httpx.request(method, server.url + path, headers={**headers, **more}, json=BODY)
        said.append(f"{answer.headers} {answer.text}")
        if answer.status_code == 401:
            assert answer.headers["www-authenticate"] == "Bearer"
        return answer.status_code

    assert ask("/v2/health/live", method="GET") == 200
    assert ask("/v2/health/ready", method="GET") == 200
    assert ask(PREDICT) == 401
    assert ask(PREDICT, wrong) == 401
    assert ask(PREDICT, token) == 401
    assert ask(PREDICT, asks) == 200
    assert ask(PREDICT, **{"x-api-key": asks}) == 200
    assert ask(PREDICT, manages) == 403
    assert ask("/metrics", asks, "GET") == 403
    assert ask("/metrics", manages, "GET") == 200
    assert ask(UNLOAD) == 401
    assert ask(UNLOAD, asks) == 403
    # Whether a model exists is not told to those who may not ask it.
    assert ask(PREDICT, other) == ask(PREDICT.replace("taxi", "none"), other) == 403
    refusals = [re.sub("taxi|none", "MODEL", text.partition("content-length")[2]) for text in said[-2:]]
    assert re.sub(r"\d+", "", refusals[0]) == re.sub(r"\d+", "", refusals[1])
    assert ask(PREDICT.replace("taxi", "taxi-none"), asks) == 404
    # Secrets in the wrong places.
    assert ask(f"/v1/models/{asks}:predict", asks) == 403
    for method, path in (("POST", "/v2/models/taxi9/infer"), ("GET", "/v2/models/taxi9")):
        # What else is served here is not for somebody who may only ask for some of it.
        refused = httpx.request(method, server.url + path, headers={"x-api-key": asks})
        assert refused.status_code == 404
        assert "one of" not in refused.text
    bad = httpx.post(
        server.url + PREDICT,
        headers={"x-api-key": asks},
        content=json.dumps({"instances": [{**ROW, "company": "explode"}]}),
    )
    assert bad.status_code == 500
    # Taken back while the server runs.
    key_file.revoke(keys, "ann")
    deadline = time.monotonic() + 20
    while ask(PREDICT, asks) != 401:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    errors = server.errors
    assert server.stop() == 0
    written = lines(access)
    assert {"ann", "operator", "ben", ""} == {line.get("caller", "") for line in written}
    assert {401, 403, 404, 500, 200} <= {line["status"] for line in written}
    assert all(len(line["trace"]) == 32 for line in written)
    assert any(json.loads(line).get("error") == "ModelError" for line in errors.splitlines())
    everything = errors + access.read_text() + "".join(said)
    everything += "".join(path.read_text(errors="replace") for path in log.rglob("*") if path.is_file())
    assert "taxi" in everything
    for secret in (other, manages, wrong, token):
        assert secret not in everything
    # The one that a caller took for the name of a model is in the answer to that caller, and nowhere else.
    assert sum(asks in text for text in said) <= 1
    assert asks not in errors + access.read_text()


@pytest.mark.slow
def test_the_client_asks_with_the_key_of_the_environment(
    started: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, key = key_file.new(tmp_path / "keys.json", "ann")
    server = started(options=("--keys", str(tmp_path / "keys.json")))
    monkeypatch.setenv(KEY_VARIABLE, key)
    with Client(server.url) as client:
        assert client.predict("taxi", [ROW]) == ["yes"]


def test_a_server_with_a_certificate(
    started: Start, config: Callable[..., Any], authority: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, client = authority.make("server", "IP:127.0.0.1"), authority.make("robot")
    security = {
        "tls": {
            "certificate": str(own.certificate),
            "key": str(own.key),
            "client_authorities": str(authority.file),
        },
        "certificates": [{"subject": "CN=robot", "models": ["taxi"]}],
    }
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    server = started(options=config(security=security))
    assert server.url.startswith("https://")
    parts = urlsplit(server.url)
    context = ssl.create_default_context(cafile=authority.file)
    nobody = http.client.HTTPSConnection(str(parts.hostname), parts.port, context=context)
    nobody.request("POST", PREDICT, json.dumps(BODY))
    assert nobody.getresponse().status == 401
    nobody.close()
    context.load_cert_chain(client.certificate, client.key)
    robot = http.client.HTTPSConnection(str(parts.hostname), parts.port, context=context)
    for path, status in ((PREDICT, 200), (PREDICT.replace("taxi", "bus"), 403), (UNLOAD, 403)):
        robot.request("POST", path, json.dumps(BODY))
        answer = robot.getresponse()
        answer.read()
        assert answer.status == status
    robot.close()


@pytest.mark.slow
def test_a_server_that_cannot_be_guarded_does_not_start(
    folder: Path, config: Callable[..., Any], tmp_path: Path
) -> None:
    for security, said in (
        ({"keys": str(tmp_path / "none.yaml")}, "the file of keys cannot be read"),
        ({"tls": {"certificate": "none.pem", "key": "none.pem"}}, "cannot be used"),
    ):
        process = ServerProcess(folder, name="taxi", options=config(security=security))
        with pytest.raises(Exception, match=said):
            process.start()


def test_slow_clients_are_turned_away(started: Start, config: Callable[..., Any]) -> None:
    limits = {"headers": 1.0, "body": 1.0, "header_bytes": 8192, "target_bytes": 1024}
    server = started(options=config(security={"slow_clients": limits}))
    parts = urlsplit(server.url)
    place = (str(parts.hostname), parts.port)
    with socket.create_connection(place) as slow, socket.create_connection(place) as late:  # type: ignore[arg-type]
        slow.sendall(b"POST /v2/models/taxi/infer HTTP/1.1\r\nhost: x\r\nx-slow: ")
        late.sendall(b"POST /v2/models/taxi/infer HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{")
        for connection in (slow, late):
            connection.settimeout(20)
            assert connection.recv(1000).startswith(b"HTTP/1.1 408 ")
    assert httpx.get(server.url + "/" + "x" * 2000).status_code == 414
    assert httpx.get(server.url, headers={"x-long": "x" * 9000}).status_code == 431
    assert httpx.post(server.url + PREDICT, json=BODY).status_code == 200


@pytest.mark.slow
def test_several_processes_are_guarded_alike(started: Start, tmp_path: Path) -> None:
    keys = tmp_path / "keys.yaml"
    _, key = key_file.new(keys, "ann")
    access = tmp_path / "access.jsonl"
    server = started(options=("--keys", str(keys), "--workers", "2", "--access-log", str(access)))
    for _ in range(10):  # each on a connection of its own, and so perhaps in another process
        assert httpx.post(server.url + PREDICT, json=BODY).status_code == 401
        assert httpx.post(server.url + PREDICT, json=BODY, headers={"x-api-key": key}).status_code == 200
    assert server.stop() == 0
    assert [line["status"] for line in lines(access)].count(200) == 10
    assert [line["status"] for line in lines(access)].count(401) == 10
