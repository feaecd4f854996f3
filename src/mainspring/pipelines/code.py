"""The identity of a step's code: the function, what it uses in its file, and the project's modules it imports.

Only what the interpreter would run differently counts: see :mod:`mainspring.pipelines.sources`.
"""

from __future__ import annotations

import builtins
import dataclasses
import enum
import functools
import importlib.util
import json
import re
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from types import FunctionType, MethodType, ModuleType
from typing import Any

from mainspring.core.digests import digest_bytes, digest_text
from mainspring.core.plugins import load_string
from mainspring.pipelines.sources import globals_of, read_source, source_of


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

    def joined(self, other: Code) -> Code:
        """This code and another."""
        return Code(
            parts=dict(sorted({**self.parts, **other.parts}.items())),
            distributions=dict(sorted({**self.distributions, **other.distributions}.items())),
            files=self.files | other.files,
        )


def code_of(function: Callable[..., Any], requires: tuple[str, ...] = ()) -> Code:
    """The code that a function runs: itself, the first-party names it uses, and what those import.

    Args:
        function: A function defined in a file, or in a cell of a notebook.
        requires: Distributions to count in addition.
    """
    walk = _Walk()
    walk.callable("", "", function)
    walk.imports.update(requires)
    versions = {name: _version(name) for name in walk.imports}
    return Code(
        parts=dict(sorted(walk.parts.items())),
        distributions={name: version for name, version in sorted(versions.items()) if version},
        files=frozenset(walk.files),
    )


def named_code(parameters: Mapping[str, Any]) -> Code:
    """The user's own code that parameters name by import strings, such as ``features:prepare``.

    Args:
        parameters: JSON values by argument; texts in lists and objects count too.
    """
    walk = _Walk()
    for target in sorted(set(_import_strings(parameters.values()))):
        module = target.partition(":")[0]
        if not is_first_party(_file_of(module)):
            continue
        try:
            walk.value(module, target, load_string(target))
        except (ImportError, AttributeError):  # then the step says so
            continue
    versions = {name: _version(name) for name in walk.imports}
    return Code(
        parts=dict(sorted(walk.parts.items())),
        distributions={name: version for name, version in sorted(versions.items()) if version},
        files=frozenset(walk.files),
    )


def _import_strings(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, list):
            yield from _import_strings(value)
        elif isinstance(value, dict):
            yield from _import_strings(value.values())
        elif isinstance(value, str) and _IMPORT_STRING.fullmatch(value):
            yield value


class _Walk:
    """Follows names from a function through the user's own code."""

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}
        self.imports: set[str] = set()
        self.files: set[Path] = set()
        self._seen: dict[int, object] = {}  # by identity; the values are kept, so that no identity is used twice

    def _is_new(self, value: object) -> bool:
        known = id(value) in self._seen
        self._seen[id(value)] = value
        return not known

    def _put(self, label: str, digest: str) -> None:
        known = self.parts.get(label)
        # Two closures of one function have one name.
        self.parts[label] = digest if known in (None, digest) else digest_text(f"{known} {digest}")

    def callable(self, module: str, label: str, value: Any) -> None:
        """A function, or something that wraps functions: a decorated or a partial function, a step, a method."""
        while value is not None and self._is_new(value):
            if isinstance(value, FunctionType):
                self._function(value)
            elif isinstance(value, functools.partial):
                self.value(module, f"{label}.args", [*value.args, dict(value.keywords)])
                self.callable(module, label, value.func)
            elif isinstance(value, MethodType):
                self.callable(module, label, value.__func__)
            value = getattr(value, "__wrapped__", None)

    def _function(self, function: FunctionType) -> None:
        module, code = str(function.__globals__.get("__name__")), function.__code__
        label = f"{module}:{code.co_qualname}"
        source = source_of(function)
        self._put(label, source.digest)
        if not _is_own(module):
            # A step of an installed distribution: its version stands for the rest of its code.
            self._import(module)
            return
        self._remember(module)
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            try:
                self.value(module, f"{label}.{name}", cell.cell_contents)
            except ValueError:  # not filled yet
                continue
        for name in sorted(globals_of(code) | source.header):
            if name in function.__globals__ and getattr(builtins, name, None) is not function.__globals__[name]:
                self.value(module, f"{module}:{name}", function.__globals__[name])
        self._import_all(source.imports)

    def value(self, module: str, label: str, value: Any) -> None:
        """Whatever a name of a module holds."""
        if isinstance(value, ModuleType):
            self._import(value.__name__)
        elif isinstance(value, type):
            self._class(module, value)
        elif isinstance(value, FunctionType | MethodType | functools.partial) or _wraps(value):
            owner = getattr(value, "__module__", module)
            if owner in (module, "functools"):
                self.callable(module, label, value)
            else:
                self._import(owner)
        else:
            self._constant(module, label, value)

    def _class(self, module: str, value: type) -> None:
        if value.__module__ != module or not _is_own(module):
            self._import(value.__module__)
        elif self._is_new(value):
            source = source_of(value)
            self._put(f"{module}:{value.__qualname__}", source.digest)
            scope = vars(sys.modules[module])
            for name in sorted(source.names):
                if name in scope and getattr(builtins, name, None) is not scope[name]:
                    self.value(module, f"{module}:{name}", scope[name])
            self._import_all(source.imports)

    def _constant(self, module: str, label: str, value: Any) -> None:
        text = _as_text(value)
        if text is not None:
            self._put(label, digest_text(text))
        elif isinstance(value, dict | list | tuple | set | frozenset) and self._is_new(value):
            for key, item in _items(value):
                self.value(module, f"{label}[{key}]", item)
        elif dataclasses.is_dataclass(value) and self._is_new(value):
            self._class(module, type(value))
            for one in dataclasses.fields(value):
                self.value(module, f"{label}.{one.name}", getattr(value, one.name))
        elif hasattr(value, "tobytes"):
            self._put(label, digest_bytes(value.tobytes()))
        elif type(value).__module__ != "builtins":
            self._class(module, type(value))

    def _import_all(self, names: tuple[str, ...]) -> None:
        for name in names:
            self._import(name, perhaps="." in name)

    def _import(self, name: str, *, perhaps: bool = False) -> None:
        """A module; ``perhaps`` it is none, but a name in one, which was followed already."""
        file = _file_of(name)
        if file is None or not is_first_party(file):
            top = name.partition(".")[0]
            if not perhaps and top not in sys.stdlib_module_names:
                self.imports.add(top)
            return
        if name in self.parts:
            return
        package = name if file.endswith("__init__.py") else name.rpartition(".")[0]
        source = read_source(Path(file).read_text(encoding="utf-8"), package)
        self.parts[name] = source.digest
        self.files.add(Path(file).resolve())
        if package and package != name:
            self._import(package)
        self._import_all(source.imports)

    def _remember(self, module: str) -> None:
        file = _file_of(module)
        if file:
            self.files.add(Path(file).resolve())


