"""The end of a run: parts become one file or a folder, with what is told of them beside, each by one rename."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from mainspring.core.durable import replace_file, sync_folder
from mainspring.core.errors import ConflictError, IntegrityError
from mainspring.serving.bulk.formats import Format
from mainspring.serving.bulk.merging import join
from mainspring.serving.bulk.parts import BAD
from mainspring.serving.bulk.tally import Tally
from mainspring.serving.bulk.workplace import Manifest, Workplace

REPORT: Final = ".report.json"
META: Final = ".meta.json"

FOLDER_REPORT: Final = "_report.json"
FOLDER_META: Final = "_meta.json"
"""In a folder of parts, files whose names begin with ``_`` are passed over by whoever reads it."""

_FINAL: Final = "final"
_OLD: Final = "old"


@dataclass(frozen=True, slots=True)
class Target:
    """Where answers go.

    Attributes:
        out: The file, or the folder of parts.
        form: What they are written as.
        errors: The file that lists rows left out, if any may be.
    """

    out: Path
    form: Format
    errors: Path | None = None

    @property
    def work(self) -> Path:
        """The work folder beside it."""
        return self.out.with_name(f"{self.out.name}.work")

    @property
    def report(self) -> Path:
        """The file of the report."""
        return self.out / FOLDER_REPORT if self.form.folder else self.out.with_name(self.out.name + REPORT)

    def check(self) -> None:
        """See that answers may be written there.

        Raises:
            ConflictError: If there is a folder that holds something else.
        """
        if not self.form.folder or not self.out.is_dir():
            return
        if any(self.out.iterdir()) and not (self.out / FOLDER_REPORT).is_file():
            raise ConflictError(
                "the folder holds something else than answers",
                where=str(self.out),
                expected="a new folder, an empty one, or one with earlier answers",
            )


def sound(place: Workplace, manifest: Manifest, file: str) -> dict[int, int]:
    """The parts that are done and whole, with their rows; one that was damaged is removed, to be made again.

    Args:
        place: The work folder.
        manifest: What the run is about.
        file: The name of the file of answers of every part.
    """
    found: dict[int, int] = {}
    for number in place.done():
        record, start = place.record(number), number * manifest.part_rows
        path = place.part(number) / file
        whole = path.is_file() and path.stat().st_size == record.size and _digest(path) == record.digest
        if whole and number < manifest.parts and record.start == start:
            found[number] = record.stop - record.start
        else:
            shutil.rmtree(place.part(number))
    return found


def put_together(
    place: Workplace, target: Target, manifest: Manifest, file: str, stamp: Mapping[str, str]
) -> tuple[str | None, Path]:
    """Put the answers of all parts together beside their place; gives the digest of a file, and where it is.

    Raises:
        IntegrityError: If a part is missing or damaged.
    """
    parts = [place.part(number) / file for number in range(manifest.parts)]
    absent = [str(path) for path in parts if not path.is_file()]
    if absent:
        raise IntegrityError("parts are missing", where=", ".join(absent[:5]), fix="run the same command again")
    fresh = place.folder / _FINAL
    if fresh.is_dir():
        shutil.rmtree(fresh)
    fresh.unlink(missing_ok=True)
    if not target.form.folder:
        return f"sha256:{join(parts, fresh, target.form, stamp=stamp)}", fresh
    fresh.mkdir()
    for number, path in enumerate(parts):
        _link(path, fresh / f"part-{number:06}{target.form.suffix}")
    return None, fresh


def put_in_place(
    place: Workplace, target: Target, fresh: Path, manifest: Manifest, report: bytes, meta: Mapping[str, Any]
) -> None:
    """Move the answers to their place, with the report and what they are stamped with.

    What is beside them is written first: where there are answers, there is a report of them.
    """
    told = msgspec.json.format(msgspec.json.encode(meta), indent=1) + b"\n"
    if target.errors is not None:
        replace_file(target.errors, b"".join(_bad(place, manifest)))
    if target.form.folder:
        replace_file(fresh / FOLDER_REPORT, report)
        replace_file(fresh / FOLDER_META, told)
        if target.out.is_dir():
            target.out.rename(place.folder / _OLD)
        fresh.rename(target.out)
    else:
        replace_file(target.report, report)
        if target.form.kind != "parquet":
            replace_file(target.out.with_name(target.out.name + META), told)
        fresh.replace(target.out)
    sync_folder(target.out.parent)


def _bad(place: Workplace, manifest: Manifest) -> Iterator[bytes]:
    for number in range(manifest.parts):
        path = place.part(number) / BAD
        if path.is_file():
            yield path.read_bytes()


def _link(path: Path, name: Path) -> None:
    """The same file under another name; a copy where there are no such links."""
    try:
        os.link(path, name)
    except OSError:
        shutil.copyfile(path, name)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tallied(place: Workplace, manifest: Manifest) -> Tally:
    """What all parts together counted; few of them are held at a time.

    Raises:
        IntegrityError: If they do not hold every row once.
    """

    def in_order() -> Iterator[Tally]:
        end = 0
        for number in range(manifest.parts):
            record = place.record(number)
            if record.start != end or record.tally.rows != record.stop - record.start:
                raise IntegrityError("the parts do not hold every row once", fix="start again with --restart")
            end = record.stop
            yield record.tally

    found = Tally.merged(in_order())
    if found.rows != manifest.rows:
        raise IntegrityError("the parts do not hold every row once", fix="start again with --restart")
    return found
