"""Servers in processes of their own: started, waited for, and stopped for certain."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from mainspring.core.errors import UnavailableError
from mainspring.serving.client import ready

_LAST_LINES = 20
_LOOK_SECONDS = 0.2


class PythonServer:
    """A server of ours in a process of its own, which stops with this one; a context manager. Not for threads.

    Args:
        module: What ``python -m`` runs; it takes ``--announce`` and ``--until-stdin-closes``.
        options: Further options of the command.
        timeout: Seconds within which it must be ready.
    """

    def __init__(self, module: str, options: Sequence[str], *, timeout: float) -> None:
        self._command = [sys.executable, "-m", module, *options, "--until-stdin-closes"]
        self._timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._url = self._rpc = ""
        self._said: IO[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers, such as ``http://127.0.0.1:40123``."""
        return self._url

    @property
    def rpc(self) -> str:
        """Where it answers over gRPC, such as ``127.0.0.1:40124``; empty if it does not."""
        return self._rpc

    @property
    def pid(self) -> int:
        """Its process id; 0 before the start."""
        return 0 if self._process is None else self._process.pid

    @property
    def errors(self) -> str:
        """What it wrote to standard error so far, the last lines of it."""
        if self._said is None:
            return ""
        self._said.seek(0)
        text = self._said.read().decode("utf-8", "replace")
        return "\n".join(text.splitlines()[-_LAST_LINES:])

    def start(self) -> None:
        """Start it and wait until it is ready.

        Raises:
            UnavailableError: If it ends or is not ready in time; with the end of what it wrote to standard error.
        """
        deadline = time.monotonic() + self._timeout
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  closed by stop()
        reader, writer = os.pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603  our own module, no shell
                [*self._command, "--announce", str(writer)],
                stdin=subprocess.PIPE,
                stdout=self._said,
                stderr=self._said,
                pass_fds=[writer],
                env={"OMP_WAIT_POLICY": "PASSIVE", **os.environ},
            )
        finally:
            os.close(writer)
        try:
            told = json.loads(self._announced(self._process, reader, deadline))
            self._url, self._rpc = told["url"], told.get("grpc", "")
            while not ready(self._url):
                if time.monotonic() > deadline:
                    raise TimeoutError
                time.sleep(0.01)
        except (ValueError, TimeoutError) as error:
            raise self._failure(self._process, error) from None
        finally:
            os.close(reader)

    def stop(self, timeout: float = 30.0) -> int:
        """Let it finish what is in flight and write its log, and end it; gives its exit status.

        After the timeout it is killed.
        """
        process = self._process
        if process is None:
            return 0
        process.terminate()
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        if process.stdin is not None:
            process.stdin.close()
        if self._said is not None:
            self._said.close()
        self._process = self._said = None
        return status

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _announced(self, process: subprocess.Popen[bytes], pipe: int, deadline: float) -> str:
        """What the server says through the pipe; nothing if it ends before.

        Raises:
            TimeoutError: If neither happens in time.
        """
        data = b""
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while not data.endswith(b"\n"):
                if time.monotonic() > deadline:
                    raise TimeoutError
                if not selector.select(_LOOK_SECONDS):
                    if process.poll() is not None:
                        break  # it is gone, and something else keeps the pipe open
                    continue
                part = os.read(pipe, 4096)
                if not part:
                    break
                data += part
        return data.decode("utf-8")

    def _failure(self, process: subprocess.Popen[bytes], error: Exception) -> UnavailableError:
        if isinstance(error, TimeoutError):
            found = f"the server was not ready within {self._timeout:g} seconds"
        else:
            found = f"the server did not start: exit status {process.wait()}"
        said = self.errors
        self.stop()
        return UnavailableError(
            f"{found}{'; it wrote:' if said else ''}\n{said}".rstrip(),
            expected="a server that answers",
            fix="run it by hand: " + " ".join(self._command).replace(" --until-stdin-closes", ""),
        )


class ServerProcess(PythonServer):
    """``python -m mainspring.serving`` on a package, as a context manager.

    The server stops with this process, even if this process is killed. Not safe for threads.

    Args:
        package: Folder of the package.
        name: The name under which it is served.
        version: Its version.
        host: Address to listen on.
        port: Port to listen on; 0 lets the system choose.
        log_folder: Where requests are logged; ``None`` for nowhere.
        timeout: Seconds within which it must be ready.
        options: Further options of the command.

    Example:
        .. code-block:: python

            with ServerProcess(folder, name="taxi") as server:
                predict(server.url, "taxi", [{"fare": 12.5, "company": None}])
    """

    def __init__(
        self,
        package: Path,
        *,
        name: str = "model",
        version: str = "1",
        host: str = "127.0.0.1",
        port: int = 0,
        log_folder: Path | None = None,
        timeout: float = 60.0,
        options: Sequence[str] = (),
    ) -> None:
        self.name, self.version = name, version
        given = [
            *(
                "--package",
                str(package),
                "--name",
                name,
                "--version",
                version,
                "--host",
                host,
                "--port",
                str(port),
            ),
            *(() if log_folder is None else ("--log", str(log_folder))),
        ]
        super().__init__("mainspring.serving", [*given, *options], timeout=timeout)


class ExplainerProcess(PythonServer):
    """``python -m mainspring.serving.explaining`` beside a prediction server, as a context manager.

    Args:
        explainer: Folder of the explainer.
        model_url: The prediction server whose answers it explains.
        name: The name of the model there.
        version: Its version; the highest without it.
        host: Address to listen on.
        port: Port to listen on; 0 lets the system choose.
        log_folder: Where requests are logged; ``None`` for nowhere.
        timeout: Seconds within which it must be ready.
        options: Further options of the command.
    """

    def __init__(
        self,
        explainer: Path,
        *,
        model_url: str,
        name: str,
        version: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        log_folder: Path | None = None,
        timeout: float = 60.0,
        options: Sequence[str] = (),
    ) -> None:
        self.name, self.version = name, version
        given = [
            *("--explainer", str(explainer), "--model-url", model_url, "--name", name, "--host", host),
            *("--port", str(port)),
            *(() if version is None else ("--version", version)),
            *(() if log_folder is None else ("--log", str(log_folder))),
        ]
        super().__init__("mainspring.serving.explaining", [*given, *options], timeout=timeout)
