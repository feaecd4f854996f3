"""Pushing a package to a serving folder: atomic, strictly growing, and with a way back.

The folder of a deployment looks like this, and every change to it is one rename::

    <destination>/<name>/1/ 2/ 3/     packages, never changed once they are there
    <destination>/<name>/CURRENT      the number that is served
    <destination>/<name>/history.json what was pushed and rolled back, by whom, when and why

Numbers grow by one with every push, whoever pushes and however fast: TFX names a push by the second, so that
two in one second collide.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from mainspring.core.clock import Clock, now
from mainspring.core.errors import InputError, NotFoundError, StateError

if TYPE_CHECKING:
    from mainspring.models.package import Package
    from mainspring.models.registry import ModelVersion, Registry

POINTER = "CURRENT"
HISTORY = "history.json"
_INCOMING = ".incoming-"
_LOCK = ".lock"
_STALE_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """A package that was pushed.

    Attributes:
        name: The model.
        version: Its version in the registry.
        sequence: The number of the push, growing by one per model.
        destination: The folder of the package, relative to the serving folder.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Pushed"

    name: str
    version: str
    sequence: int
    destination: str

    def properties(self) -> Mapping[str, str | int]:
        """What the record keeps beside the file, to search by."""
        return asdict(self)

    def save(self, folder: Path) -> None:
        """Write ``pushed.json`` into the folder."""
        (folder / "pushed.json").write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote."""
        return cls(**json.loads((folder / "pushed.json").read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A line of a deployment's history.

    Attributes:
        action: ``"push"`` or ``"rollback"``.
        sequence: The number that was served from then on.
        version: Its version in the registry.
        replaced: The number that was served before.
        at: Seconds since the epoch.
    """

    action: Literal["push", "rollback"]
    sequence: int
    version: str
    replaced: int | None
    at: float
    by: str = ""
    reason: str = ""


