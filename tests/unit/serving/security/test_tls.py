"""Encrypted connections with real certificates, renewed while the server runs."""

import json
import os
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mainspring.core.errors import InputError
from mainspring.serving.security import tls
from mainspring.serving.security.certificates import Certificate, of_grpc, of_tls
from mainspring.serving.security.options import Tls
from mainspring.serving.security.tls import ServerTls

Serving = Callable[..., Any]


def options(files: Any, **more: Any) -> Tls:
    return Tls(certificate=str(files.certificate), key=str(files.key), look_again=0.001, **more)


def client(authority: Any, files: Any = None) -> ssl.SSLContext:
    """The side of a client, who may show a certificate."""
    made = ssl.create_default_context(cafile=authority.file)
    if files is not None:
        made.load_cert_chain(files.certificate, files.key)
    return made


def ask(server: Any, context: ssl.SSLContext, name: str = "localhost") -> dict[str, Any]:
    """One request over TLS; gives what the server saw, and the name of its certificate."""
    with server.connect() as plain, context.wrap_socket(plain, server_hostname=name) as connection:
        certificate = connection.getpeercert()
        version = connection.version()
        connection.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        got = b""
        while part := connection.recv(65536):
            got += part
    assert certificate is not None
    [name] = [value for part in certificate["subject"] for _, value in part]  # type: ignore[misc, str-unpack]
    return {**json.loads(got.split(b"\r\n\r\n", 1)[1]), "certificate": name, "version": version}


@pytest.fixture
def files(authority: Any) -> Any:
    return authority.make("server one", "DNS:localhost", "IP:127.0.0.1")


@pytest.mark.parametrize("kind", ["httptools", "h11"])
def test_requests_are_encrypted(serving: Serving, authority: Any, files: Any, kind: str) -> None:
    server = serving(kind, context=ServerTls(options(files)).context)
    told = ask(server, client(authority))
    assert told["certificate"] == "server one"
    assert told["version"] == "TLSv1.3"
    assert told["names"] is None
    with server.connect() as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert b"200" not in plain.recv(1000)


def test_old_versions_are_not_spoken(serving: Serving, authority: Any, files: Any) -> None:
    server = serving(context=ServerTls(options(files, minimum="1.3")).context)
    old = client(authority)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        ask(server, old)
    assert ask(server, client(authority))["version"] == "TLSv1.3"


@pytest.mark.parametrize("kind", ["httptools", "h11"])
def test_clients_are_known_by_their_certificates(serving: Serving, authority: Any, files: Any, kind: str) -> None:
    own = authority.make("robot", "DNS:robot.example", "URI:spiffe://prod/robot", "EMAIL:r@x.example")
    context = ServerTls(options(files, client_authorities=str(authority.file))).context
    server = serving(kind, context=context)
    names = ["CN=robot", "DNS:robot.example", "URI:spiffe://prod/robot", "EMAIL:r@x.example"]
    assert ask(server, client(authority, own))["names"] == names
    assert ask(server, client(authority))["names"] is None


def test_clients_may_have_to_show_a_certificate_of_somebody_known(
    serving: Serving, authority: Any, new_authority: Any, files: Any, tmp_path: Path
) -> None:
    known = authority.make("robot")
    stranger = new_authority(tmp_path, "another authority").make("robot")
    strict = options(files, client_authorities=str(authority.file), require_client=True)
    server = serving(context=ServerTls(strict).context)
    assert ask(server, client(authority, known))["names"] == ["CN=robot"]
    for other in (None, stranger):
        with pytest.raises((ssl.SSLError, ConnectionError, IndexError)):
            ask(server, client(authority, other))


def renew(authority: Any, files: Any, name: str) -> None:
    """Put a new certificate in the place of the old one, at a time that the disk can tell apart."""
    authority.make(name, "DNS:localhost", into=files)
    later = time.time() + 10
    for path in (files.certificate, files.key):
        os.utime(path, (later, later))


