"""The work folder of a run: what it is about, and the parts that are done. It outlives every kill.

::

    answers.parquet.work/
        run.json            data, model, options: what a rerun must have in common with it
        lock                held by the process that works on it
        input.parquet       the rows, where the data is no Parquet file
        package/            the model, where it lies in no folder of its own
        parts/000012/       answers and figures of a part; there as a whole or not at all

A part is made in a folder beside its place, made durable, and put there by one rename.
"""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from mainspring.core.durable import replace_file, sync_folder
from mainspring.core.errors import IntegrityError
from mainspring.serving.bulk.parts import PartRecord
from mainspring.serving.payloads.exclusive import claim

FORMAT: Final = 1

MAKING: Final = "making.json"
"""The file that tells worker processes what all parts have in common."""

_RUN: Final = "run.json"
_LOCK: Final = "lock"
_PARTS: Final = "parts"
_RECORD: Final = "part.json"


class Manifest(msgspec.Struct, kw_only=True):
    """What a run is about.

    Attributes:
        run: A random name; parts of another run are never taken for its own.
        mainspring: The version that makes the parts.
        started: When it was started first, in seconds since the epoch.
        location: Where the data is.
        files: Name, bytes, and time of the last change of every file of it.
        digest: Of their content; ``None`` until it is known.
        rows: How many rows.
        columns: Name and type of every column.
        model: Name, version and digest of what answers.
        out: Where answers go.
        form: What they are written as.
        options: What the caller chose.
        part_rows: Rows of a part.
        reading: How the data is read.
    """

    run: str
    mainspring: str
    started: float
    location: str
    files: list[tuple[str, int, int]]
    digest: str | None
    rows: int
    columns: list[tuple[str, str]]
    model: dict[str, str]
    out: str
    form: dict[str, Any]
    options: dict[str, Any]
    part_rows: int
    reading: dict[str, Any]
    format: int = FORMAT

    @property
    def parts(self) -> int:
        """How many parts; one without rows if there are none."""
        return max(1, -(-self.rows // self.part_rows))

    def differences(self, other: Manifest) -> list[str]:
        """Why parts of this run are none of another one, in words."""
        found = []
        for name in ("mainspring", "location", "reading", "out", "form", "part_rows"):
            found += _difference(name, getattr(self, name), getattr(other, name))
        for name in ("name", "version", "digest"):
            found += _difference(f"model {name}", self.model.get(name), other.model.get(name))
        # Parts that are done had no bad rows, or were not allowed to be: going on without them changes none.
        lenient = {**self.options}
        if lenient["errors"] == "fail" and other.options["errors"] == "skip":
            lenient["errors"] = "skip"
        for name, value in lenient.items():
            found += _difference(name.replace("_", " "), value, other.options.get(name))
        return found + self._data_differences(other)

    def _data_differences(self, other: Manifest) -> list[str]:
        sizes, others = ([(name, size) for name, size, _ in one.files] for one in (self, other))
        if sizes != others:
            return ["the files of the data are others, or have another size"]
        if None not in (self.digest, other.digest):
            return [] if self.digest == other.digest else ["the content of the data is another one"]
        same = self.files == other.files and self.rows == other.rows and self.columns == other.columns
        return [] if same else ["the data was changed"]


class Workplace:
    """A work folder, held by this process. Made by :func:`hold`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def manifest(self) -> Manifest | None:
        """What the run that was left here is about; ``None`` if there is none.

        Raises:
            IntegrityError: If nobody can tell any more.
        """
        path = self.folder / _RUN
        if not path.is_file():
            return None
        try:
            return msgspec.json.decode(path.read_bytes(), type=Manifest)
        except msgspec.MsgspecError as error:
            raise IntegrityError(
                f"nobody can tell what was begun here: {error}", where=str(path), fix="start again with --restart"
            ) from None

    def begin(self, manifest: Manifest) -> None:
        """Write down what the run is about."""
        replace_file(self.folder / _RUN, msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        (self.folder / _PARTS).mkdir(exist_ok=True)

    def clear(self) -> None:
        """Remove everything but the lock."""
        for path in self.folder.iterdir():
            if path.name == _LOCK:
                continue
            if path.is_dir():
                _away(path)
            else:
                path.unlink()

    def done(self) -> list[int]:
        """The numbers of the parts that are there. What was left half made is removed."""
        found = []
        for path in sorted((self.folder / _PARTS).iterdir()):
            if path.name.isdecimal():
                found.append(int(path.name))
            else:
                with contextlib.suppress(FileNotFoundError):
                    _away(path)
        return found

    def record(self, part: int) -> PartRecord:
        """What is kept of a part that is done."""
        return msgspec.json.decode((self.part(part) / _RECORD).read_bytes(), type=PartRecord)

    def part(self, part: int) -> Path:
        """The folder of a part."""
        return part_folder(self.folder, part)

    def remove(self) -> None:
        """Remove the folder; the run is over."""
        _away(self.folder)


@contextmanager
def hold(folder: Path) -> Iterator[Workplace]:
    """Make a work folder if it is not there, and keep others from working in it.

    Raises:
        ConflictError: If another process works in it.
    """
    file = claim(folder, "another process is at work on these answers", fix="let it finish, or stop it")
    try:
        for left in folder.parent.glob(f".{glob.escape(folder.name)}-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield Workplace(folder)
    finally:
        os.close(file)


@contextmanager
def room(folder: Path, part: int) -> Iterator[Path]:
    """A new folder in which a part is made; what is in it when the block ends is durable, and the part is done.

    A part that somebody else finished meanwhile stays as it is.
    """
    place = part_folder(folder, part)
    making = place.with_name(f"{place.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}")
    making.mkdir()
    try:
        yield making
        for path in making.iterdir():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        try:
            making.rename(place)
        except OSError:
            if not place.is_dir():
                raise
        sync_folder(place.parent)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def keep_record(folder: Path, record: PartRecord) -> None:
    """Write what is kept of a part into its folder."""
    (folder / _RECORD).write_bytes(msgspec.json.encode(record))


def part_folder(folder: Path, part: int) -> Path:
    """The folder of a part in a work folder."""
    return folder / _PARTS / f"{part:06}"


def _away(folder: Path) -> None:
    """Remove a folder, in which a worker of a killed process may be at work still: it finds it gone."""
    gone = folder.with_name(f".{folder.name}-{uuid.uuid4().hex}")
    folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _difference(name: str, before: object, after: object) -> list[str]:
    return [] if before == after else [f"{name} was {_shown(before)}, and is {_shown(after)}"]


def _shown(value: object) -> str:
    return msgspec.json.encode(value).decode("utf-8") if isinstance(value, dict | list | tuple) else repr(value)
