"""Where it is kept what was asked for, what became of it, and how it stands.

=====================  =====================================================================================
``revisions/7.json``   a state that was accepted; never changed
``CURRENT``            the number of the one that is wanted now
``history.jsonl``      what happened, one line each
``status.json``        how it stands, written by the server that follows
``seen.json``          what of the source was looked at last, and what was wrong with it
``packages/``          what is served, by digest
=====================  =====================================================================================

Every file is replaced by a rename, so that a process that is killed leaves the old or the new one.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

import msgspec
from msgspec.structs import replace

from mainspring.core.clock import Clock, now
from mainspring.core.durable import kept_in
from mainspring.core.errors import ConflictError, NotFoundError, StateError, UnavailableError
from mainspring.serving.deploying.revision import Revision
from mainspring.serving.deploying.status import Status

T = TypeVar("T")

What: TypeAlias = Literal["accepted", "refused", "applied", "failed", "drift", "restart"]


_PATIENCE = 0.2
_ABANDONED_SECONDS = 3600.0


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that happened.

    Attributes:
        at: Seconds since the epoch.
        what: A revision was accepted or refused; a deployment was applied, or failed; drift was repaired; part of
            it waits for a restart of the server.
        number: The revision.
        deployment: Whose part of it.
        by: Who.
        cause: Why.
        source: Where the files came from.
        commit: Their commit.
        digest: Of what was asked for.
        changes: What was different, in lines.
        message: What there is to say.
    """

    at: float
    what: What
    number: int | None = None
    deployment: str = ""
    by: str = ""
    cause: str = ""
    source: str = ""
    commit: str = ""
    digest: str = ""
    changes: tuple[str, ...] = ()
    message: str = ""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What of a source was looked at last.

    Attributes:
        source: Which.
        digest: Of its files.
        commit: The commit that they come from, if it is known.
        problems: Why they were refused; empty if they were accepted.
        after: The revision that was wanted then.
    """

    source: str = ""
    digest: str = ""
    commit: str = ""
    problems: str = ""
    after: int = 0


class Archive:
    """The folder. Safe for many threads and processes on one file system.

    Args:
        folder: Where; it is made if it is not there.
    """

    def __init__(self, folder: Path, *, clock: Clock = now) -> None:
        self.folder, self.clock = folder, clock

    @property
    def packages(self) -> Path:
        """Where copies of what is served lie."""
        return self.folder / "packages"

    @property
    def number(self) -> int:
        """The revision that is wanted now; 0 before the first."""
        try:
            return int((self.folder / "CURRENT").read_text(encoding="ascii"))
        except FileNotFoundError:
            return 0
        except ValueError as error:
            raise StateError(
                f"it does not hold a number: {error}",
                where=str(self.folder / "CURRENT"),
                fix=f"write there which revision is wanted: one of {', '.join(map(str, self.numbers()))}",
            ) from error

    @property
    def current(self) -> Revision | None:
        """The revision that is wanted now."""
        number = self.number
        return self.revision(number) if number else None

    def revision(self, number: int) -> Revision:
        """A revision.

        Raises:
            NotFoundError: If there is none of that number.
        """
        try:
            found = _read(self._place(number), Revision)
        except msgspec.DecodeError as error:
            raise StateError(
                f"revision {number} cannot be read: {error}",
                where=str(self._place(number)),
                fix="put back the file, or write the number of another one into CURRENT",
            ) from error
        if found is None:
            known = ", ".join(map(str, self.numbers()[-10:])) or "none yet"
            raise NotFoundError(f"there is no revision {number}", expected=f"one of {known}")
        return found

    def numbers(self) -> list[int]:
        """The numbers of all revisions, growing."""
        return sorted(int(one.stem) for one in (self.folder / "revisions").glob("*.json") if one.stem.isdecimal())

    def add(self, revision: Revision, *, after: int) -> Revision:
        """Keep a revision under the next number, and want it from now on.

        Args:
            revision: What is asked for; its number does not count.
            after: The number that was wanted when it was checked.

        Raises:
            ConflictError: If somebody else was faster.
        """
        with self._locked():
            if self.number != after:
                raise ConflictError(
                    f"revision {self.number} came in meanwhile", expected=f"revision {after}", fix="try again"
                )
            missing = self._untold()
            if missing is not None:
                self.note(missing)
            self._forget_unwanted(after)
            kept = replace(revision, number=max([after, *self.numbers()]) + 1, at=self.clock())
            # First the revision, then the pointer: one that nobody points at was never wanted.
            with kept_in(self.folder, "what is deployed"):
                self._place(kept.number).parent.mkdir(exist_ok=True)
            _write(self._place(kept.number), msgspec.json.format(msgspec.json.encode(kept), indent=1))
            _write(self.folder / "CURRENT", f"{kept.number}\n".encode())
            with contextlib.suppress(UnavailableError):  # it is wanted all the same, and will be told of later
                self.note(_accepted(kept))
        return kept

    def note(self, event: Event) -> None:
        """Add a line to the history."""
        line = msgspec.json.encode(event) + b"\n"
        with kept_in(self.folder, "what is deployed"):
            self.folder.mkdir(parents=True, exist_ok=True)
            file = os.open(self.folder / "history.jsonl", os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o644)
            try:
                end = os.lseek(file, 0, os.SEEK_END)
                if end and os.pread(file, 1, end - 1) != b"\n":
                    line = b"\n" + line  # whoever wrote last had no room for all of it
                os.write(file, line)  # one call: lines of several writers do not mix
                os.fsync(file)
            finally:
                os.close(file)

    def history(self) -> Sequence[Event]:
        """What happened, oldest first. A line that was cut short by a crash is passed over."""
        missing = self._untold()
        return [*self._lines(), *([missing] if missing is not None else [])]

    def tidy(self) -> None:
        """Remove what writers that were killed left half written."""
        for one in (*self.folder.glob(".*-*"), *self.folder.glob("*/.*-*")):
            with contextlib.suppress(OSError):
                if one.is_file() and time.time() - one.stat().st_ctime > _ABANDONED_SECONDS:
                    one.unlink()

    def _forget_unwanted(self, wanted: int) -> None:
        """Remove what somebody left here who was stopped before it was wanted: nobody shall roll back to it."""
        told = {one.number for one in self._lines() if one.what == "accepted"}
        for number in self.numbers():
            if number > wanted and number not in told:
                with kept_in(self.folder, "what is deployed"):
                    self._place(number).unlink(missing_ok=True)

    def _untold(self) -> Event | None:
        """That the wanted revision was accepted, if whoever did it was killed before that was told."""
        current = self.current
        told = any(one.what == "accepted" and one.number == self.number for one in self._lines())
        return None if current is None or told else _accepted(current)

    def _lines(self) -> list[Event]:
        try:
            lines = (self.folder / "history.jsonl").read_bytes().splitlines()
        except FileNotFoundError:
            return []
        found = []
        for line in lines:
            try:
                found.append(msgspec.json.decode(line, type=Event))
            except msgspec.DecodeError:
                continue
        return found

    @property
    def seen(self) -> Seen:
        """What of the source was looked at last."""
        return _noted(self.folder / "seen.json", Seen) or Seen()

    @seen.setter
    def seen(self, value: Seen) -> None:
        self._keep("seen.json", value)

    @property
    def status(self) -> Status | None:
        """How it stood when a server that follows wrote it last; ``None`` if none ever did."""
        return _noted(self.folder / "status.json", Status)

    @status.setter
    def status(self, value: Status) -> None:
        self._keep("status.json", value)

    @property
    def followed(self) -> bool:
        """Whether a server follows at this moment."""
        try:
            file = os.open(self.folder / "follower.lock", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            return not _taken(file, fcntl.LOCK_SH, seconds=0.0)
        finally:
            os.close(file)

    @contextmanager
    def following(self) -> Iterator[None]:
        """Be the one that follows; the system ends it when this process dies.

        Raises:
            ConflictError: If somebody else does.
        """
        with kept_in(self.folder, "what is deployed"):
            self.folder.mkdir(parents=True, exist_ok=True)
        with _file(self.folder / "follower.lock") as file:
            # A moment, as somebody may just be looking whether there is one who follows.
            if not _taken(file, fcntl.LOCK_EX, seconds=_PATIENCE):
                known = self.status
                at = f" (process {known.pid}, {known.url})" if known is not None else ""
                raise ConflictError(
                    f"another server follows these deployments{at}",
                    where=str(self.folder),
                    fix="stop it first, or give this one a project of its own",
                )
            yield

    def verdict(self, key: str) -> Mapping[str, Any] | None:
        """What was judged of a package before."""
        return _noted(self.folder / "verdicts" / f"{key}.json", dict[str, Any])

    def keep_verdict(self, key: str, verdict: Mapping[str, Any]) -> None:
        """Keep what was judged of a package."""
        with kept_in(self.folder, "what is deployed"):
            (self.folder / "verdicts").mkdir(parents=True, exist_ok=True)
        _write(self.folder / "verdicts" / f"{key}.json", msgspec.json.encode(verdict))

    def _place(self, number: int) -> Path:
        return self.folder / "revisions" / f"{number}.json"

    def _keep(self, name: str, value: msgspec.Struct) -> None:
        with kept_in(self.folder, "what is deployed"):
            self.folder.mkdir(parents=True, exist_ok=True)
        _write(self.folder / name, msgspec.json.format(msgspec.json.encode(value), indent=1))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with kept_in(self.folder, "what is deployed"):
            self.folder.mkdir(parents=True, exist_ok=True)
        with _file(self.folder / "lock") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _accepted(revision: Revision) -> Event:
    return Event(
        at=revision.at,
        what="accepted",
        number=revision.number,
        by=revision.by,
        cause=revision.cause,
        source=revision.source,
        commit=revision.commit,
        digest=revision.digest,
        changes=revision.changes,
        message=revision.reason,
    )


def _taken(file: int, how: int, *, seconds: float) -> bool:
    """Whether a lock could be taken."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_PATIENCE / 10)
        else:
            return True


@contextmanager
def _file(path: Path) -> Iterator[int]:
    with kept_in(path.parent, "what is deployed"):
        file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
    try:
        yield file
    finally:
        os.close(file)


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None


def _noted(path: Path, kind: type[T]) -> T | None:
    """What is only known from before, and is found out anew where it cannot be read."""
    try:
        return _read(path, kind)
    except msgspec.DecodeError:
        return None


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}-{uuid.uuid4().hex}")
    with kept_in(path.parent, "what is deployed"):
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
