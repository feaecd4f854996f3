"""A gRPC server in a thread with its own event loop, on a model that can be worked out by hand."""

import asyncio
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mainspring.serving.call import Call
from mainspring.serving.dispatch import Dispatcher
from mainspring.serving.predictor import Predictor
from mainspring.serving.repository import Repository
from mainspring.serving.rpc.client import RpcClient
from mainspring.serving.rpc.options import RpcOptions
from mainspring.serving.rpc.server import RpcServer


class Running:
    """A server that runs until it is stopped.

    Attributes:
        target: Where it answers.
        told: The calls that were told of.
        ready: Whether it says that it is ready.
    """

    def __init__(self, repository: Repository, options: RpcOptions, **settings: Any) -> None:
        self.told: list[Call] = []
        self.ready = True
        self.dispatcher = Dispatcher(repository, observers=[self.told.append])
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self._stack = AsyncExitStack()
        settings = {"ready": lambda: self.ready and repository.ready, **settings}
        self.server = RpcServer(self.dispatcher, options, **settings)
        self.do(self._stack.enter_async_context(self.server.running()))
        self.port = self.server.port
        self.target = f"127.0.0.1:{self.port}"

    def do(self, work: Any) -> Any:
        """Do something in the server's event loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def stop(self) -> None:
        """End it: what is in flight is finished."""
        if self.loop.is_running():
            self.do(self._stack.aclose())
            self.do(settled())
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join()
            self.loop.close()
            self.dispatcher.close()


async def settled() -> None:
    """Wait for what is still under way, such as models that are let go of."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=20)


@pytest.fixture
def serve() -> Iterator[Callable[..., Running]]:
    """Starts servers, and ends them after the test."""
    running: list[Running] = []

    def start(repository: Repository, options: RpcOptions | None = None, **settings: Any) -> Running:
        running.append(Running(repository, options or RpcOptions(port=0), **settings))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def gated(rule: ModuleType) -> Iterator[tuple[Predictor, threading.Event]]:
    """A model that is computed in threads and answers once the event is set."""
    gate = threading.Event()
    model = Predictor(rule.package(), name="slow", version="1")
    model.quick, compute = False, model.compute
    model.compute = lambda inputs: (gate.wait(20), compute(inputs))[1]
    yield model, gate
    gate.set()


@pytest.fixture(scope="module")
def server(rule: ModuleType) -> Iterator[Running]:
    """A server of the rule, quick and slow, and with assertions."""
    models = [
        Predictor(rule.package(), name="taxi", version="1.0.0"),
        Predictor(rule.package(shift=100.0), name="taxi", version="1.10.0"),
        Predictor(rule.package(task="regression"), name="fare", version="1"),
        Predictor(rule.package(sleep=0.2), name="slow", version="1"),
    ]
    models[-1].quick = False
    running = Running(Repository.of(models), RpcOptions(port=0))
    yield running
    running.stop()


@pytest.fixture
def row() -> dict[str, Any]:
    """A row: its logit is 0.5, and its label "yes"."""
    return {"fare": [12.5], "hour": [3], "company": ["A"], "airport": [True]}


@pytest.fixture
def rows() -> dict[str, Any]:
    """The same row, and one in which much is missing: its logit is 0, and its label "no"."""
    return {"fare": [12.5, None], "hour": [3, 4], "company": ["A", None], "airport": [True, False]}


@pytest.fixture
def client(server: Running) -> Iterator[RpcClient]:
    server.told.clear()
    with RpcClient(server.target) as client:
        yield client


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, a server's certificate for localhost and a client's for ``ann``."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make certificates with")
    folder = tmp_path_factory.mktemp("certificates")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=authority", "-days", "2")
    for name, subject in (("server", "localhost"), ("renewed", "localhost"), ("client", "ann")):
        extra = folder / f"{name}.ext"
        extra.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n" if name != "client" else "")
        openssl("req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={subject}")
        openssl(
            *("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"),
            *("-out", f"{name}.pem", "-days", "2", "-extfile", str(extra)),
        )
    return folder
