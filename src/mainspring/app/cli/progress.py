"""What a run looks like while it happens, on a terminal or in a log of a build."""

from __future__ import annotations

import sys
import threading
import time

import click

from mainspring.app.cli.words import dim, duration, mark
from mainspring.core.records import ExecutionState
from mainspring.pipelines.events import Event


class Progress:
    """A listener that prints a line per finished step; on a terminal, what runs is shown below with its time."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._stream = sys.stderr if quiet else sys.stdout
        self._silent = quiet and not sys.stderr.isatty()
        self._live = self._stream.isatty()
        self._running: dict[str, float] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._width = 0

    def __call__(self, event: Event) -> None:
        """Take an event."""
        with self._lock:
            if not event.node:
                self._run(event)
            elif event.state is ExecutionState.RUNNING:
                self._running[event.node] = time.monotonic()
                if event.message:
                    self._line(f"{mark(ExecutionState.RUNNING)} {event.node}  {dim(event.message)}")
            else:
                self._running.pop(event.node, None)
                self._ended(event)
            self._status()

    def _run(self, event: Event) -> None:
        if event.state is ExecutionState.RUNNING:
            self._line(dim(f"run {event.run}"))
            if self._live and not self._silent:
                threading.Thread(target=self._tick, daemon=True).start()
        else:
            self._over.set()

    def _ended(self, event: Event) -> None:
        took = "" if event.state is ExecutionState.CACHED or not event.seconds else duration(event.seconds)
        words = "cached" if event.state is ExecutionState.CACHED and not event.message else event.message
        first, *more = words.splitlines() or [""]
        name = event.node.ljust(18)
        text = f"{mark(event.state)} {name} {took.rjust(9)}  {dim(first)}"
        self._line(text.rstrip())
        for line in more:
            self._line(" " * 32 + dim(line.strip()))

    def _tick(self) -> None:
        while not self._over.wait(0.25):
            with self._lock:
                self._status()
        with self._lock:
            self._clear()

    def _line(self, text: str) -> None:
        if self._silent:
            return
        self._clear()
        click.echo(text, file=self._stream)

    def _clear(self) -> None:
        if self._live and self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._width = 0

    def _status(self) -> None:
        if not self._live or self._silent or not self._running:
            return
        now = time.monotonic()
        parts = [f"{name} {duration(now - since)}" for name, since in self._running.items()]
        text = "  " + ", ".join(parts)[:100]
        self._clear()
        self._stream.write(click.style(text, fg="blue"))
        self._stream.flush()
        self._width = len(text)
