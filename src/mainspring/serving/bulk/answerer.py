"""What answers a run: a package in this process and in workers, or a server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from mainspring.core.digests import digest_bytes, digest_file
from mainspring.models.files import Files
from mainspring.models.package import Package
from mainspring.models.signature import Signature
from mainspring.serving.bulk.expectations import Expectations, expectations_of
from mainspring.serving.bulk.scoring import PackageScorer, Scorer, changing
from mainspring.store.manifests import to_bytes
from mainspring.store.ports import BlobEntry


class Answerer(Protocol):
    """A model with a name, ready to be asked.

    Promises: name, version, digest and signature do not change while it is used.
    """

    @property
    def name(self) -> str:
        """The name of the model."""
        ...

    @property
    def version(self) -> str:
        """Its version."""
        ...

    @property
    def digest(self) -> str:
        """The digest of its package; the address of a server that does not tell it."""
        ...

    @property
    def signature(self) -> Signature:
        """What it asks for and answers."""
        ...

    @property
    def asserting(self) -> bool:
        """Whether answers tell of assertions."""
        ...

    @property
    def changing(self) -> bool:
        """Whether it tells its own answers where assertions change them."""
        ...

    @property
    def expectations(self) -> Expectations:
        """What is known of its training data."""
        ...

    @property
    def connections(self) -> int:
        """How many requests are under way at a time; 0 for what is no server."""
        ...

    def open(self) -> Scorer:
        """Make it ready in this process."""
        ...

    def folder(self, work: Path) -> Path | None:
        """The folder from which other processes load it, made below ``work`` if need be; ``None`` for a server."""
        ...


class PackageAnswerer:
    """A package under a name.

    Args:
        package: The package.
        name: The name of its model.
        version: Its version.
        digest: Its digest; reckoned if it is not known.
    """

    connections = 0

    def __init__(self, package: Package, *, name: str = "", version: str = "", digest: str = "") -> None:
        self.package = package
        self.name, self.version = name, version
        self.digest = digest or digest_of(package.files)
        self.signature = package.signature
        self.expectations = expectations_of(package.signature, package.details)

    @property
    def asserting(self) -> bool:
        """Whether it has assertions."""
        return bool(self.package.assertions)

    @property
    def changing(self) -> bool:
        """Whether one of them may change an answer."""
        return changing(self.package.assertions)

    def open(self) -> Scorer:
        """Load the model."""
        return PackageScorer(self.package)

    def folder(self, work: Path) -> Path | None:
        """Where its files lie, or a copy of them."""
        files = self.package.files
        place = _common(files)
        if place is None:
            place = work / "package"
            if not place.is_dir():
                place.mkdir()
                self.package.save(place)
        return place


def digest_of(files: Files) -> str:
    """The digest that files have as a folder in a blob store.

    Example:
        >>> digest_of(Files({"a.txt": b"1"}))[:15]
        'sha256:0aa7ea6b'
    """
    entries = []
    for name in files.names:
        found = files.content[name]
        digest = digest_bytes(found) if isinstance(found, bytes) else digest_file(found)
        entries.append(BlobEntry(name, digest, files.size(name)))
    return digest_bytes(to_bytes(entries))


def _common(files: Files) -> Path | None:
    """The folder in which all files lie under their names; ``None`` if there is none."""
    places: Sequence[Path] = [path for path in files.content.values() if isinstance(path, Path)]
    if len(places) < len(files.names) or not places:
        return None
    name, first = next(iter((name, path) for name, path in files.content.items() if isinstance(path, Path)))
    folder = first.parents[name.count("/")]
    return folder if all(folder / name == path for name, path in files.content.items()) else None
