"""Fields of a file that people write: each is read alone, so that one mistake does not hide the next."""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec

from mainspring.core.errors import InputError
from mainspring.serving.deploying.document import Document, Path
from mainspring.serving.deploying.problems import Problem

T = TypeVar("T")

VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""A variable of the environment."""

_LARGEST = (1 << 63) - 1
_PLACE = re.compile(r"^(?P<said>.*?)(?: - at `(?P<place>[^`]*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[(\d+)\]")
_KINDS = re.compile(r"Expected `(.+)`, got `(.+)`")
"""What msgspec says of a value of another kind."""
_WORDS: Final = {
    "array": "a list: [one, another]",
    "bool": "true or false",
    "float": "a number",
    "int": "a whole number",
    "null": "nothing",
    "object": "fields: {name: value}",
    "str": "a text",
}


@dataclass(frozen=True, slots=True)
class Option:
    """A field that a file may give.

    Attributes:
        name: In Python.
        called: In the file.
        type: What it takes.
        required: Whether it must be given.
    """

    name: str
    called: str
    type: Any
    required: bool


def options_of(kind: type[Any]) -> dict[str, Option]:
    """The fields of a struct or a dataclass, by what they are called in files."""
    if issubclass(kind, msgspec.Struct):
        fields = msgspec.structs.fields(kind)
        return {one.encode_name: Option(one.name, one.encode_name, one.type, one.required) for one in fields}
    hints = typing.get_type_hints(kind)
    return {
        one.name: Option(one.name, one.name, hints[one.name], _is_required(one))
        for one in dataclasses.fields(kind)
        if one.init
    }


class Reader:
    """Reads a file field by field.

    Args:
        document: The file.
        environment: Where ``${NAME}`` is looked up.

    Attributes:
        problems: What is wrong, as far as it was read.
    """

    def __init__(self, document: Document, environment: Mapping[str, str]) -> None:
        self.document, self.environment = document, environment
        self.problems: list[Problem] = []

    def fields(self, kind: type[Any], values: Mapping[str, Any], path: Path) -> dict[str, Any]:
        """The fields of a struct or a dataclass that are in order; what is wrong with the others is noted."""
        known = options_of(kind)
        found = {}
        for name, value in values.items():
            if name not in known:
                close = difflib.get_close_matches(str(name), known, n=1)
                hint = f"did you mean {close[0]!r}?" if close else "one of " + ", ".join(known)
                self.note((*path, name), f"there is no {name!r} here", expected=hint)
                continue
            before = len(self.problems)
            made = self._read(known[name].type, value, (*path, name))
            if len(self.problems) == before:
                found[known[name].name] = made
        return found

    def _read(self, kind: Any, value: Any, path: Path) -> Any:
        inner, each = _nested(kind), _of_each(kind)
        if inner is not None and isinstance(value, dict):
            before = len(self.problems)
            given = self.fields(inner, value, path)
            self._require(inner, value, path)
            return self.made(inner, given, path) if len(self.problems) == before else None
        if each is not None and isinstance(value, dict):
            return {name: self._read(each, one, (*path, name)) for name, one in value.items()}
        return self._converted(value, kind, path)

    def made(self, kind: type[T], fields: dict[str, Any], path: Path) -> T | None:
        """A struct or dataclass of its fields; ``None`` if it refuses them, which is noted."""
        try:
            return kind(**fields)
        except (TypeError, ValueError) as error:
            self.note(path, str(error))
        except InputError as error:
            self.note(path, error.found, expected=error.expected or "", fix=error.fix or "")
        return None

    def filled(self, value: Any, path: Path) -> Any:
        """The value with every ``${NAME}`` in it filled in."""
        if isinstance(value, dict):
            return {key: self.filled(each, (*path, key)) for key, each in value.items()}
        if isinstance(value, list):
            return [self.filled(each, (*path, number)) for number, each in enumerate(value)]
        if isinstance(value, float) and not math.isfinite(value):
            self.note(path, f"{path[-1]} is {value}", expected="a number")
            return None
        if isinstance(value, int) and abs(value) > _LARGEST:
            self.note(path, f"{path[-1]} is a number of {len(str(value))} digits", expected="64 bits")
            return None
        if value is None or isinstance(value, bool | int | float):
            return value
        if not isinstance(value, str):
            found = f"{path[-1]} is {type(value).__name__}, which JSON does not know"
            self.note(path, found, expected="a text: in quotes")
            return None
        for name in sorted(set(VARIABLE.findall(value)) - self.environment.keys()):
            self.note(path, f"the variable {name} of the environment is not set", fix=f"export {name}=…")
        return VARIABLE.sub(lambda found: self.environment.get(found[1], found[0]), value)

    def note(self, path: Path, found: str, *, expected: str = "", fix: str = "") -> None:
        """Note something that is wrong."""
        self.problems.append(self.document.problem(path, found, expected=expected, fix=fix))

    def _require(self, kind: type[Any], values: Mapping[str, Any], path: Path) -> None:
        for name, option in options_of(kind).items():
            if option.required and name not in values:
                self.note(path, f"{path[-1]} does not say {name}", expected=f"{name}: …")

    def _converted(self, value: Any, kind: Any, path: Path) -> Any:
        try:
            # Not strictly: a variable is a text, and so is 4e9 in YAML.
            return msgspec.convert(value, kind, strict=False)
        except msgspec.ValidationError as error:
            self._wrong(str(error), path)
        except InputError as error:
            self.note(path, error.found, expected=error.expected or "", fix=error.fix or "")
        except TypeError:
            return value  # several kinds of objects are allowed: the class itself tells them apart
        return None

    def _wrong(self, said: str, path: Path) -> None:
        """Note what msgspec says, at the place that it names."""
        match = _PLACE.match(said)
        text, place = (said, "") if match is None else (match["said"], match["place"] or "")
        steps = [int(step[2]) if step[1] is None else step[1] for step in _STEP.finditer(place)]
        told = ".".join(str(one) for one in (*path[-1:], *steps))
        kinds = _KINDS.match(text)
        if kinds is None:
            self.note((*path, *steps), f"{told}: {text[:1].lower()}{text[1:]}")
        else:
            wanted, given = map(_in_words, kinds.groups())
            self.note((*path, *steps), f"{told} is {given.partition(':')[0]}", expected=wanted)


def _in_words(kinds: str) -> str:
    """Kinds of values as people call them."""
    return " or ".join(_WORDS.get(one, one) for one in kinds.split(" | "))


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _nested(kind: Any) -> type[Any] | None:
    """The struct or dataclass that a field is, if it is one, or may be left out."""
    several = [one for one in typing.get_args(kind) or (kind,) if one is not type(None)]
    one = several[0] if len(several) == 1 else None
    return one if _has_fields(one) else None


def _of_each(kind: Any) -> type[Any] | None:
    """The struct or dataclass that the values of a mapping are."""
    given = typing.get_args(kind)
    is_mapping = typing.get_origin(kind) in (dict, Mapping) and len(given) == 2
    return given[1] if is_mapping and _has_fields(given[1]) else None


def _has_fields(kind: Any) -> bool:
    return isinstance(kind, type) and (issubclass(kind, msgspec.Struct) or dataclasses.is_dataclass(kind))
