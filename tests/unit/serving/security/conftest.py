"""A small HTTP server in a thread, with guarded connections; and certificates made on the spot."""

import asyncio
import datetime
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from mainspring.serving.security import connections
from mainspring.serving.security.fast_http import FastHttp
from mainspring.serving.security.options import SlowClients
from mainspring.serving.security.plain_http import PlainHttp

KINDS = {"httptools": FastHttp, "h11": PlainHttp}


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body and tells what it was asked; a path of digits asks for an answer of so many bytes,
    and ``/later`` for one that begins to read a second later."""
    size = 0
    if scope["path"] == "/later":
        await asyncio.sleep(1.0)
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message["body"])
        if not message.get("more_body"):
            break
    certificate = scope["state"].get("certificate")
    told = {"size": size, "client": scope["client"], "names": certificate and certificate.names}
    wanted = scope["path"].strip("/")
    body = b"x" * int(wanted) if wanted.isdigit() else json.dumps(told).encode()
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Server(uvicorn.Server):
    """Uvicorn in a thread, that looks at its connections ten times a second."""

    def __init__(self, kind: str, limits: SlowClients, context: ssl.SSLContext | None, unix: bool) -> None:
        http = type(kind, (KINDS[kind],), {"limits": limits})
        config = uvicorn.Config(
            application,
            http=http,
            loop="uvloop" if kind == "httptools" and find_spec("uvloop") else "asyncio",
            log_config=None,
            log_level="error",
            lifespan="off",
            proxy_headers=False,
            timeout_keep_alive=60,
            h11_max_incomplete_event_size=limits.header_bytes,
        )
        config.load()
        config.ssl = context
        super().__init__(config)
        self.listener = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
        self.listener.bind("" if unix else ("127.0.0.1", 0))  # "": the kernel makes up a name for a local socket
        self.ready = threading.Event()
        self.closed = 0
        self.thread = threading.Thread(target=self.run, kwargs={"sockets": [self.listener]}, daemon=True)
        self.address = self.listener.getsockname()
        self.thread.start()
        assert self.ready.wait(20)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.loop = asyncio.get_running_loop()
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        self.closed += connections.turn_away(self.server_state.connections, self.loop.time())
        return await super().on_tick(counter)

    def connect(self, **options: Any) -> socket.socket:
        made = socket.socket(self.listener.family)
        for name, value in options.items():
            made.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
        made.settimeout(20)
        made.connect(self.address)
        return made


@pytest.fixture
def serving() -> Iterator[Callable[..., Server]]:
    """Starts servers, and stops them after the test."""
    running: list[Server] = []

    def start(
        kind: str = "httptools", *, context: ssl.SSLContext | None = None, unix: bool = False, **limits: Any
    ) -> Server:
        server = Server(kind, SlowClients(**limits), context, unix)
        running.append(server)
        return server

    yield start
    for server in running:
        server.should_exit = True
        server.thread.join(20)
        server.listener.close()


@dataclass(frozen=True)
class Files:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates, for tests only."""

    def __init__(self, folder: Path, name: str = "test authority") -> None:
        pytest.importorskip("cryptography", reason="needs the extra oidc")
        from cryptography.hazmat.primitives.asymmetric import ec

        self.folder, self.name, self.number = folder, name, 0
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.file = folder / f"{name.replace(' ', '-')}.pem"
        self.own = self._sign(name, self.private.public_key(), (), ca=True)
        self.file.write_bytes(self._pem(self.own))

    def make(
        self, name: str, *alternatives: str, password: bytes | None = None, into: Files | None = None
    ) -> Files:
        """A certificate for a name; alternatives are ``DNS:…``, ``URI:…`` or ``IP:…``."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        private = ec.generate_private_key(ec.SECP256R1())
        signed = self._sign(name, private.public_key(), alternatives)
        self.number += 1
        stem = f"{self.name.replace(' ', '-')}-{self.number}"
        files = into or Files(self.folder / f"{stem}.crt", self.folder / f"{stem}.key")
        files.certificate.write_bytes(self._pem(signed))
        locked = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        files.key.write_bytes(
            private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked)
        )
        return files

    def _sign(self, name: str, key: Any, alternatives: tuple[str, ...], *, ca: bool = False) -> Any:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.x509.oid import NameOID

        kinds = {"DNS": x509.DNSName, "URI": x509.UniformResourceIdentifier, "EMAIL": x509.RFC822Name}
        others = [
            x509.IPAddress(ipaddress.ip_address(value)) if kind == "IP" else kinds[kind](value)
            for kind, _, value in (each.partition(":") for each in alternatives)
        ]
        now = datetime.datetime.now(datetime.UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = subject if ca else self.own.subject
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if others:
            made = made.add_extension(x509.SubjectAlternativeName(others), critical=False)
        return made.sign(self.private, hashes.SHA256())

    @staticmethod
    def _pem(certificate: Any) -> bytes:
        from cryptography.hazmat.primitives import serialization

        return certificate.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def new_authority() -> type[Authority]:
    return Authority
