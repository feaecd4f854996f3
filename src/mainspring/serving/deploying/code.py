"""The code of a class that is served: its file, and what it needs of what lies beside it.

That is the modules that it imports, those that these import, and the files that they or its arguments name in a
text. What is found out only while it runs cannot be seen here: whoever needs that names a ``folder``, and all of
it belongs to the class.
"""

from __future__ import annotations

import ast
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from msgspec.structs import replace

from mainspring.core.errors import InputError, NotFoundError
from mainspring.serving.components.options import Component

MOST_FILES = 1_000
"""Of a class, with what lies beside it."""

MOST_BYTES = 64 << 20

_LONGEST_NAME = 200
_CACHED = "__pycache__"
_ENVIRONMENT = "pyvenv.cfg"


@dataclass(frozen=True, kw_only=True)
class Code:
    """The files of a class.

    Attributes:
        root: The folder that they lie in.
        files: Where they lie in it, in order.
    """

    root: Path
    files: tuple[PurePosixPath, ...]

    @property
    def digest(self) -> str:
        """Of names and bytes.

        Raises:
            NotFoundError: If a file cannot be read.
        """
        return digest_of(self.root, self.files)

    def copy(self, target: Path) -> None:
        """Write all of them into a folder that is not there yet."""
        target.mkdir(parents=True)
        for file in self.files:
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.root / file, target / file)


def code_of(component: Component, *, whole: bool = False) -> Code | None:
    """The files of a class.

    Args:
        component: The class, its paths absolute.
        whole: Whether all of its folder belongs to it.

    Returns:
        Its files; ``None`` for a module of the interpreter, which stays where it is.

    Raises:
        NotFoundError: If its file is not there.
        InputError: If it has too many, or they are too large.
    """
    if component.file is not None and not component.file.is_file():
        raise NotFoundError(f"there is no {component.file}", expected="the file of the class")
    place, folder = _plain(component.place), _plain(component.folder)
    inside = place.is_relative_to(folder)
    if component.file is None and not (inside and place.suffix == ".py"):
        return None
    found = _Files(folder if inside else place.parent)
    if whole and inside:
        found.add_folder(found.root)
    if component.file is None:
        found.add_module(component.entry.rpartition(":")[0])
    found.add(place)
    found.add_named(component.arguments)
    return Code(root=found.root, files=tuple(sorted(found.files)))


def moved(component: Component, target: Path) -> Component:
    """The class with its files in another folder; an interpreter stays where it is.

    Args:
        component: The class, its paths absolute. Nothing needs to be there any more.
        target: Where its files lie now.
    """
    if component.file is None:
        return replace(component, folder=str(target))
    file, folder = _plain(component.file), _plain(component.folder)
    inside = file.is_relative_to(folder)
    placed = target / file.relative_to(folder if inside else file.parent)
    name = component.entry.rpartition(":")[2]
    return replace(component, entry=f"{placed}:{name}", folder=str(target) if inside else component.folder)


def digest_of(root: Path, files: tuple[PurePosixPath, ...]) -> str:
    """The digest of some files in a folder: names and bytes, and nothing else.

    Raises:
        NotFoundError: If one cannot be read.
    """
    told = hashlib.blake2b(digest_size=16)
    for file in files:
        try:
            content = (root / file).read_bytes()
        except OSError as error:
            raise NotFoundError(f"it cannot be read: {error}", where=str(root / file)) from error
        name = str(file).encode(errors="surrogateescape")
        told.update(len(name).to_bytes(8, "little") + name + len(content).to_bytes(8, "little") + content)
    return "blake2b:" + told.hexdigest()


class _Files:
    """Gathers files under a folder, each once, and not more than there may be."""

    def __init__(self, root: Path) -> None:
        self.root, self.files, self.bytes = root, set[PurePosixPath](), 0

    def add(self, path: Path) -> None:
        """A file; of a module, also what it imports and names."""
        name = PurePosixPath(path.relative_to(self.root).as_posix())
        if name in self.files:
            return
        try:
            self.bytes += path.stat().st_size
        except OSError as error:
            raise NotFoundError(f"it cannot be read: {error}", where=str(path)) from error
        self.files.add(name)
        if len(self.files) > MOST_FILES or self.bytes > MOST_BYTES:
            raise InputError(
                f"the class has more than {MOST_FILES} files or {MOST_BYTES >> 20} MiB beside it",
                where=str(self.root),
                fix="put it, and what it needs, into a folder of its own",
            )
        if path.suffix == ".py":
            self._follow(path)

    def add_folder(self, folder: Path) -> None:
        """Everything in a folder but hidden files, environments and what Python keeps for itself."""
        for place, names, files in os.walk(folder):
            names[:] = sorted(
                name
                for name in names
                if name != _CACHED and not name.startswith(".") and not Path(place, name, _ENVIRONMENT).exists()
            )
            for name in sorted(files):
                path = Path(place, name)
                if not name.startswith(".") and path.is_file():
                    self.add(path)

    def add_module(self, name: str) -> None:
        """A module beside the class: its file, or all of its package."""
        first = name.partition(".")[0]
        if (self.root / f"{first}.py").is_file():
            self.add(self.root / f"{first}.py")
        package = self.root / first
        if package.is_dir() and first.isidentifier() and any(package.rglob("*.py")):
            self.add_folder(package)

    def add_named(self, values: Mapping[str, Any]) -> None:
        """The files that the arguments of a class name."""
        for text in _texts(values):
            self._add_if_there(text)

    def _follow(self, path: Path) -> None:
        """What a module imports of what lies beside it, and which files it names."""
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError, RecursionError, OSError):
            return  # whoever loads it says what is wrong
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for one in node.names:
                    self.add_module(one.name)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                self.add_module(node.module)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                self._add_if_there(node.value)

    def _add_if_there(self, text: str) -> None:
        """A file, or a module, that a text names."""
        if not text or len(text) > _LONGEST_NAME or not text.isprintable():
            return
        parts = PurePosixPath(text).parts
        if not parts or ".." in parts or parts[0] == "/":
            return
        if (self.root / text).is_file():
            self.add(self.root / text)
        elif text.replace(".", "").isidentifier() and (self.root / f"{parts[0].partition('.')[0]}.py").is_file():
            self.add_module(text)


def _plain(place: Path | str) -> Path:
    """A path without ``..`` in it; links stay as they are."""
    return Path(os.path.normpath(place))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
