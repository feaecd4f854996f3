"""Where deployment files come from: a folder, or a git repository."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from mainspring.core.errors import InputError, NotFoundError, UnavailableError
from mainspring.serving.deploying.code import digest_of as digest_of_code
from mainspring.serving.deploying.document import LARGEST
from mainspring.serving.deploying.revision import File, digest_of

SUFFIXES = (".yaml", ".yml", ".json")
"""The files of a folder that are deployment files, unless their names begin with a dot."""

_CODE = (".py",)
QUIET_SECONDS = 2.0
"""A file that was not written for so long is whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The deployment files of a source at one moment.

    Attributes:
        files: All of them.
        commit: Their commit, if they come from git.
        by: Who brought them there, as far as that is known.
        reason: Why, likewise.
        code: A digest of the code beside them, where there is no commit to tell that it changed.
    """

    files: tuple[File, ...]
    commit: str = ""
    by: str = ""
    reason: str = ""
    code: str = ""

    @property
    def digest(self) -> str:
        """Of the files, and of the commit that they come from, or the code beside them."""
        return f"{self.commit or self.code or 'files'}/{digest_of({one.name: one for one in self.files})}"


class Source(Protocol):
    """Where deployment files come from. Used by one thread at a time.

    Promises:
        - Files are read whole: one that is being written is not there yet.
        - Nothing that is found is run.
    """

    name: str
    """The source, as it is told to people."""

    def look(self) -> Snapshot | None:
        """What lies there now; ``None`` if it is the same as at the last look, or is being written.

        Raises:
            UnavailableError: If it cannot be read now.
            MainspringError: If it never can.
        """
        ...


class FolderSource:
    """The files of a folder, not of folders in it; taken anew, too, when code changes that lies beside them.

    A file is read when it looks as it did at the last look, or has not been written for two seconds.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        self.name, self._folder = str(folder), folder
        self._before: Sequence[tuple[str, int, int, int]] = ()
        self._told = ""

    def look(self) -> Snapshot | None:
        """What lies there now; ``None`` if it is the same as at the last look, or is being written.

        Raises:
            UnavailableError: If it cannot be read now.
        """
        listed = _listed(self._folder, (*SUFFIXES, *_CODE))
        before, self._before = self._before, listed
        if listed != before and any(time.time() - one[2] / 1e9 < QUIET_SECONDS for one in listed):
            return None
        snapshot = Snapshot(files=files_of(self._folder), code=self._code())
        if _listed(self._folder, (*SUFFIXES, *_CODE)) != listed or snapshot.digest == self._told:
            return None
        self._told = snapshot.digest
        return snapshot

    def _code(self) -> str:
        names = tuple(PurePosixPath(name) for name, *_ in _listed(self._folder, _CODE))
        try:
            return digest_of_code(self._folder, names) if names else ""
        except NotFoundError as error:
            raise UnavailableError(f"code cannot be read: {error}", where=self.name) from error


def files_of(folder: Path, *, named: str = "") -> tuple[File, ...]:
    """The deployment files of a folder, by name; one that is no text is among them, and says so.

    Args:
        folder: The folder.
        named: What stands before their names when they are told to people.

    Raises:
        UnavailableError: If it cannot be read.
    """
    return tuple(_file_or_why(folder / name, named) for name, *_ in _listed(folder, SUFFIXES))


def file_at(path: Path, *, named: str = "") -> File:
    """A deployment file.

    Raises:
        NotFoundError: If there is none.
        InputError: If it is no text, or too large.
    """
    try:
        with path.open("rb") as file:
            data = file.read(4 * LARGEST + 1)
        if len(data) > 4 * LARGEST:
            raise InputError("the file is too large", expected=f"{LARGEST} characters at most", where=str(path))
        text = data.decode("utf-8")
    except FileNotFoundError as error:
        raise NotFoundError("there is no such deployment file", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise InputError(f"it is no text: {error}", expected="UTF-8", where=str(path)) from error
    except OSError as error:
        raise UnavailableError(f"it cannot be read: {error}", where=str(path)) from error
    return File(name=f"{named}{path.name}", text=text, folder=str(path.resolve().parent))


def _file_or_why(path: Path, named: str) -> File:
    try:
        return file_at(path, named=named)
    except InputError as error:
        return File(name=f"{named}{path.name}", text="", wrong=error.found)


def _listed(folder: Path, suffixes: tuple[str, ...]) -> list[tuple[str, int, int, int]]:
    """Names of the files, and what they look like from outside."""
    try:
        found = [
            (entry.name, (told := entry.stat()).st_size, told.st_mtime_ns, told.st_ino)
            for entry in os.scandir(folder)
            if entry.name.endswith(suffixes) and not entry.name.startswith(".") and entry.is_file()
        ]
    except OSError as error:
        raise UnavailableError(
            f"the folder of deployment files cannot be read: {error}", where=str(folder)
        ) from error
    return sorted(found)