class Deployment:
    """The serving folder of one model. Safe for many threads and processes on one file system.

    Args:
        destination: The serving folder, with one folder per model.
        name: The model.
    """

    def __init__(self, destination: Path, name: str, *, clock: Clock = now) -> None:
        if not name or name.startswith(".") or "/" in name or os.sep in name:
            raise InputError(f"{name!r} cannot name a deployment", expected="a name without '/' and leading '.'")
        self.destination, self.name = destination, name
        self.folder = destination / name
        self._clock = clock

    def push(self, package: Path, *, version: str, by: str = "", reason: str = "") -> Pushed:
        """Copy a package in, give it the next number, and serve it.

        Raises:
            NotFoundError: If there is no package at that path.
        """
        if not package.is_dir():
            raise NotFoundError(f"no package folder at {package}", expected="the folder of a saved package")
        self.folder.mkdir(parents=True, exist_ok=True)
        incoming = self.folder / f"{_INCOMING}{uuid.uuid4().hex}"
        try:
            shutil.copytree(package, incoming)
            _sync(incoming)
            with self._locked():
                sequence = self._next()
                incoming.rename(self.folder / str(sequence))
                self._move("push", sequence, version, by=by, reason=reason)
                self._sweep()
        finally:
            shutil.rmtree(incoming, ignore_errors=True)
        return Pushed(name=self.name, version=version, sequence=sequence, destination=f"{self.name}/{sequence}")

    def serve(self, version: str, package: Package, *, by: str = "", reason: str = "") -> None:
        """Serve a version: the package that lies here already, else a copy that is pushed now.

        Args:
            version: Its version in the registry.
            package: What is pushed if it does not lie here.
        """
        with self._locked():
            history, current = self.history(), self.current
            served = {change.sequence: change.version for change in history}
            here = [
                one.sequence for one in history if one.version == version and self.package(one.sequence).is_dir()
            ]
            if current is not None and served.get(current) == version:
                return
            if here:
                action: Literal["push", "rollback"] = "rollback" if here[-1] < (current or 0) else "push"
                self._move(action, here[-1], version, by=by, reason=reason)
                return
        with tempfile.TemporaryDirectory(prefix="mainspring-package-") as name:
            package.save(Path(name))
            self.push(Path(name), version=version, by=by, reason=reason)

    def rollback(self, *, by: str = "", reason: str = "") -> Change:
        """Serve the good version that was served before the current one again.

        A push that was rolled back from is not good: two rollbacks go back twice, and a rollback after a new
        push does not return to what was left behind. A version that was pushed twice is one step back, not two.

        Raises:
            StateError: If there is none to go back to.
        """
        with self._locked():
            history = self.history()
            current = self.current
            bad = {change.replaced for change in history if change.action == "rollback"}
            versions = {change.sequence: change.version for change in history}
            good = [
                change
                for change in history
                if change.action == "push"
                and change.sequence < (current or 0)
                and change.sequence not in bad
                and change.version != versions.get(current or 0)
                and self.package(change.sequence).is_dir()
            ]
            if current is None or not good:
                raise StateError(
                    f"there is nothing to roll {self.name!r} back to",
                    expected="an earlier push that was not itself rolled back",
                    where=str(self.folder),
                    fix="push a package that works",
                )
            return self._move("rollback", good[-1].sequence, good[-1].version, by=by, reason=reason)

    @property
    def current(self) -> int | None:
        """The number that is served; ``None`` before the first push."""
        try:
            return int((self.folder / POINTER).read_text(encoding="ascii"))
        except FileNotFoundError:
            return None

    @property
    def current_package(self) -> Path:
        """The folder of the package that is served.

        Raises:
            NotFoundError: If nothing was pushed.
        """
        current = self.current
        if current is None:
            raise NotFoundError(
                f"nothing was pushed for {self.name!r}",
                where=str(self.folder),
                fix="run a pipeline that pushes it, or serve the package folder itself",
            )
        return self.package(current)

    def package(self, sequence: int) -> Path:
        """The folder of one pushed package."""
        return self.folder / str(sequence)

    def sequences(self) -> list[int]:
        """The numbers of the packages that are here, growing."""
        if not self.folder.is_dir():
            return []
        return sorted(int(path.name) for path in self.folder.iterdir() if path.name.isdecimal())

    def history(self) -> Sequence[Change]:
        """Every push and rollback, oldest first."""
        try:
            text = (self.folder / HISTORY).read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        return [Change(**change) for change in json.loads(text)]

    def _next(self) -> int:
        taken = [*self.sequences(), *(change.sequence for change in self.history())]
        return max(taken, default=0) + 1

    def _move(
        self, action: Literal["push", "rollback"], sequence: int, version: str, *, by: str, reason: str
    ) -> Change:
        change = Change(
            action=action,
            sequence=sequence,
            version=version,
            replaced=self.current,
            at=self._clock(),
            by=by,
            reason=reason,
        )
        # The history first: after a crash between the two, the number is known and will not be given again.
        changes = [asdict(kept) for kept in (*self.history(), change)]
        _replace(self.folder / HISTORY, json.dumps(changes, indent=1, ensure_ascii=False))
        _replace(self.folder / POINTER, f"{sequence}\n")
        return change

    def _sweep(self) -> None:
        """Remove what pushers that were killed left behind."""
        for path in self.folder.glob(f"{_INCOMING}*"):
            if self._clock() - _changed(path) > _STALE_SECONDS:
                shutil.rmtree(path, ignore_errors=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        file = os.open(self.folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)  # given back by the system if this process dies
            yield
        finally:
            os.close(file)


def push_version(
    package: Package,
    version: ModelVersion,
    *,
    alias: str,
    by: str,
    reason: str,
    registry: Registry,
    deployments: Path,
) -> Pushed:
    """Push a registered version to the serving folder, then point an alias at it if it does not yet.

    Raises:
        NotFoundError: If the registry does not have the version; nothing is pushed then.
        StateError: If the alias may not point at it, because it takes a promotion; nothing is pushed then either.
    """
    known = registry.resolve(str(version))
    registry.check_move(known, alias)
    with tempfile.TemporaryDirectory(prefix="mainspring-package-") as name:
        package.save(Path(name))
        pushed = push(Path(name), deployments, name=known.name, version=str(known.version), by=by, reason=reason)
    if registry.aliases(known.name).get(alias) != known.version:
        told = reason or f"pushed as number {pushed.sequence}"
        registry.move(known.name, alias, known.version, by=by, reason=told)
    return pushed


def push(package: Path, destination: Path, *, name: str, version: str, by: str = "", reason: str = "") -> Pushed:
    """Push a package folder to a serving folder; see :meth:`Deployment.push`."""
    return Deployment(destination, name).push(package, version=version, by=by, reason=reason)


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}-{uuid.uuid4().hex}")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    _sync_folder(path.parent)


def _sync(folder: Path) -> None:
    """Make a copied folder durable: its files, then the folders that name them."""
    for place, _, files in os.walk(folder):
        for name in files:
            with (Path(place) / name).open("rb") as file:
                os.fsync(file.fileno())
        _sync_folder(Path(place))


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
