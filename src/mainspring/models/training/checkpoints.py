"""Checkpoints: where a training stands, in a folder that outlives the process, so that it goes on after a kill.

A checkpoint appears as a whole or not at all, and is believed only if every byte is what was written.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from mainspring.core.errors import InputError
from mainspring.models.files import Files
from mainspring.models.training.estimators import find_estimator, trainer
from mainspring.models.training_options import Ability

MANIFEST: Final = "checkpoint.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoints:
    """Checkpoints of one training in a folder; whichever limit is reached first makes the next.

    Attributes:
        folder: Where they lie. In a pipeline, a step asks for it with ``resource("checkpoints")``.
        steps: After so many steps (mini-batches).
        epochs: After so many epochs.
        seconds: After so many seconds.
        keep: So many of the newest stay; older ones are removed.

    Example:
        >>> import tempfile
        >>> checkpoints = Checkpoints(folder=Path(tempfile.mkdtemp()), epochs=1)
        >>> checkpoints.save(1, Files({"weights": b"..."}))
        >>> checkpoints.latest().read("weights")
        b'...'
    """

    folder: Path
    steps: int | None = None
    epochs: int | None = 1
    seconds: float | None = None
    keep: int = 2

    def __post_init__(self) -> None:
        """Refuse limits that are never reached or always.

        Raises:
            InputError: If one is not above 0.
        """
        given = {name: getattr(self, name) for name in ("steps", "epochs", "seconds", "keep")}
        wrong = [f"{name} is {value}" for name, value in given.items() if value is not None and value <= 0]
        if wrong:
            raise InputError("checkpoints: " + ", ".join(wrong), expected="numbers above 0")

    def latest(self) -> Files | None:
        """The newest checkpoint that is whole, held in memory; ``None`` if there is none."""
        for place in self._places():
            found = _read(place)
            if found is not None:
                return found
        return None

    def save(self, number: int, files: Files) -> None:
        """Keep a checkpoint.

        Args:
            number: Larger than those before, such as the number of steps made.
            files: What is needed to go on.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        place = self.folder / f"{number:012d}"
        if place.exists():
            return
        fresh = self.folder / f".{number:012d}.{os.getpid()}.{os.urandom(4).hex()}"
        fresh.mkdir()
        told = {name: hashlib.sha256(files.read(name)).hexdigest() for name in files.names}
        files.merged(Files({MANIFEST: json.dumps(told, sort_keys=True).encode()})).write(fresh)
        _to_disk(fresh)
        try:
            fresh.rename(place)
        except OSError:  # another process that makes the same training was first
            shutil.rmtree(fresh, ignore_errors=True)
        for old in list(self._places())[self.keep :]:
            shutil.rmtree(old, ignore_errors=True)

    def clear(self) -> None:
        """Remove all of them: the training is done."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def inside(self, name: str) -> Checkpoints:
        """Checkpoints of another training, in a folder within this one."""
        return replace(self, folder=self.folder / name)

    def pace(self) -> Pace:
        """What tells when the next is due, from now on."""
        return Pace(self)

    def _places(self) -> Iterator[Path]:
        """Newest first; what a killed process left half-written is not among them."""
        if self.folder.is_dir():
            yield from sorted((one for one in self.folder.iterdir() if one.name.isdigit()), reverse=True)


@dataclass(slots=True)
class Pace:
    """Counts steps, epochs and seconds since the last checkpoint."""

    checkpoints: Checkpoints
    steps: int = 0
    epochs: int = 0
    since: float = field(default_factory=time.monotonic)

    def is_due(self, *, epoch_ended: bool) -> bool:
        """Count a step; whether a checkpoint is to be made after it. If so, counting starts anew.

        Args:
            epoch_ended: Whether it was the last step of its epoch.
        """
        self.steps += 0 if epoch_ended else 1
        self.epochs += 1 if epoch_ended else 0
        limits = self.checkpoints
        due = (
            (limits.steps is not None and self.steps >= limits.steps)
            or (limits.epochs is not None and self.epochs >= limits.epochs)
            or (limits.seconds is not None and time.monotonic() - self.since >= limits.seconds)
        )
        if due:
            self.steps, self.epochs, self.since = 0, 0, time.monotonic()
        return due


def checkpoints_for(estimator: str, folder: Path, *, seconds: float) -> Checkpoints | None:
    """Checkpoints in a folder for an estimator that can go on from them; ``None`` for any other.

    Args:
        estimator: Its name, as :func:`~mainspring.models.training.find_estimator` takes it.
        folder: Where they lie.
        seconds: How often.

    Raises:
        InputError: If there is no such estimator.
    """
    framework, full = find_estimator(estimator)
    found = trainer(framework)
    able = hasattr(found, "abilities") and Ability.RESUME in found.abilities(full)
    return Checkpoints(folder=folder, epochs=None, seconds=seconds) if able else None


def _read(place: Path) -> Files | None:
    """A checkpoint in memory; ``None`` if a byte of it is missing or another."""
    try:
        told = json.loads((place / MANIFEST).read_bytes())
        content = {name: (place / name).read_bytes() for name in told}
    except (OSError, ValueError):
        return None
    same = all(hashlib.sha256(content[name]).hexdigest() == digest for name, digest in told.items())
    return Files(content) if same else None


def _to_disk(folder: Path) -> None:
    """Wait until the files of a folder would survive a power cut."""
    for path in (*(path for path in folder.rglob("*") if path.is_file()), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
