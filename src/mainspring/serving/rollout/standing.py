"""How a rollout stands: what it has come to, kept in a file that is there whole or not at all."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import quote

import msgspec

from mainspring.core.errors import IntegrityError
from mainspring.serving.rollout.options import Rollout

Phase: TypeAlias = Literal["running", "held", "promoted", "rolled_back"]
"""Requests are divided; they are, and nothing is decided; an arm is the primary one; the primary one stays."""

OVER: frozenset[str] = frozenset({"promoted", "rolled_back"})


class Counted(msgspec.Struct, frozen=True, omit_defaults=True):
    """What had been counted of the arms at a moment.

    Attributes:
        rows: Of requests, one for each arm: see :func:`mainspring.serving.rollout.tally.total`.
        told: Of feedback: how many values, their sum and the sum of their squares, by figure and arm.
    """

    rows: tuple[tuple[float, ...], ...] = ()
    told: Mapping[str, tuple[float, float, float]] = {}


class Standing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the rollout of a model stands.

    Attributes:
        plan: What was declared, as :func:`plan_of` gives it: another declaration begins anew.
        number: How often it has changed.
        phase: What is done with requests.
        step: The step of a canary, from 0.
        share: How many of a hundred requests the candidate of a canary gets in place of what its step says;
            ``None`` for that of the step.
        since: When the step or phase began, in seconds since the epoch.
        began: When the rollout began.
        primary: The version that has become the primary one; empty if none has.
        labels: Labels that were moved, and the versions that they stand for now.
        counted: What had been counted when the step began.
        concluded: The arm that an experiment has found to be better.
    """

    plan: str
    number: int = 0
    phase: Phase = "running"
    step: int = 0
    share: float | None = None
    since: float = 0.0
    began: float = 0.0
    primary: str = ""
    labels: Mapping[str, str] = {}
    counted: Counted = Counted()
    concluded: str = ""

    @property
    def over(self) -> bool:
        """Whether nothing is divided any more."""
        return self.phase in OVER


def plan_of(rollout: Rollout, primary: str, *others: str) -> str:
    """A name for what was declared, and about which versions: 16 hexadecimal digits.

    Args:
        rollout: The declaration.
        primary: The version that is the primary one by declaration.
        *others: The versions of the canary, of the shadow, and of the arms of an experiment.
    """
    told = msgspec.json.encode((msgspec.to_builtins(rollout), primary, *others))
    return blake2b(told, digest_size=8).hexdigest()


class StateFolder:
    """What is kept of the rollouts of a server's models, one folder for each.

    Args:
        folder: Where; made when something is written. ``None`` for one that is removed at the end.
    """

    def __init__(self, folder: Path | None) -> None:
        self._given = self._made = folder

    @property
    def folder(self) -> Path:
        """Where it is."""
        if self._made is None:
            self._made = Path(tempfile.mkdtemp(prefix="mainspring-state-"))
        return self._made

    def close(self) -> None:
        """Remove what nobody asked to keep."""
        if self._given is None and self._made is not None:
            shutil.rmtree(self._made, ignore_errors=True)
            self._made = None

    def of(self, model: str) -> Path:
        """The folder of one model."""
        return self.folder / quote(model, safe="")

    def read(self, model: str) -> Standing | None:
        """How the rollout of a model stood last.

        Raises:
            IntegrityError: If the file was not written by a server.
        """
        path = self._path(model)
        try:
            return msgspec.json.decode(path.read_bytes(), type=Standing)
        except FileNotFoundError:
            return None
        except msgspec.DecodeError as error:
            raise IntegrityError(
                f"this does not say how a rollout stands: {error}",
                where=str(path),
                fix="move it away: the rollout then begins anew",
            ) from error

    def write(self, model: str, standing: Standing) -> None:
        """Keep how a rollout stands; it is safe from a kill and from a power cut when this returns."""
        path = self._path(model)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(msgspec.json.encode(standing))
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)

    @contextmanager
    def alone(self, model: str) -> Iterator[None]:
        """Change how a rollout stands while no other process does."""
        folder = self.of(model)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _path(self, model: str) -> Path:
        return self.of(model) / "standing.json"