def _wraps(value: Any) -> bool:
    return callable(value) and isinstance(getattr(value, "__wrapped__", None), FunctionType)


def _as_text(value: Any) -> str | None:
    """A constant as a text that is the same in every process; ``None`` if it is not that simple."""
    try:
        return json.dumps(value, sort_keys=True)
    except (TypeError, ValueError):
        pass
    if isinstance(value, bytes | complex | range | PurePath | re.Pattern | enum.Enum):
        return f"{type(value).__qualname__} {value!r}"
    return None


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((repr(key), item) for key, item in value.items())
    elif isinstance(value, set | frozenset):
        yield "", sorted(map(repr, value))
    else:
        yield from ((str(place), item) for place, item in enumerate(value))


_IMPORT_STRING = re.compile(r"[A-Za-z_]\w*(\.\w+)*:[A-Za-z_]\w*(\.\w+)*")
_STDLIB = tuple(f"{Path(sysconfig.get_paths()[name]).resolve()}/" for name in ("stdlib", "platstdlib"))
_OURS = f"{Path(__file__).resolve().parents[1]}/"


@functools.lru_cache(maxsize=4096)
def is_first_party(path: str | None) -> bool:
    """Whether a file is the user's own: neither of the standard library nor installed."""
    if not path or path.startswith("<"):
        return False
    resolved = Path(path).resolve()
    if not {"site-packages", "dist-packages"}.isdisjoint(resolved.parts):
        return False
    return not str(resolved).startswith((*_STDLIB, _OURS))


def _is_own(module: str) -> bool:
    """Whether a module is the user's own; a notebook has no file."""
    file = getattr(sys.modules.get(module), "__file__", None)
    return is_first_party(file) if file else module == "__main__"


def _file_of(name: str) -> str | None:
    """The file of a module, imported or not, without importing it."""
    module = sys.modules.get(name)
    if module is not None:
        found = getattr(module, "__file__", None)
    else:
        parent, _, own = name.rpartition(".")
        found = _file_below(parent, own) if parent else _origin(name)
    return found if found and found.endswith(".py") else None


def _file_below(parent: str, name: str) -> str | None:
    package = _file_of(parent)
    if package is None or not package.endswith("__init__.py") or not is_first_party(package):
        return None
    folder = Path(package).parent
    candidates = (folder / name / "__init__.py", folder / f"{name}.py")
    return next((str(one) for one in candidates if one.is_file()), None)


def _origin(name: str) -> str | None:
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    return spec.origin if spec else None


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
    if name == "mainspring":
        return str(sys.modules[name].__version__)
    import importlib.metadata

    try:
        return importlib.metadata.version(_NAMES.get(name, name))
    except importlib.metadata.PackageNotFoundError:
        return getattr(sys.modules.get(name), "__version__", None)


def environment() -> Mapping[str, str]:
    """What the interpreter is: part of every cache key."""
    return {"python": f"{sys.version_info.major}.{sys.version_info.minor}", "platform": sys.platform}
