"""How far a long command is, on one line of a terminal; nothing where nobody watches."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING, Final

import click

from mainspring.app.timing import duration

if TYPE_CHECKING:
    from mainspring.serving.bulk import Progress

_EVERY: Final = 0.1


class Meter:
    """A line on standard error that is written again and again, if that is a terminal."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._width, self._shown = 0, 0.0

    def progress(self, progress: Progress) -> None:
        """Show how far a run is; ten times in a second at most."""
        now = time.monotonic()
        if now - self._shown < _EVERY and progress.done < progress.rows:
            return
        self._shown = now
        share = progress.done / progress.rows if progress.rows else 1.0
        parts = [f"{share * 100:3.0f} %", f"{progress.done:,} of {progress.rows:,} rows"]
        if progress.rate:
            parts.append(f"{progress.rate:,.0f} rows/s")
        if progress.left:
            parts.append(f"{duration(progress.left)} left")
        self.say("   ".join(parts))

    def say(self, text: str) -> None:
        """Show something else."""
        if not self._live:
            return
        line = text[: shutil.get_terminal_size().columns - 1]
        click.echo("\r" + line.ljust(self._width), nl=False, err=True)
        self._width = len(line)

    def clear(self) -> None:
        """Take the line away."""
        if self._live and self._width:
            click.echo("\r" + " " * self._width + "\r", nl=False, err=True)
            self._width = 0
