"""The scheduler: starts what is due, each run in a process of its own with the code as it is at that moment."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mainspring.core.errors import ConflictError
from mainspring.pipelines.triggers import Scheduler, Trigger
from mainspring.store.ports import Message

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring

_LEASE = 60.0


def triggers_of(opened: Mainspring) -> list[Trigger]:
    """The project's schedules as triggers."""
    return [
        Trigger(
            name=one.name,
            cron=one.cron,
            every=one.every,
            data=one.data,
            topic=one.topic,
            parameters=one.parameters,
        )
        for one in opened.settings.schedule
    ]


def serve(
    opened: Mainspring,
    *,
    once: bool = False,
    tick: float = 1.0,
    say: Callable[[str], None],
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Start what is due until told to stop; gives how many runs were started.

    Args:
        opened: The platform.
        once: Do what is due now, and return.
        tick: Seconds between looks at the rules.
        say: Told what happens, a line at a time.
        stop: Asked between ticks.
    """
    name = opened.settings.project.name or opened.settings.root.name
    scheduler = Scheduler(opened.store.record, name, opened.settings.root, triggers_of(opened))
    worker, started = f"{socket.gethostname()}:{os.getpid()}", 0
    while True:
        for one in opened.pipelines.abandoned():
            say(f"{one.name or one.properties.get('node')} is lost: its worker died (mainspring resume)")
        for reason in scheduler.tick():
            say(f"due: {reason}")
        message = opened.store.record.claim(scheduler.topics, worker=worker, seconds=_LEASE)
        while message is not None and not stop():
            _start(opened, scheduler, message, say)
            started += 1
            message = opened.store.record.claim(scheduler.topics, worker=worker, seconds=_LEASE)
        if once or stop():
            return started
        time.sleep(tick)


def _start(opened: Mainspring, scheduler: Scheduler, message: Message, say: Callable[[str], None]) -> None:
    reason = str(message.body.get("reason") or f"a message in {message.topic!r}")
    given = message.body.get("parameters")
    parameters: dict[str, Any] = dict(scheduler.parameters(message.topic))
    parameters |= dict(given) if isinstance(given, Mapping) else {}
    say(f"start: {reason}")
    command = [sys.executable, "-m", "mainspring.app.cli.main", "run", "--json", "--because", reason]
    for key, value in parameters.items():
        command += ["-p", f"{key}={value if isinstance(value, str) else json.dumps(value)}"]
    process = subprocess.Popen(command, cwd=opened.settings.root, stdout=subprocess.PIPE, text=True)  # noqa: S603
    while True:
        try:
            output, _ = process.communicate(timeout=_LEASE / 3)
            break
        except subprocess.TimeoutExpired:
            with suppress(ConflictError):
                opened.store.record.extend(message, _LEASE)
    _finish(opened, message, process.returncode, output, say)


def _finish(opened: Mainspring, message: Message, code: int, output: str, say: Callable[[str], None]) -> None:
    last = output.strip().splitlines()[-1] if output.strip() else ""
    try:
        answer: Mapping[str, Any] = json.loads(last)
    except ValueError:
        answer = {}
    run, state = answer.get("run"), answer.get("state")
    if run is None:
        error = str(answer.get("error") or last or f"exit code {code}")
        opened.store.record.fail(message, error)
        say(f"failed: {error}")
        return
    opened.store.record.done(message)
    model = answer.get("model") or {}
    version = f", model {model['name']} {model['version']}" if model else ""
    say(f"ended: {run} {str(state).lower()}{version}")
