"""A handful of files that belong together, in memory or in a folder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from mainspring.core.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Files:
    """Files by their relative name, with ``/``. They are read when they are asked for.

    Example:
        >>> files = Files({"a.txt": b"1", "native/b.txt": b"2"})
        >>> files.under("native").read("b.txt")
        b'2'
    """

    content: Mapping[str, bytes | Path]

    @classmethod
    def in_folder(cls, folder: Path) -> Self:
        """All files of a folder, as they lie there."""
        paths = (path for path in folder.rglob("*") if path.is_file())
        return cls({path.relative_to(folder).as_posix(): path for path in sorted(paths)})

    @property
    def names(self) -> tuple[str, ...]:
        """The names, sorted."""
        return tuple(sorted(self.content))

    def read(self, name: str) -> bytes:
        """The bytes of a file.

        Raises:
            NotFoundError: If there is none of that name.
        """
        found = self.content.get(name)
        if found is None:
            raise NotFoundError(f"there is no file {name!r}", expected="one of " + ", ".join(self.names))
        return found if isinstance(found, bytes) else found.read_bytes()

    def text(self, name: str) -> str:
        """The text of a file in UTF-8.

        Raises:
            NotFoundError: If there is none of that name.
        """
        return self.read(name).decode("utf-8")

    def size(self, name: str) -> int:
        """How many bytes a file has."""
        found = self.content[name]
        return len(found) if isinstance(found, bytes) else found.stat().st_size

    def under(self, folder: str) -> Files:
        """The files below a folder, with names relative to it."""
        start = folder + "/"
        return Files(
            {name.removeprefix(start): found for name, found in self.content.items() if name.startswith(start)}
        )

    def inside(self, folder: str) -> Files:
        """The same files, moved into a folder."""
        return Files({f"{folder}/{name}": found for name, found in self.content.items()})

    def read_all(self) -> Files:
        """The same files, held in memory."""
        return Files({name: self.read(name) for name in self.names})

    def merged(self, other: Files) -> Files:
        """These and those; those win."""
        return Files({**self.content, **other.content})

    def write(self, folder: Path) -> None:
        """Write all files into an existing folder."""
        for name in self.names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.read(name))

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """A folder with these files, for as long as the block runs."""
        with tempfile.TemporaryDirectory(prefix="mainspring-") as name:
            self.write(Path(name))
            yield Path(name)
