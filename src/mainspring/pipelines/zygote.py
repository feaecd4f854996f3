"""The process that step processes are forked from: it has imported what they need, and does nothing else.

A fresh interpreter that imports scikit-learn takes seconds; a fork of one that has takes milliseconds. Requests
and answers are lines of JSON on its standard streams. When its parent dies, the streams close, and it takes its
children with it: a killed run leaves no process behind.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import sys
import traceback
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

from mainspring.pipelines import exchange

_LOOK = 2.0


def main() -> int:
    """Serve requests until the standard input closes."""
    orders, answers = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    wake, alarm = os.pipe()
    os.set_blocking(alarm, False)
    signal.set_wakeup_fd(alarm, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    children: dict[int, str] = {}
    buffer, parent = b"", os.getppid()
    # A process that the parent forked may hold the other end of the pipe, so its death is looked for, too.
    while os.getppid() == parent:
        ready, _, _ = select.select([orders, wake], [], [], _LOOK)
        if wake in ready:
            os.read(wake, 4096)
            _bury(children, answers)
        if orders in ready:
            data = os.read(orders, 65536)
            if not data:
                break
            *lines, buffer = (buffer + data).split(b"\n")
            for line in lines:
                _obey(json.loads(line), children, answers, (orders, wake, alarm))
    for pid in children:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    return 0


def _obey(order: dict[str, Any], children: dict[int, str], answers: int, private: tuple[int, ...]) -> None:
    for name in order.get("preload", []):
        with suppress(Exception):
            importlib.import_module(name)
    with warnings.catch_warnings():
        # Python warns of forks beside threads that libraries start when they are imported; they are prepared.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        _child(order, (*private, answers))
    with suppress(OSError):
        os.setpgid(pid, pid)
    children[pid] = order["id"]
    _say(answers, {"id": order["id"], "pid": pid})


def _child(order: dict[str, Any], private: tuple[int, ...]) -> None:
    code = 1
    try:
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        for descriptor in private:
            os.close(descriptor)
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(log, 1)
        os.dup2(log, 2)
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a text stream here
        code = exchange.run(Path(order["folder"]))
    except BaseException:  # noqa: BLE001 - this process ends here; the log is where it can still be told
        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _bury(children: dict[int, str], answers: int) -> None:
    while children:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        task = children.pop(pid, None)
        if task is not None:
            _say(answers, {"id": task, "status": os.waitstatus_to_exitcode(status)})


def _say(answers: int, message: dict[str, Any]) -> None:
    with suppress(BrokenPipeError):
        os.write(answers, json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main())
