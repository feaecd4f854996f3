"""Where the rings of a log lie: in memory, if the machine has a file system there, and else beside the log."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from mainspring.serving.payloads.ring import Ring

MEMORY = Path("/dev", "shm")
BESIDE = ".spool"
SUFFIX = ".ring"

_NUMBERS = itertools.count(1)


def new_ring(folder: Path, capacity: int) -> Ring:
    """A ring for a log.

    Raises:
        OSError: If there is no room for it anywhere.
    """
    problem: OSError | None = None
    _sweep(MEMORY / _ours())
    for place in places(folder):
        try:
            make(place)
            while True:
                path = place / f"{os.getpid()}-{next(_NUMBERS):06d}{SUFFIX}"
                try:
                    return Ring.create(path, capacity, str(folder.resolve()))
                except FileExistsError:
                    continue
                except FileNotFoundError:
                    make(place)  # somebody found it empty, and removed it
        except OSError as error:
            problem = problem or error
    raise problem or OSError(f"no place for the spool of {folder}")


def remove(ring: Ring) -> None:
    """Close a ring that is empty, and leave nothing behind."""
    ring.close(remove=True)
    tidy(ring.path.parent)


def tidy(place: Path) -> None:
    """Remove a folder for rings, if it is empty."""
    with contextlib.suppress(OSError):
        place.rmdir()


def ring_files(folder: Path) -> Iterator[Path]:
    """The rings of a log, of processes that live and of those that died."""
    for place in places(folder):
        yield from sorted(place.glob(f"*{SUFFIX}"))


def places(folder: Path) -> list[Path]:
    """The folders where rings of a log may lie, the best one first."""
    beside = folder / BESIDE
    if not MEMORY.is_dir():
        return [beside]
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    return [MEMORY / _ours() / name, beside]


def make(place: Path) -> None:
    """Make a folder that nobody else may enter.

    Raises:
        PermissionError: If it is there, and is somebody else's.
    """
    for folder in (place.parent, place) if place.name != BESIDE else (place,):
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            raise PermissionError(f"{folder} is not a folder of this user")


def _ours() -> str:
    return f"mainspring-{os.getuid()}"


def _sweep(home: Path) -> None:
    """Remove what dead processes left in memory for logs that are gone: nobody will ever come for it."""
    for place in home.glob("*"):
        for path in place.glob(f"*{SUFFIX}"):
            ring = Ring.open(path, lock=True)
            if ring is not None:
                with ring:
                    if ring.owner and not Path(ring.owner).exists():
                        path.unlink(missing_ok=True)
        tidy(place)
