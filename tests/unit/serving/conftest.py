"""A real package whose runtime comes through the plugin door, in this process and in server processes."""

import asyncio
import importlib.util
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from mainspring.serving.assembly import assemble
from mainspring.serving.endpoint import Endpoint
from mainspring.serving.predictor import Predictor
from mainspring.serving.repository import Repository
from mainspring.serving.server_process import ServerProcess

PLUGIN = Path(__file__).parent / "plugin"


@pytest.fixture(scope="session")
def rule() -> ModuleType:
    """The module ``rule_model``."""
    spec = importlib.util.spec_from_file_location("rule_model", PLUGIN / "rule_model.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def plugin_in_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Server processes find the plugin."""
    paths = [str(PLUGIN), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))


@pytest.fixture
def predictor(rule: ModuleType) -> Predictor:
    return Predictor(rule.package(), name="taxi", version="1.0.0")


@pytest.fixture
def endpoint(predictor: Predictor) -> Endpoint:
    return assemble(Repository.of([predictor]))


@pytest.fixture
def folder(rule: ModuleType, tmp_path: Path) -> Path:
    """A package in a folder."""
    return rule.write(tmp_path / "package")


@pytest.fixture
def started(folder: Path) -> Iterator[Callable[..., ServerProcess]]:
    """Starts server processes, and ends them after the test."""
    running: list[ServerProcess] = []

    def start(package: Path = folder, **options: object) -> ServerProcess:
        server = ServerProcess(package, **{"name": "taxi", "version": "1.0.0", **options})  # type: ignore[arg-type]
        running.append(server)
        server.start()
        return server

    yield start
    for server in running:
        server.stop()


class Caller:
    """Asks an ASGI application as a server would, without a socket."""

    def __init__(self, application: Endpoint) -> None:
        self.application = application

    def __call__(
        self, method: str, path: str, body: bytes | object = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, object, dict[str, str]]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"content-length": str(len(data)), **(headers or {})}
        scope = {
            "type": "http",
            "method": method,
            "path": path.partition("?")[0],
            "root_path": "",
            "query_string": path.partition("?")[2].encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
        }
        chunks = [data[start : start + 1000] for start in range(0, len(data), 1000)] or [b""]
        incoming = [
            {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
            for number, chunk in enumerate(chunks, 1)
        ]
        sent: list[dict[str, object]] = []

        async def receive() -> dict[str, object]:
            if not incoming:  # the caller waits for the answer
                await asyncio.get_running_loop().create_future()
            return incoming.pop(0)

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        asyncio.run(self.application(scope, receive, send))  # type: ignore[arg-type]
        start, end = sent
        kept = {name.decode(): value.decode() for name, value in start["headers"]}  # type: ignore[attr-defined]
        content = end["body"]
        value = json.loads(content) if kept["content-type"] == "application/json" else content.decode()  # type: ignore[arg-type, attr-defined]
        return start["status"], value, kept  # type: ignore[return-value]


@pytest.fixture
def call(endpoint: Endpoint) -> Caller:
    return Caller(endpoint)


@pytest.fixture
def caller() -> type[Caller]:
    return Caller
