"""The scheduler: starts what is due, each run in a process of its own with the code as it is at that moment."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mainspring.app import own_processes
from mainspring.app.scheduler_sign import SignOfLife
from mainspring.core.errors import ConflictError
from mainspring.pipelines.triggers import Scheduler, Trigger
from mainspring.store.ports import Message

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring

_LEASE = 60.0
_LOOK = 0.5


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A run that was started.

    Attributes:
        because: What was due.
        run: Its name; ``None`` if it could not begin.
        state: How it ended.
        error: Why it could not begin.
    """

    because: str
    run: str | None = None
    state: str | None = None
    error: str | None = None


def serve(
    opened: Mainspring,
    *,
    once: bool = False,
    tick: float = 1.0,
    say: Callable[[str], None],
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Started]:
    """Start what is due until told to stop.

    Args:
        opened: The platform.
        once: Do what is due now, and return.
        tick: Seconds between looks at the rules.
        say: Told what happens, a line at a time.
        stop: Asked between ticks, and while a run is waited for: the run is then stopped in good order.

    Yields:
        Every run that was started, when it has ended.
    """
    name = opened.settings.project.name or opened.settings.root.name
    scheduler = Scheduler(opened.store.record, name, opened.settings.root, triggers_of(opened))
    worker = f"{socket.gethostname()}:{os.getpid()}"
    sign = SignOfLife(opened.store.record, name, worker)

    def stopping() -> bool:
        """Asked every moment, also while a run is waited for: so it is here that we say that we are there."""
        sign.give()
        return stop()

    try:
        yield from _turns(opened, scheduler, worker, once=once, tick=tick, say=say, stop=stopping)
    finally:
        sign.give(ended=True)


def _turns(
    opened: Mainspring,
    scheduler: Scheduler,
    worker: str,
    *,
    once: bool,
    tick: float,
    say: Callable[[str], None],
    stop: Callable[[], bool],
) -> Iterator[Started]:
    while not stop():
        for one in opened.pipelines.abandoned():
            say(f"{one.name or one.properties.get('node')} is lost: its worker died (mainspring resume)")
        for told in opened.courier.deliver():
            if told.attempts:
                say(f"webhook {told.hook}: {told.event} {told.attempts[-1]}")
        for reason in scheduler.tick():
            say(f"due: {reason}")
        while not stop():
            message = opened.store.record.claim(scheduler.topics, worker=worker, seconds=_LEASE)
            if message is None:
                break
            yield _start(opened, scheduler, message, say, stop)
        if once:
            return
        time.sleep(tick)


def _start(
    opened: Mainspring,
    scheduler: Scheduler,
    message: Message,
    say: Callable[[str], None],
    stop: Callable[[], bool],
) -> Started:
    reason = str(message.body.get("reason") or f"a message in {message.topic!r}")
    given = message.body.get("parameters")
    parameters: dict[str, Any] = dict(scheduler.parameters(message.topic))
    parameters |= dict(given) if isinstance(given, Mapping) else {}
    say(f"start: {reason}")
    command = ["run", "--json", "--because", reason]
    evidence = message.body.get("evidence")
    for digest in evidence if isinstance(evidence, list | tuple) else ():
        command += ["--evidence", str(digest)]
    for key, value in parameters.items():
        command += ["-p", f"{key}={value if isinstance(value, str) else json.dumps(value)}"]
    # In a session of its own: Ctrl-C reaches it through us, once.
    process = own_processes.start(
        own_processes.COMMAND, command, folder=opened.settings.root, out=subprocess.PIPE, apart=True
    )
    output = _wait(opened, message, process, stop)
    return _finish(opened, message, reason, process.returncode, output, say)


def _wait(opened: Mainspring, message: Message, process: subprocess.Popen[bytes], stop: Callable[[], bool]) -> str:
    extended, told = time.monotonic(), False
    while True:
        try:
            return process.communicate(timeout=_LOOK)[0].decode("utf-8", "replace")
        except subprocess.TimeoutExpired:
            if stop() and not told:
                process.terminate()
                told = True
            if time.monotonic() - extended > _LEASE / 3:
                extended = time.monotonic()
                with suppress(ConflictError):
                    opened.store.record.extend(message, _LEASE)


def _finish(
    opened: Mainspring, message: Message, reason: str, code: int, output: str, say: Callable[[str], None]
) -> Started:
    last = output.strip().splitlines()[-1] if output.strip() else ""
    try:
        answer: Mapping[str, Any] = json.loads(last)
    except ValueError:
        answer = {}
    run, state = answer.get("run"), answer.get("state")
    if run is None:
        told = answer.get("error")
        error = str(told.get("found") if isinstance(told, Mapping) else last or f"exit code {code}")
        opened.store.record.fail(message, error)
        say(f"failed: {error}")
        return Started(because=reason, error=error)
    opened.store.record.done(message)
    model = answer.get("model") or {}
    version = f", model {model['name']} {model['version']}" if model else ""
    say(f"ended: {run} {str(state).lower()}{version}")
    return Started(because=reason, run=str(run), state=str(state))
