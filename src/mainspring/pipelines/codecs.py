"""From values to bytes and back: how what a step returns becomes an artifact. Never by pickle.

========================  ==========================================================
value                     stored as
========================  ==========================================================
``Storable``              what its ``save`` writes
``Path``                  the file or folder it points at
``bytes``                 the bytes
NumPy array               ``.npy`` (no objects)
anything JSON, dataclass  JSON; the annotation of the reader says what it becomes again
========================  ==========================================================
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any

from mainspring.core import plugins
from mainspring.core.artifacts import properties_of
from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.records import Value

JSON = "mainspring.Json"
BYTES = "mainspring.Bytes"
FILE = "mainspring.File"
ARRAY = "mainspring.Array"

_given: dict[str, type] = {}
"""By artifact type, the classes that the steps known in this process name as what they give."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A value as bytes, or as a file or folder on disk, with what the record should know of it."""

    type: str
    data: bytes | None = None
    path: Path | None = None
    properties: Mapping[str, Value] = dataclasses.field(default_factory=dict)


def encode(value: Any, folder: Path, *, where: str) -> Encoded:
    """Encode a value, using ``folder`` (which does not exist yet) if it needs files.

    Raises:
        InputError: If the value is of a type that cannot be stored safely.
    """
    kind = getattr(type(value), "ARTIFACT_TYPE", None)
    if kind is not None:
        folder.mkdir(parents=True)
        value.save(folder)
        return Encoded(kind, path=folder, properties=properties_of(value))
    if isinstance(value, (bytes, bytearray, memoryview)):
        return Encoded(BYTES, data=bytes(value))
    if isinstance(value, Path):
        return Encoded(FILE, path=_copied(value, folder, where), properties={"name": value.name})
    if type(value).__module__ == "numpy" and hasattr(value, "shape") and getattr(value, "ndim", 0) > 0:
        return _array(value, folder, where)
    return _json(value, where)


def _copied(source: Path, folder: Path, where: str) -> Path:
    if not source.exists():
        raise InputError(
            f"{where} gave the path {source}, which does not exist", fix="write the file before returning its path"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, folder)
    else:
        shutil.copyfile(source, folder)
    return folder


def _array(value: Any, folder: Path, where: str) -> Encoded:
    import numpy as np

    if value.dtype.hasobject:
        raise InputError(
            f"{where} gave an array of objects", expected="numbers, text or booleans", fix="return a Table"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.open("wb") as file:
        np.save(file, np.ascontiguousarray(value), allow_pickle=False)
    return Encoded(ARRAY, path=folder, properties={"shape": list(value.shape), "dtype": str(value.dtype)})


def _json(value: Any, where: str) -> Encoded:
    try:
        _refuse_keys(value)
        text = json.dumps(value, default=_plain, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{where} gave {_described(value)}, which cannot be stored: {error}",
            expected="JSON values, a dataclass, bytes, a NumPy array, a Path, or a class with save() and load()",
            fix="give the class an ARTIFACT_TYPE, save(folder) and load(folder): see mainspring.core.Storable",
        ) from error
    if not text.isprintable():  # half a character, as in some names of files, must be escaped
        text = json.dumps(json.loads(text), separators=(",", ":"))
    return Encoded(JSON, data=text.encode("utf-8"), properties=_searchable(value))


def _refuse_keys(value: Any) -> None:
    """JSON would make texts of other keys, and they would stay texts."""
    if isinstance(value, dict):
        wrong = next((key for key in value if not isinstance(key, str)), "")
        if not isinstance(wrong, str):
            raise TypeError(f"the key {wrong!r} is no text")
        for item in value.values():
            _refuse_keys(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _refuse_keys(item)


def _searchable(value: Any) -> Mapping[str, Value]:
    fits = isinstance(value, (bool, float)) or (isinstance(value, int) and abs(value) < 2**63)
    if fits or (isinstance(value, str) and len(value) <= 200 and value.isprintable()):
        return {"value": value}
    return {}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if f.init}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    item = getattr(value, "item", None)
    if type(value).__module__ == "numpy" and callable(item):
        return item() if getattr(value, "ndim", 0) == 0 else value.tolist()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"a {type(value).__name__} is no JSON value")