def test_a_renewed_certificate_is_shown_without_a_restart(
    serving: Serving, authority: Any, files: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serving(context=ServerTls(options(files)).context)
    assert ask(server, client(authority))["certificate"] == "server one"
    renew(authority, files, "server two")
    time.sleep(0.01)
    assert ask(server, client(authority))["certificate"] == "server two"
    # Also to a client that does not say whom it asks.
    nameless = client(authority)
    nameless.check_hostname = False
    with server.connect() as plain, nameless.wrap_socket(plain) as connection:
        [told] = [value for part in connection.getpeercert()["subject"] for _, value in part]  # type: ignore[index, misc, str-unpack, union-attr]
    assert told == "server two"


def test_files_that_do_not_fit_change_nothing(
    serving: Serving, authority: Any, files: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server = serving(context=ServerTls(options(files)).context)
    other = authority.make("server two", "DNS:localhost")
    files.key.write_bytes(other.key.read_bytes())
    time.sleep(0.01)
    assert ask(server, client(authority))["certificate"] == "server one"
    assert "still counts" in caplog.text
    files.certificate.write_bytes(other.certificate.read_bytes())
    time.sleep(0.01)
    assert ask(server, client(authority))["certificate"] == "server two"


def test_those_who_may_sign_for_clients_are_renewed_too(
    serving: Serving, authority: Any, new_authority: Any, files: Any, tmp_path: Path
) -> None:
    other = new_authority(tmp_path, "another authority")
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(authority.file.read_bytes())
    server = serving(
        context=ServerTls(options(files, client_authorities=str(trusted), require_client=True)).context
    )
    assert ask(server, client(authority, authority.make("old")))["names"] == ["CN=old"]
    trusted.write_bytes(other.file.read_bytes())
    time.sleep(0.01)
    assert ask(server, client(authority, other.make("new")))["names"] == ["CN=new"]
    with pytest.raises((ssl.SSLError, ConnectionError, IndexError)):
        ask(server, client(authority, authority.make("old")))


def test_a_key_with_a_password(serving: Serving, authority: Any, tmp_path: Path) -> None:
    locked = authority.make("server one", "DNS:localhost", password=b"open sesame")
    with pytest.raises(InputError, match="cannot be used"):  # and nobody is asked at the terminal
        ServerTls(options(locked))
    secret = tmp_path / "password"
    secret.write_text("open sesame\n")
    context = ServerTls(options(locked, key_password=str(secret))).context
    assert ask(serving(context=context), client(authority))["certificate"] == "server one"


def test_what_is_wrong_with_the_files_is_said_at_the_start(authority: Any, files: Any, tmp_path: Path) -> None:
    other = authority.make("other")
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    with pytest.raises(InputError, match="nobody is named who may sign"):
        ServerTls(options(files, require_client=True))
    for certificate, key in ((files.certificate, other.key), (broken, files.key), (tmp_path / "none", files.key)):
        with pytest.raises(InputError, match="PEM files that fit together") as error:
            tls.context(Tls(certificate=str(certificate), key=str(key)))
        assert str(key) in str(error.value)


def test_certificates_as_grpc_tells_of_them() -> None:
    found = {
        "transport_security_type": (b"ssl",),
        "x509_common_name": (b"robot",),
        "x509_pem_cert": (b"-----BEGIN CERTIFICATE-----",),
        "peer_dns": (b"a.example", b"b.example"),
        "peer_uri": (b"spiffe://prod/robot",),
    }
    assert of_grpc(found) == Certificate(("CN=robot", "DNS:a.example", "DNS:b.example", "URI:spiffe://prod/robot"))
    assert of_grpc({"transport_security_type": (b"ssl",)}) is None


def test_no_certificate_is_none() -> None:
    assert of_tls(None) is None
    assert of_tls({}) is None


def test_a_client_that_never_begins_to_speak_tls_holds_up_nobody(
    serving: Serving, authority: Any, files: Any
) -> None:
    server = serving(context=ServerTls(options(files)).context)
    silent: list[socket.socket] = [server.connect() for _ in range(20)]
    assert ask(server, client(authority))["certificate"] == "server one"
    for connection in silent:
        connection.close()
