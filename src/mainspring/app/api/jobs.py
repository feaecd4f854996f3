"""Long work in processes of its own: commands of Mainspring that a console started, and what they say."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import threading
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from mainspring.app import own_processes
from mainspring.core.clock import now
from mainspring.core.durable import replace_file
from mainspring.core.errors import NotFoundError, StateError

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring

_TAIL: Final = 64 * 1024
_LATEST: Final = 200
_ALIVE: Final = "alive"
_NAME: Final = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A command that was started.

    Attributes:
        id: To find it by.
        title: What it does, for people.
        command: The command, as it would be typed.
        by: Who started it.
        path: The page that shows what it makes; empty for none.
        started: When, in seconds since the epoch.
        ended: When it ended; ``None`` while it runs.
        code: Its exit code; ``None`` while it runs, or if nobody saw its end.
        stopped_by: Who asked it to stop; empty if nobody did.
        stopped_because: Why.
        output: The end of what it printed.
        errors: The end of what it said on standard error.
    """

    id: str
    title: str
    command: str
    by: str
    path: str
    started: float
    ended: float | None = None
    code: int | None = None
    stopped_by: str = ""
    stopped_because: str = ""
    output: str = ""
    errors: str = ""

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self.ended is None

    @property
    def state(self) -> str:
        """``running``, ``stopping``, ``stopped``, ``complete``, ``failed``, or ``lost`` if nobody saw its end."""
        if self.stopped_by and self.code != 0:
            return "stopping" if self.running else "stopped"
        if self.running:
            return "running"
        return "lost" if self.code is None else "failed" if self.code else "complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stop:
    by: str
    because: str
    at: float


class Jobs:
    """Starts commands, and remembers them. Safe for threads.

    A job goes on when the console is stopped: what it does is in the record, as if it had been typed.

    Args:
        folder: Where what jobs print is kept.
        root: The project's folder, in which they work.
    """

    def __init__(self, folder: Path, root: Path) -> None:
        self._folder, self._root = folder, root
        self._guard = threading.Lock()
        self._waited_for: set[str] = set()

    def start(
        self,
        arguments: Sequence[str],
        *,
        title: str,
        by: str,
        path: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> Job:
        """Start a command of Mainspring.

        Args:
            arguments: Of the command ``mainspring``, one by one; no shell sees them.
            title: What it does, for people.
            by: Who starts it.
            path: The page that shows what it makes.
            environment: Variables for it, besides those of this process.
        """
        name = uuid.uuid4().hex[:12]
        folder = self._folder / name
        folder.mkdir(parents=True)
        typed = shlex.join(["mainspring", *arguments])
        made = Job(id=name, title=title, command=typed, by=by, path=path, started=now())
        with self._guard:
            self._waited_for.add(name)
        try:
            self._keep(made)
            with (folder / "out").open("wb") as out, (folder / "err").open("wb") as errors:
                process = own_processes.start(
                    own_processes.COMMAND,
                    arguments,
                    folder=self._root,
                    takes=subprocess.DEVNULL,
                    out=out,
                    errors=errors,
                    environment={"PYTHONUNBUFFERED": "1", **(environment or {})},
                    apart=True,
                    sign=folder / _ALIVE,
                )
            (folder / "pid").write_text(str(process.pid), encoding="ascii")
        except BaseException:
            self._waited_for.discard(name)
            raise
        threading.Thread(target=self._wait, args=(name, process), name=f"job-{name}", daemon=True).start()
        return made

    def get(self, job: str) -> Job:
        """A job, with the end of what it printed.

        Raises:
            NotFoundError: If there is none of that id.
        """
        folder = self._folder / job
        if not _NAME.fullmatch(job) or not (folder / "job.json").is_file():
            raise NotFoundError(f"there is no job {job!r}", fix="see the list of jobs")
        return self._read(folder)

    def latest(self, most: int = 20) -> Sequence[Job]:
        """The latest jobs, the newest first, without what they printed."""
        known = [file.parent for file in self._folder.glob("*/job.json")]
        known.sort(key=lambda one: (one / "job.json").stat().st_ctime, reverse=True)
        found = sorted((self._read(one, told=False) for one in known[:_LATEST]), key=lambda one: -one.started)
        return found[:most]

    def stop(self, job: str, *, by: str, reason: str = "") -> Job:
        """Ask a job to stop: the first time in good order, as Ctrl-C in a terminal does; the next time at once.

        Args:
            job: Its id.
            by: Who asks.
            reason: Why.

        Raises:
            NotFoundError: If there is none of that id.
            StateError: If it does not run any more.
        """
        found, folder = self.get(job), self._folder / job
        if not found.running or not own_processes.alive(folder / _ALIVE):
            raise StateError(f"job {job} does not run any more", fix="see what it said: what it did stays")
        replace_file(folder / "stop", msgspec.json.encode(_Stop(by=by, because=reason, at=now())))
        os.utime(self._folder)
        # It leads a session of its own, and the sign says that this is still there: the number is nobody else's.
        with suppress(ProcessLookupError):
            os.killpg(int((folder / "pid").read_text()), signal.SIGKILL if found.stopped_by else signal.SIGTERM)
        return self.get(job)

    def stamp(self, job: str) -> tuple[int, ...]:
        """Another value after every change of a job; of all jobs, for an empty id."""
        if job and not _NAME.fullmatch(job):
            return ()
        files = (
            [self._folder / job / name for name in ("job.json", "stop", "out", "err")] if job else [self._folder]
        )
        return tuple(file.stat().st_mtime_ns for file in files if file.exists())

    def _wait(self, name: str, process: subprocess.Popen[bytes]) -> None:
        code = process.wait()
        self._keep(replace(_kept(self._folder / name), ended=now(), code=code))
        with self._guard:
            self._waited_for.discard(name)

    def _read(self, folder: Path, *, told: bool = True) -> Job:
        kept = _kept(folder)
        if (folder / "stop").is_file():
            asked = msgspec.json.decode((folder / "stop").read_bytes(), type=_Stop)
            kept = replace(kept, stopped_by=asked.by, stopped_because=asked.because)
        if kept.running and not self._lives(folder):
            files = [folder / one for one in ("job.json", "out", "err")]
            kept = replace(kept, ended=max(one.stat().st_mtime for one in files if one.exists()))
        return replace(kept, output=_tail(folder / "out"), errors=_tail(folder / "err")) if told else kept

    def _lives(self, folder: Path) -> bool:
        """Whether its process is there; of one that was started here, until its end is written down."""
        with self._guard:
            if folder.name in self._waited_for:
                return True
        return own_processes.alive(folder / _ALIVE)

    def _keep(self, job: Job) -> None:
        replace_file(self._folder / job.id / "job.json", msgspec.json.encode(job))
        os.utime(self._folder)


def jobs_of(opened: Mainspring) -> Jobs:
    """The jobs that consoles of a project started."""
    return Jobs(home_of(opened) / "jobs", opened.settings.root)


def home_of(opened: Mainspring) -> Path:
    """The folder of what consoles of a project keep."""
    return opened.settings.path(opened.settings.run.home) / "console"


def _kept(folder: Path) -> Job:
    return msgspec.json.decode((folder / "job.json").read_bytes(), type=Job)


def _tail(file: Path) -> str:
    if not file.is_file():
        return ""
    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - _TAIL))
        return opened.read().decode("utf-8", "replace")