def _described(value: Any) -> str:
    return f"a {type(value).__module__}.{type(value).__qualname__}"


def decode(type_name: str, path: Path, annotation: Any) -> Any:
    """Read an artifact back.

    Args:
        type_name: The artifact's type.
        path: Its file or folder; read-only.
        annotation: What the reader wants: a class that can load itself, or a dataclass.

    Raises:
        NotFoundError: If nobody knows how to load that type.
    """
    if type_name == JSON:
        return shaped(json.loads(path.read_text(encoding="utf-8")), annotation)
    if type_name == BYTES:
        return path.read_bytes()
    if type_name == FILE:
        return path
    if type_name == ARRAY:
        import numpy as np

        with path.open("rb") as file:
            return np.load(file, allow_pickle=False)
    return loader_of(type_name, annotation).load(path)


def storable_in(annotation: Any) -> Mapping[str, type]:
    """The classes in an annotation that can store themselves, by the artifact type they make."""
    members = [one for one in (annotation, *typing.get_args(annotation)) if isinstance(one, type)]
    kinds = {getattr(one, "ARTIFACT_TYPE", None): one for one in members if hasattr(one, "load")}
    return {kind: one for kind, one in kinds.items() if isinstance(kind, str)}


def remember(annotation: Any) -> None:
    """Let what a step gives be read where the reader does not name its class, only what it can do."""
    _given.update(storable_in(annotation))


def loader_of(type_name: str, annotation: Any = None) -> Any:
    """The class that loads artifacts of a type.

    It is the annotated one if it fits, else one that a step names as what it gives, else one offered by a plugin.
    """
    known = storable_in(annotation).get(type_name) or _given.get(type_name)
    if known is not None:
        return known
    try:
        return plugins.load("artifact_types", type_name)
    except NotFoundError as error:
        raise NotFoundError(
            f"an artifact of type {type_name!r} cannot be loaded: no class is known for it",
            fix="annotate the argument with its class, or offer it by the hook mainspring_artifact_types",
        ) from error


def shaped(value: Any, annotation: Any) -> Any:
    """A JSON value as what an annotation asks for; as it is where the annotation says nothing that JSON lost.

    Example:
        >>> shaped([1, 2], tuple[int, ...]), shaped({"a": ["x"]}, dict[str, set[str]])
        ((1, 2), {'a': {'x'}})
    """
    annotation = _strip_optional(annotation)
    origin, members = typing.get_origin(annotation) or annotation, typing.get_args(annotation)
    if isinstance(value, list):
        return _list(value, origin, members)
    if isinstance(value, dict) and dataclasses.is_dataclass(annotation):
        hints = typing.get_type_hints(annotation)
        fields = {name: shaped(item, hints.get(name)) for name, item in value.items()}
        return typing.cast("Any", annotation)(**fields)
    if isinstance(value, dict) and len(members) == 2:
        return {key: shaped(item, members[1]) for key, item in value.items()}
    if isinstance(origin, type) and value is not None and issubclass(origin, (Enum, Path)):
        return origin(value)
    return value


def _list(value: list[Any], origin: Any, members: tuple[Any, ...]) -> Any:
    if origin is tuple and members and members[-1] is not Ellipsis and len(members) == len(value):
        return tuple(shaped(item, member) for item, member in zip(value, members, strict=True))
    items = [shaped(item, members[0]) for item in value] if members else value
    return origin(items) if origin in (tuple, set, frozenset) else items


def _strip_optional(annotation: Any) -> Any:
    if typing.get_origin(annotation) in (typing.Union, UnionType):
        members = [one for one in typing.get_args(annotation) if one is not NoneType]
        return members[0] if len(members) == 1 else Any
    return annotation
