"""One process that runs a class: started, watched, and ended for certain."""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import msgspec

from mainspring.core.errors import UnavailableError
from mainspring.serving.components import child
from mainspring.serving.components.lane import Lane
from mainspring.serving.components.node import Described
from mainspring.serving.components.options import Component

LOG = logging.getLogger("mainspring.serving.components")

LAST_LINES = 20
"""So many of the last lines of a process are told when it ends."""

_LOOK_SECONDS = 1.0
_LONGEST_LINE = 8_192
_FOREIGN = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
_CALM = {
    # One process per call: libraries that start a thread per core would get in each other's way.
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "OMP_WAIT_POLICY": "PASSIVE",
    "PYTHONUNBUFFERED": "1",
}


class ChildProcess:
    """A process that runs a class.

    Args:
        component: The class.
        name: What the lines that it writes are logged under.

    Attributes:
        lanes: The connections to it, once it is ready.
        ended: Whether it is gone, or about to be.
    """

    def __init__(self, component: Component, name: str) -> None:
        self._component, self._name = component, name
        self._process: subprocess.Popen[bytes] | None = None
        self._life: socket.socket | None = None
        self._last: deque[str] = deque(maxlen=LAST_LINES)
        self._killed = ""
        self._half = b""
        self._leave_by = float("inf")
        self._over = threading.Event()
        self._why = ""
        self.lanes: list[Lane] = []
        self.ended = False

    @property
    def pid(self) -> int:
        """Its process id; 0 before the start."""
        return 0 if self._process is None else self._process.pid

    def start(self, setup: Mapping[str, Any]) -> Described:
        """Start it, and wait until the class is loaded.

        Args:
            setup: What the process is told of the class.

        Raises:
            UnavailableError: If the class cannot be loaded, or not in time; with what it wrote last.
        """
        component = self._component
        interpreter = component.interpreter()
        own, theirs = socket.socketpair()
        self._life = own
        with theirs:
            command = [interpreter, child.__file__, str(theirs.fileno())]
            try:
                self._process = subprocess.Popen(  # noqa: S603  whoever starts the server named it
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    pass_fds=[theirs.fileno()],
                    cwd=component.folder or None,
                    env=environment(component),
                    start_new_session=True,
                )
            except OSError as error:
                raise self._failure(f"the process cannot be started: {error}") from error
        deadline = time.monotonic() + component.start_seconds
        try:
            own.sendall(child.framed(msgspec.json.encode(setup), b""))
            return self._greeted(own, deadline)
        except TimeoutError:
            raise self._failure(f"the class was not loaded within {component.start_seconds:g} seconds") from None
        except (OSError, ValueError, KeyError) as error:
            raise self._failure(f"the process did not say that it is ready: {error!r}") from error

    def watch(self) -> str:
        """Log what it writes until it ends; gives why it ended."""
        output = self._output()
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            while self._process is not None:
                if selector.select(_LOOK_SECONDS):
                    data = os.read(output.fileno(), 65_536)
                    self._log(data)
                    if not data:
                        break
                elif self._process.poll() is not None:
                    break  # it is gone, and something that it started keeps the pipe open
                self._weigh()
                if time.monotonic() > self._leave_by:
                    self.kill("it did not end in time")
        self._why = self._end()
        self._over.set()
        return self._why

    def lost(self) -> str:
        """It broke off a connection: see to it that it ends; gives why it did."""
        self.ended = True
        if not self._over.wait(_LOOK_SECONDS):
            self.kill("it stopped answering")
            self._over.wait(_LOOK_SECONDS)
        return self._why or "it stopped answering"

    def kill(self, why: str) -> None:
        """End it at once, with all that it started."""
        self.ended = True
        self._killed = self._killed or why
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def leave(self) -> None:
        """Let it end by itself: it is sent nothing any more."""
        self.ended = True
        self._leave_by = time.monotonic() + self._component.stop_seconds + _LOOK_SECONDS
        if self._life is not None:
            self._life.close()

    def _greeted(self, life: socket.socket, deadline: float) -> Described:
        """What the class is, once the process has said so; what it writes meanwhile is logged."""
        output = self._output()
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            selector.register(life, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in selector.select(max(0.0, deadline - time.monotonic()))}
                if not ready:
                    raise TimeoutError
                if output in ready:
                    data = os.read(output.fileno(), 65_536)
                    self._log(data)
                    if not data:
                        selector.unregister(output)
                if life in ready:
                    break
        life.settimeout(max(0.1, deadline - time.monotonic()))
        frame = child.received(life)
        told = {} if frame is None else msgspec.json.decode(frame[0])
        if "ready" not in told:
            raise self._failure(told.get("error") or "the process ended before the class was loaded")
        described = Described.of(told["ready"])
        for _ in range(described.calls_at_once):
            lane = Lane(self._component.call_seconds)
            lane.hand_over(life)
            self.lanes.append(lane)
        return described

    def _output(self) -> IO[bytes]:
        if self._process is None or self._process.stdout is None:
            raise LookupError("the process was not started")
        return self._process.stdout

    def _log(self, data: bytes) -> None:
        *lines, self._half = (self._half + data).split(b"\n")
        if (not data or len(self._half) > _LONGEST_LINE) and self._half:
            lines, self._half = [*lines, self._half], b""
        for line in lines:
            text = line.decode("utf-8", "replace").rstrip()
            self._last.append(text)
            if LOG.isEnabledFor(logging.INFO) and LOG.hasHandlers():
                LOG.info("%s: %s", self._name, text)
            else:
                print(f"{self._name}: {text}", file=sys.stderr, flush=True)

    def _weigh(self) -> None:
        most = self._component.memory
        held = resident(self.pid) if most is not None else 0
        if most is not None and held > most:
            self.kill(f"it held {held / 1e6:,.0f} MB, and may hold {most / 1e6:,.0f} MB")

    def _end(self) -> str:
        """Wait until it has ended; gives why, and the last line that it wrote."""
        self.ended = True
        process = self._process
        if process is None:
            return "it was not started"
        if self._life is not None:
            self._life.close()
        try:
            status = process.wait(self._component.stop_seconds)
        except subprocess.TimeoutExpired:
            self.kill("it did not end by itself")
            status = process.wait()
        if process.stdout is not None:
            process.stdout.close()
        return self._killed or _told(status)

    def last_words(self) -> str:
        """The last lines that it wrote."""
        return "\n".join(self._last)

    def _failure(self, found: str) -> UnavailableError:
        self.kill(found)
        for lane in self.lanes:
            lane.close()
        if self._process is not None:
            with contextlib.suppress(OSError):
                self._drain()
            self._end()
        elif self._life is not None:
            self._life.close()
        said = self.last_words()
        return UnavailableError(
            f"{self._component.entry} cannot be served: {found}" + (f"; it wrote:\n{said}" if said else ""),
            expected="a class that can be made and loaded",
            where=self._name,
        )

    def _drain(self) -> None:
        """Log what is still in the pipe of a process that was killed."""
        output = self._output()
        os.set_blocking(output.fileno(), False)
        while data := os.read(output.fileno(), 65_536):
            self._log(data)
        self._log(b"")


def environment(component: Component) -> dict[str, str]:
    """The variables of the process: those of the server, without what belongs to the server's interpreter."""
    inherited = {**_CALM, **os.environ}
    if component.python:
        inherited = {name: value for name, value in inherited.items() if name not in _FOREIGN}
    return {**inherited, **component.environment}


def resident(pid: int) -> int:
    """Bytes of memory that a process holds; 0 where that cannot be told."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


def _told(status: int) -> str:
    """An exit status, in words."""
    if status >= 0:
        return f"it ended with status {status}"
    try:
        return f"it was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"it was killed by signal {-status}"
