"""Where the packages of models lie, and what lies there now."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mainspring.core.errors import InputError, UnavailableError
from mainspring.serving.model_files import holds_model
from mainspring.serving.push import HISTORY, POINTER, Deployment
from mainspring.serving.repository.names import check_name

UNVERSIONED = "1"
"""The version of a package of which nobody says one."""


@dataclass(frozen=True, slots=True)
class PackageAt:
    """A package to be served.

    Attributes:
        folder: The package, or a deployment (see :class:`mainspring.serving.push.Deployment`), of which the
            package that it points at is served.
        name: The name under which it is served.
        version: Its version; empty for that of the deployment, or ``"1"`` for any other folder.
    """

    folder: Path
    name: str
    version: str = ""

    def resolved(self) -> PackageAt:
        """The package that is there now, with its version."""
        return PackageAt(resolved(self.folder), self.name, self.version or deployed_version(self.folder))


class Source(Protocol):
    """A place where packages lie."""

    def packages(self) -> Sequence[PackageAt]:
        """What lies there now; a package that is still being written is not there yet."""
        ...


class Given:
    """Packages named one by one; a deployment among them may point at another package later.

    Raises:
        InputError: If a name cannot stand in a path: nobody could ask for the model.
    """

    def __init__(self, packages: Iterable[PackageAt]) -> None:
        self._packages = tuple(packages)
        for at in self._packages:
            check_name(at.name, where=str(at.folder))

    def packages(self) -> Sequence[PackageAt]:
        """Each of them, where it points now."""
        return [at.resolved() for at in self._packages]


class Folder:
    """A folder with one folder per model.

    A model's folder is a package, or a deployment, or holds one folder per version; instead of a package there may
    be a file that is served as it is, such as ``model.onnx``. Names that begin with a dot are passed over: that is
    how a package is brought in without being seen half-written.

    Raises:
        InputError: If there is no such folder.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise InputError("there is no such folder of models", where=str(folder))
        self._folder = folder

    def packages(self) -> Sequence[PackageAt]:
        """The packages in it.

        Raises:
            UnavailableError: If it cannot be read now.
        """
        try:
            return [one for model in _folders(self._folder) for one in _versions(model)]
        except OSError as error:
            raise UnavailableError(
                f"the folder of models cannot be read: {error}", where=str(self._folder)
            ) from error


def graph_place(name: str) -> Path:
    """What stands for the folder of a graph, which has none: it is in the options of a model."""
    return Path(f"graph:{name}")


def resolved(folder: Path) -> Path:
    """The package that a deployment points at now; another folder is itself."""
    pointer = folder / POINTER
    return folder / pointer.read_text(encoding="ascii").strip() if pointer.is_file() else folder


def deployed_version(folder: Path) -> str:
    """The version of the model that a deployment points at; :data:`UNVERSIONED` for any other folder."""
    if not (folder / POINTER).is_file():
        return UNVERSIONED
    sequence = (folder / POINTER).read_text(encoding="ascii").strip()
    if not (folder / HISTORY).is_file():
        return sequence
    known = {str(one.sequence): one.version for one in Deployment(folder.parent, folder.name).history()}
    return known.get(sequence) or sequence


def fingerprint(folder: Path) -> str:
    """What a package's files look like from outside; another one if any of them is written again."""
    told = hashlib.blake2b(digest_size=16)
    for path in sorted([folder, *folder.rglob("*")]):
        try:
            status = path.stat()
        except OSError:  # it went while we looked, or is a link that leads nowhere
            told.update(f"{path.relative_to(folder)}\0".encode(errors="surrogateescape"))
            continue
        told.update(
            f"{path.relative_to(folder)}\0{status.st_size}\0{status.st_mtime_ns}\0".encode(
                errors="surrogateescape"
            )
        )
    return told.hexdigest()


def _folders(folder: Path) -> list[Path]:
    names: Mapping[str, os.DirEntry[str]] = {entry.name: entry for entry in os.scandir(folder)}
    return [folder / name for name in sorted(names) if not name.startswith(".") and names[name].is_dir()]


def _versions(model: Path) -> list[PackageAt]:
    if (model / POINTER).is_file():
        return [PackageAt(resolved(model), model.name, deployed_version(model))]
    if holds_model(model):
        return [PackageAt(model, model.name, UNVERSIONED)]
    return [PackageAt(one, model.name, one.name) for one in _folders(model) if holds_model(one)]
