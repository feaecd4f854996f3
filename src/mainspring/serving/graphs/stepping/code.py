"""Loading the files of a run, apart from any others of the same names."""

from __future__ import annotations

import importlib
import sys
import threading
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from mainspring.core.digests import digest_file
from mainspring.core.errors import InputError, IntegrityError, NotFoundError

_LOCK = threading.RLock()


def load_function(
    folder: Path, function: str, files: Mapping[str, str]
) -> tuple[Callable[..., Any], dict[str, Any]]:
    """A function of a run, with the annotations of its arguments and of what it gives (``return``).

    The files are held to their digests. Their modules are not left among those of the process: several graphs may
    have files of the same names.

    Args:
        folder: Where the files are.
        function: ``module:function``.
        files: The files, relative to the folder, to their digests.

    Raises:
        NotFoundError: If there is no such file or function.
        IntegrityError: If a file is not the one that the run had.
        InputError: If a file cannot be loaded.
    """
    for name, digest in files.items():
        file = folder / name
        if not file.is_file():
            raise NotFoundError("a file of the step is gone", where=str(file))
        if digest_file(file) != digest:
            raise IntegrityError(
                "the file is not the one that the run had", expected=digest, where=str(file), fix="take it anew"
            )
    module, _, name = function.partition(":")
    with _LOCK, _apart(folder, files):
        try:
            found: Any = importlib.import_module(module)
        except Exception as error:
            raise InputError(f"{type(error).__name__}: {error}", where=f"{folder / module}.py") from error
        for part in name.split("."):
            found = getattr(found, part, None)
        while hasattr(found, "__wrapped__"):
            found = found.__wrapped__
        if not callable(found):
            raise NotFoundError(f"there is no function {name} in {module}", where=str(folder))
        return found, typing.get_type_hints(found)


@contextmanager
def _apart(folder: Path, files: Mapping[str, str]) -> Iterator[None]:
    """While it lasts, the modules of these files are those of this folder; afterwards those that were there."""
    finder = _Finder(folder, files)
    before: dict[str, ModuleType] = {name: sys.modules.pop(name) for name in finder.names if name in sys.modules}
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in finder.names:
            sys.modules.pop(name, None)
        sys.modules |= before


class _Finder(MetaPathFinder):
    """Finds the modules of a run, and nothing else."""

    def __init__(self, folder: Path, files: Mapping[str, str]) -> None:
        self._files = {_module(file): folder / file for file in files if file.endswith(".py")}
        self._folders = {
            str(parent).replace("/", "."): folder / parent
            for file in files
            for parent in Path(file).parents
            if parent.name
        }

    @property
    def names(self) -> set[str]:
        """The modules that it finds."""
        return {*self._files, *self._folders}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module of one of the files, or a folder that holds some."""
        _ = path, target
        file, places = self._files.get(fullname), self._folders.get(fullname)
        if file is None and places is None:
            return None
        inner = None if places is None else [str(places)]
        if file is None:
            spec = ModuleSpec(fullname, None, is_package=True)
            spec.submodule_search_locations = inner
            return spec
        return spec_from_file_location(
            fullname, file, loader=_Loader(fullname, str(file)), submodule_search_locations=inner
        )


class _Loader(SourceFileLoader):
    """Loads a file as it is, and no compiled form of it that lies beside: only the file was held to its digest."""

    def path_stats(self, path: str) -> Mapping[str, Any]:
        """Nothing is known of the file, so that nothing compiled is taken for it."""
        raise OSError(path)

    def set_data(self, path: str, data: Any, *, _mode: int = 0o666) -> None:
        """Keep nothing."""


def _module(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
