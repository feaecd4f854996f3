"""Runs steps in processes of their own, forked from one that has the libraries loaded already."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainspring.core.errors import StepError
from mainspring.pipelines.exchange import read_outcome, write_task
from mainspring.pipelines.ports import Failure, Outcome, Task

if TYPE_CHECKING:
    import subprocess


@dataclass
class _Child:
    task: Task
    done: Callable[[Outcome], None]
    zygote: subprocess.Popen[bytes]
    pid: int | None = None
    ended_as: Failure | None = None
    timer: threading.Timer | None = None


class ProcessRunner:
    """Forks a process per task; kills it, with all it started, on timeout and on cancel."""

    can_stop = True

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._children: dict[str, _Child] = {}
        self._zygote: subprocess.Popen[bytes] | None = None
        self._listener: threading.Thread | None = None

    def submit(self, task: Task, function: Callable[..., Any], done: Callable[[Outcome], None]) -> None:
        """Fork a process for a task; its function is found by its reference.

        Raises:
            StepError: If the process that forks ends at this very moment.
        """
        folder = write_task(task)
        Path(task.log).parent.mkdir(parents=True, exist_ok=True)
        order = {
            "id": task.id,
            "folder": str(folder),
            "log": task.log,
            # The user's own files are imported in the child, so that they are as they are now.
            "preload": [] if task.function.file else [function.__module__],
        }
        with self._lock:
            zygote = self._running_zygote()
            if zygote.stdin is None:
                raise RuntimeError("the zygote has no standard input")
            self._children[task.id] = _Child(task, done, zygote)
            try:
                zygote.stdin.write(json.dumps(order).encode() + b"\n")
                zygote.stdin.flush()
            except OSError as error:
                del self._children[task.id]
                raise StepError("the process that starts steps has ended") from error

    def cancel(self, task_id: str) -> None:
        """Kill a task's process."""
        self._kill(task_id, Failure("cancelled", "CANCELED", retry=False))

    def _time_out(self, task_id: str) -> None:
        child = self._children.get(task_id)
        if child is not None:
            words = f"it ran longer than its timeout of {child.task.timeout:g} s, and was stopped"
            self._kill(task_id, Failure(words, "TIMEOUT"))

    def _kill(self, task_id: str, failure: Failure) -> None:
        with self._lock:
            child = self._children.get(task_id)
            if child is None:
                return
            child.ended_as = child.ended_as or failure
            _stop(child)

    def _running_zygote(self) -> subprocess.Popen[bytes]:
        import subprocess

        if self._zygote is None or self._zygote.poll() is not None:
            self._zygote = subprocess.Popen(
                [sys.executable, "-m", "mainspring.pipelines.zygote"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # Spinning OpenMP threads starve each other when several steps share few cores.
                env={"OMP_WAIT_POLICY": "PASSIVE", **os.environ},
                start_new_session=True,
            )
            self._listener = threading.Thread(target=self._listen, args=(self._zygote,), daemon=True)
            self._listener.start()
        return self._zygote

    def _listen(self, zygote: subprocess.Popen[bytes]) -> None:
        if zygote.stdout is None:
            return
        for line in zygote.stdout:
            message = json.loads(line)
            if "pid" in message:
                self._started(message["id"], message["pid"])
            else:
                self._ended(message["id"], message["status"])
        with self._lock:
            lost = [one for one in self._children.values() if one.zygote is zygote]
            for child in lost:
                del self._children[child.task.id]
        for pipe in (zygote.stdin, zygote.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]  # both are pipes
        for child in lost:
            _stop(child)
            words = "the process that starts steps has ended"
            child.done(Outcome(failure=child.ended_as or Failure(words, "KILLED")))

    def _started(self, task_id: str, pid: int) -> None:
        with self._lock:
            child = self._children.get(task_id)
            if child is None:
                return
            child.pid = pid
            if child.ended_as is not None:
                _stop(child)
            elif child.task.timeout is not None:
                child.timer = threading.Timer(child.task.timeout, self._time_out, [task_id])
                child.timer.daemon = True
                child.timer.start()

    def _ended(self, task_id: str, status: int) -> None:
        with self._lock:
            child = self._children.pop(task_id, None)
        if child is None:
            return
        _stop(child)
        outcome = None if child.ended_as else read_outcome(Path(child.task.folder))
        if outcome is None:
            outcome = Outcome(failure=child.ended_as or _killed(status))
        child.done(outcome)

    def close(self) -> None:
        """End the zygote, and with it every process it started."""
        with self._lock:
            zygote, self._zygote = self._zygote, None
        if zygote is None:
            return
        import subprocess

        if zygote.stdin is not None:
            with suppress(OSError):
                zygote.stdin.close()
        try:
            zygote.wait(timeout=5)
        except subprocess.TimeoutExpired:
            zygote.kill()
            zygote.wait()
        if self._listener is not None:
            self._listener.join()


def _stop(child: _Child) -> None:
    """Kill a process and all that it started and left behind in its group."""
    if child.timer is not None:
        child.timer.cancel()
    if child.pid is not None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)


def _killed(status: int) -> Failure:
    if status < 0:
        name = signal.Signals(-status).name
        hint = "; the machine may be out of memory" if name == "SIGKILL" else ""
        return Failure(f"its process was ended by {name}{hint}", "KILLED")
    return Failure(f"its process ended with code {status} and said nothing", "KILLED")
