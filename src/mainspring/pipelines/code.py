"""The identity of a step's code: the function, what it uses in its file, and the project's modules it imports.

Comments, blank lines and docstrings do not count: only what the interpreter would run differently does.
"""

from __future__ import annotations

import ast
import builtins
import functools
import importlib.metadata
import inspect
import json
import sys
import sysconfig
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from mainspring.core.digests import digest_bytes, digest_text

_OUTSIDE = tuple(
    str(Path(sysconfig.get_paths()[name]).resolve()) for name in ("stdlib", "platstdlib", "purelib", "platlib")
)


@dataclass(frozen=True, slots=True)
class Code:
    """What decides how a step behaves, as far as code goes.

    Attributes:
        parts: Name of a function, constant or module, to the digest of its normalised source.
        distributions: Name of an installed distribution that the code imports, to its version.
        files: The files of the project that took part.
    """

    parts: Mapping[str, str]
    distributions: Mapping[str, str]
    files: frozenset[Path] = field(default_factory=frozenset)


def code_of(function: Callable[..., Any], requires: tuple[str, ...] = ()) -> Code:
    """The code that a function runs: itself, the first-party names it uses, and what those import.

    Args:
        function: A function defined in a file (or a cell of a notebook).
        requires: Distributions to count in addition.
    """
    walk = _Walk()
    walk.function(inspect.unwrap(function))
    for name in requires:
        walk.imports.add(name)
    versions = {name: _version(name) for name in walk.imports}
    return Code(
        parts=dict(sorted(walk.parts.items())),
        distributions={name: version for name, version in sorted(versions.items()) if version},
        files=frozenset(walk.files),
    )


def is_first_party(path: str | None) -> bool:
    """Whether a file is the user's own: neither of the standard library nor installed."""
    if not path or path.startswith("<frozen"):
        return False
    resolved = str(Path(path).resolve())
    return not resolved.startswith(_OUTSIDE) and not resolved.startswith(_OURS)


_OURS = str(Path(__file__).resolve().parents[1])


class _Walk:
    """Follows names from a function through the user's own code."""

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}
        self.imports: set[str] = set()
        self.files: set[Path] = set()

    def function(self, function: Callable[..., Any]) -> None:
        module = sys.modules.get(function.__module__)
        label = f"{function.__module__}:{function.__qualname__}"
        if label in self.parts:
            return
        source = _source(function)
        self.parts[label] = _digest_of_source(source)
        if not is_first_party(_file_of(module)):
            # A step of an installed distribution: its version stands for the rest of its code.
            self.imports.add(function.__module__.partition(".")[0])
            return
        self._remember_file(module)
        scope = dict(getattr(function, "__globals__", {}))
        code = getattr(function, "__code__", None)
        if isinstance(function, FunctionType):
            scope |= dict(inspect.getclosurevars(function).nonlocals)
        names = set(_names(code)) if code else set(_names_in_source(source))
        for name in sorted(names):
            if name in scope:
                self._value(function.__module__, name, scope[name])
        for target in _imported_in(source):
            self._import(target)

    def _value(self, module: str, name: str, value: Any) -> None:
        value = inspect.unwrap(value) if callable(value) and not isinstance(value, type) else value
        if isinstance(value, ModuleType):
            self._import(value.__name__)
        elif isinstance(value, (FunctionType, type)):
            owner = sys.modules.get(value.__module__)
            if owner is None or value.__module__ == "builtins":
                return
            if value.__module__ == module and is_first_party(_file_of(owner)):
                self._definition(value)
            else:
                self._import(value.__module__)
        elif getattr(builtins, name, None) is not value:
            self._constant(module, name, value)

    def _definition(self, value: Any) -> None:
        if isinstance(value, FunctionType):
            self.function(value)
            return
        label = f"{value.__module__}:{value.__qualname__}"
        if label in self.parts:
            return
        source = _source(value)
        self.parts[label] = _digest_of_source(source)
        scope = vars(sys.modules[value.__module__])
        for name in sorted(set(_names_in_source(source))):
            if name in scope and scope[name] is not value:
                self._value(value.__module__, name, scope[name])

    def _constant(self, module: str, name: str, value: Any) -> None:
        try:
            text = json.dumps(value, sort_keys=True)
        except (TypeError, ValueError):
            owner = getattr(type(value), "__module__", "")
            if owner != "builtins":
                self._import(owner)
            return
        self.parts[f"{module}:{name}"] = digest_text(text)

    def _import(self, name: str) -> None:
        module = sys.modules.get(name)
        path = _file_of(module)
        if module is None or path is None or not is_first_party(path):
            top = name.partition(".")[0]
            if top not in sys.stdlib_module_names:
                self.imports.add(top)
            return
        if name in self.parts:
            return
        text = Path(path).read_text(encoding="utf-8")
        self.parts[name] = _digest_of_source(text)
        self._remember_file(module)
        for target in _imported_in(text, package=module.__package__ or ""):
            if target in sys.modules or target.partition(".")[0] not in sys.modules:
                self._import(target)

    def _remember_file(self, module: ModuleType | None) -> None:
        path = _file_of(module)
        if path:
            self.files.add(Path(path).resolve())


def _file_of(module: ModuleType | None) -> str | None:
    path = getattr(module, "__file__", None)
    return path if path and path.endswith(".py") else None


def _source(value: Any) -> str:
    try:
        return textwrap.dedent(inspect.getsource(value))
    except (OSError, TypeError):
        code = getattr(value, "__code__", None)
        return digest_bytes(code.co_code + repr(code.co_consts).encode()) if code else repr(value)


def _digest_of_source(source: str) -> str:
    return digest_text(_normalised(source))


@functools.lru_cache(maxsize=1024)
def _normalised(source: str) -> str:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.decorator_list = []
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    yield from code.co_freevars
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _names_in_source(source: str) -> Iterator[str]:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id


def _imported_in(source: str, package: str = "") -> Iterator[str]:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join([*parts[: len(parts) - node.level + 1], *([base] if base else [])])
            if base:
                yield base
            for alias in node.names:
                if f"{base}.{alias.name}" in sys.modules:
                    yield f"{base}.{alias.name}"


_NAMES = {
    "sklearn": "scikit-learn",
    "yaml": "PyYAML",
    "PIL": "Pillow",
    "cv2": "opencv-python",
    "skimage": "scikit-image",
}


@functools.cache
def _version(name: str) -> str | None:
    """The version of the distribution that brings a top-level module (or of that name)."""
    try:
        return importlib.metadata.version(_NAMES.get(name, name))
    except importlib.metadata.PackageNotFoundError:
        return getattr(sys.modules.get(name), "__version__", None)


def environment() -> Mapping[str, str]:
    """What the interpreter is: part of every cache key."""
    return {"python": f"{sys.version_info.major}.{sys.version_info.minor}", "platform": sys.platform}
