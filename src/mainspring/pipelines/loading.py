"""Loading the user's own files: a pipeline from a path, a step's function from a reference."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from mainspring.core.errors import InputError, NotFoundError
from mainspring.pipelines.code import is_first_party
from mainspring.pipelines.pipeline import Pipeline
from mainspring.pipelines.places import place_in
from mainspring.pipelines.ports import FunctionRef
from mainspring.pipelines.steps import Step


def load_module(file: Path, root: Path | None = None) -> ModuleType:
    """Import a file as a module named after it; its neighbours in ``root`` can be imported from it.

    Raises:
        NotFoundError: If there is no such file.
        InputError: If it cannot be imported; the cause is the exception it raised.
    """
    file = file.resolve()
    if not file.is_file():
        raise NotFoundError(f"there is no file {file}", fix="run `mainspring init`, or name the file: --file FILE")
    folder = str((root or file.parent).resolve())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    loaded = sys.modules.get(file.stem)
    if loaded is not None and _is(loaded, file):
        return loaded
    name = file.stem if loaded is None else f"_mainspring_{file.stem}"
    loader = _AsItIs(name, str(file))
    spec = importlib.util.spec_from_file_location(name, file, loader=loader)
    if spec is None or file.suffix != ".py":
        raise InputError(f"{file} is not a Python file", expected="a file that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, Exception):
            raise InputError(f"{type(error).__name__}: {error}", where=place_in(error, file)) from error
        raise
    return module


def load_pipeline(file: Path, name: str | None = None, root: Path | None = None) -> Pipeline[...]:
    """The pipeline of a file: the one of that name, or the only one there is.

    Raises:
        InputError: If there is none, or several and no name is given.
    """
    found = pipelines_in(load_module(file, root))
    if name is None and len(found) == 1:
        return found[0]
    for one in found:
        if name in {one.name, one.__name__}:
            return one
    names = ", ".join(one.name for one in found) or "none"
    raise InputError(
        f"the pipelines in {file.name} are: {names}",
        expected=f"one named {name!r}" if name else "exactly one, or a name",
        fix="mark a function with @pipeline" if not found else "name one: mainspring run --pipeline NAME",
    )


def pipelines_in(module: ModuleType) -> Sequence[Pipeline[...]]:
    """Every pipeline that a module defines, in the order of definition."""
    return [value for value in vars(module).values() if isinstance(value, Pipeline)]


@functools.lru_cache(maxsize=1024)
def reference_to(function: Callable[..., Any], root: Path | None) -> FunctionRef:
    """How another process finds a function."""
    module = sys.modules.get(function.__module__)
    file = getattr(module, "__file__", None)
    own = file is not None and (is_first_party(file) or function.__module__ == "__main__")
    return FunctionRef(
        module=function.__module__,
        name=function.__qualname__,
        file=str(Path(file).resolve()) if own and file else None,
        root=str(root) if root else None,
    )


def resolve(reference: FunctionRef) -> Step[..., Any]:
    """The step that a reference means.

    Raises:
        InputError: If the function is defined inside another function, or in a notebook.
    """
    lost = InputError(
        f"{reference.name} cannot be found from another process",
        expected="a function at the top of a file",
        fix='move it there, or run the step with isolation="thread"',
    )
    if "<locals>" in reference.name or (reference.module == "__main__" and reference.file is None):
        raise lost
    if reference.file and reference.module not in sys.modules:
        module = load_module(Path(reference.file), Path(reference.root) if reference.root else None)
    else:
        module = importlib.import_module(reference.module)
    found: Any = module
    for part in reference.name.split("."):
        found = getattr(found, part, None)
        if found is None:  # made by `exec`, or not there any more
            raise lost
    return found if isinstance(found, Step) else Step(found)


def _is(module: ModuleType, file: Path) -> bool:
    known = getattr(module, "__file__", None)
    return known is not None and Path(known).resolve() == file


class _AsItIs(SourceFileLoader):
    """Loads a file as it is, and no compiled form: that of a text of the same size and second would do."""

    def path_stats(self, path: str) -> Mapping[str, Any]:
        """Nothing is known of the file, so that nothing compiled is taken for it."""
        raise OSError(path)

    def set_data(self, path: str, data: Any, *, _mode: int = 0o666) -> None:
        """Keep nothing."""
