"""From the text of a deployment file to its declaration, with everything that is wrong with its form."""

from __future__ import annotations

import difflib
import math
import os
import re
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from mainspring.core.errors import InputError
from mainspring.serving.deploying.declaration import WAYS, Declaration, DeclaredModel, Name, is_place
from mainspring.serving.deploying.document import Document, Path, examine
from mainspring.serving.deploying.problems import DeclarationError, Problem

T = TypeVar("T", bound=msgspec.Struct)

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_NAMES = "letters, digits, dot, dash and underscore, such as taxi"
_LARGEST = (1 << 63) - 1
_PLACE = re.compile(r"^(?P<said>.*?)(?: - at `(?P<place>[^`]*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[(\d+)\]")


@dataclass(frozen=True)
class Declared:
    """A deployment file that was read.

    Attributes:
        declaration: What it says, its variables filled in.
        document: What it says, as it lies there.
        unread: Models whose form is so wrong that nothing else can be said of them.
    """

    declaration: Declaration
    document: Document
    unread: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The deployment."""
        return self.declaration.deployment


def read(text: str, name: str, environment: Mapping[str, str] | None = None) -> Declared:
    """Read a deployment file.

    Args:
        text: Its content.
        name: The file, as it is told to people.
        environment: Where ``${NAME}`` is looked up; that of the process by default.

    Raises:
        DeclarationError: With everything that is wrong with its form, and the lines.
    """
    declared, problems = read_as_far(text, name, environment)
    if declared is None or problems:
        raise DeclarationError(problems)
    return declared


def read_as_far(
    text: str, name: str, environment: Mapping[str, str] | None = None
) -> tuple[Declared | None, list[Problem]]:
    """Read a deployment file as far as that goes, so that all that is wrong with it is found at once.

    Args:
        text: Its content.
        name: The file, as it is told to people.
        environment: Where ``${NAME}`` is looked up; that of the process by default.

    Returns:
        What can be read of it, under the file's name if it has none of its own; ``None`` if that is nothing. And
        what is wrong with its form.
    """
    try:
        document, problems = examine(text, name)
    except DeclarationError as error:
        return None, list(error.problems)
    reader = _Reader(document, os.environ if environment is None else environment)
    declaration = reader.declaration()
    problems += reader.problems
    return (None if declaration is None else Declared(declaration, document, tuple(reader.unread))), problems


class _Reader:
    """Reads field by field, so that one mistake does not hide the next."""

    def __init__(self, document: Document, environment: Mapping[str, str]) -> None:
        self.document, self.environment = document, environment
        self.problems: list[Problem] = []
        self.unread: list[str] = []

    def declaration(self) -> Declaration | None:
        plain = self._filled(self.document.plain, ())
        models = plain.pop("models", None)
        if not _is_name(plain.get("deployment", "x")):
            self._note(("deployment",), f"{plain.pop('deployment')!r} cannot name a deployment", expected=_NAMES)
        fields = self._fields(Declaration, plain, ())
        given = self._models(models)
        if "deployment" not in self.document.plain:
            self._note((), "the file does not say which deployment it is", expected="deployment: NAME")
        fields.setdefault("deployment", self.document.name)
        return self._made(Declaration, {**fields, "models": given}, ())

    def _models(self, models: Any) -> dict[str, DeclaredModel]:
        if not isinstance(models, dict):
            self._note(("models",), "the file does not say what is served", expected="models: {NAME: {…}}")
            return {}
        found = {}
        for name, value in models.items():
            if not _is_name(name):
                self._note(("models", name), f"{name!r} cannot name a model", expected=_NAMES)
                continue
            model = self._model(value, ("models", name))
            if model is None:
                self.unread.append(name)
            else:
                found[name] = model
        return found

    def _model(self, value: Any, path: Path) -> DeclaredModel | None:
        """A model, with those of its options that are in order; ``None`` if it does not say what it is."""
        if not isinstance(value, dict):
            self._note(
                path, f"{path[-1]} is {_kind(value)}", expected="its options, such as {model: taxi@production}"
            )
            return None
        fields = self._fields(DeclaredModel, value, path)
        model = self._made(DeclaredModel, fields, path)
        ways = [name for name in WAYS if value.get(name)]
        if len(ways) != 1:
            said = " and ".join(ways) or "none of them"
            self._note(path, f"{path[-1]} has {said}", expected="one of " + ", ".join(WAYS))
        if model is None or len(ways) != 1 or ways[0] not in fields or _VARIABLE.search(str(value[ways[0]])):
            return None
        if is_place(model.model):
            self._note((*path, "model"), f"{model.model} is a place", fix=f"say package: {model.model}")
            return None
        if model.version and (model.model or model.versions):
            known = next(iter(model.references.values()), "")
            self._note(
                (*path, "version"),
                f"{path[-1]} says version, and what it takes has one",
                expected="no version",
                fix=f"say model: {known.partition('@')[0]}:{model.version}" if model.model else "",
            )
        if model.thresholds is not None and model.thresholds.figures and (model.graph or model.component):
            self._note(
                (*path, "thresholds"),
                f"{path[-1]} is no package, and cannot be tried alone",
                expected="thresholds of packages only",
            )
        for option in ("batching", "cache"):
            if model.graph is not None and getattr(model, option) is not None:
                self._note(
                    (*path, option),
                    f"the graph {path[-1]} says {option}",
                    expected=f"{option} of its models",
                    fix=f"move {option} to the models that it shall hold for",
                )
        return model

    def _fields(self, kind: type[msgspec.Struct], values: Mapping[str, Any], path: Path) -> dict[str, Any]:
        """The fields of a struct that are in order; what is wrong with the others is noted."""
        known = {one.encode_name: one for one in msgspec.structs.fields(kind)}
        found = {}
        for name, value in values.items():
            if name not in known:
                close = difflib.get_close_matches(str(name), known, n=1)
                hint = f"did you mean {close[0]!r}?" if close else "one of " + ", ".join(known)
                self._note((*path, name), f"there is no {name!r} here", expected=hint)
                continue
            inner = _struct(known[name].type)
            before = len(self.problems)
            if inner is not None and isinstance(value, dict):
                given = self._fields(inner, value, (*path, name))
                self._require(inner, value, (*path, name))
                made = self._made(inner, given, (*path, name)) if len(self.problems) == before else None
            else:
                made = self._converted(value, known[name].type, (*path, name))
            if len(self.problems) == before:
                found[known[name].name] = made
        return found

    def _require(self, kind: type[msgspec.Struct], values: Mapping[str, Any], path: Path) -> None:
        missing = [one.encode_name for one in msgspec.structs.fields(kind) if one.required]
        for name in missing:
            if name not in values:
                self._note(path, f"{path[-1]} does not say {name}", expected=f"{name}: …")

    def _converted(self, value: Any, kind: Any, path: Path) -> Any:
        try:
            # Not strictly: a variable is a text, and so is 4e9 in YAML.
            return msgspec.convert(value, kind, strict=False)
        except msgspec.ValidationError as error:
            self._wrong(str(error), path)
        except InputError as error:
            self._note(path, error.found, expected=error.expected or "", fix=error.fix or "")
        return None

    def _made(self, kind: type[T], fields: dict[str, Any], path: Path) -> T | None:
        try:
            return kind(**fields)
        except (TypeError, ValueError) as error:
            self._note(path, str(error))
        except InputError as error:
            self._note(path, error.found, expected=error.expected or "", fix=error.fix or "")
        return None

    def _wrong(self, said: str, path: Path) -> None:
        """Note what msgspec says, at the place that it names."""
        match = _PLACE.match(said)
        text, place = (said, "") if match is None else (match["said"], match["place"] or "")
        steps = [int(step[2]) if step[1] is None else step[1] for step in _STEP.finditer(place)]
        told = ".".join(str(one) for one in (*path[-1:], *steps))
        self._note((*path, *steps), f"{told}: {text[:1].lower()}{text[1:]}")

    def _filled(self, value: Any, path: Path) -> Any:
        """The value with every ``${NAME}`` in it filled in."""
        if isinstance(value, dict):
            return {key: self._filled(each, (*path, key)) for key, each in value.items()}
        if isinstance(value, list):
            return [self._filled(each, (*path, number)) for number, each in enumerate(value)]
        if isinstance(value, float) and not math.isfinite(value):
            self._note(path, f"{path[-1]} is {value}", expected="a number")
            return None
        if isinstance(value, int) and abs(value) > _LARGEST:
            self._note(path, f"{path[-1]} is a number of {len(str(value))} digits", expected="64 bits")
            return None
        if value is None or isinstance(value, bool | int | float):
            return value
        if not isinstance(value, str):
            found = f"{path[-1]} is {type(value).__name__}, which JSON does not know"
            self._note(path, found, expected="a text: in quotes")
            return None
        for name in sorted(set(_VARIABLE.findall(value)) - self.environment.keys()):
            self._note(path, f"the variable {name} of the environment is not set", fix=f"export {name}=…")
        return _VARIABLE.sub(lambda found: self.environment.get(found[1], found[0]), value)

    def _note(self, path: Path, found: str, *, expected: str = "", fix: str = "") -> None:
        self.problems.append(self.document.problem(path, found, expected=expected, fix=fix))


def _is_name(value: Any) -> bool:
    try:
        msgspec.convert(value, Name)
    except msgspec.ValidationError:
        return False
    return True


def _struct(kind: Any) -> type[msgspec.Struct] | None:
    """The struct that a field is, if it is one, or may be left out."""
    several = [one for one in typing.get_args(kind) or (kind,) if one is not type(None)]
    one = several[0] if len(several) == 1 else None
    return one if isinstance(one, type) and issubclass(one, msgspec.Struct) else None


def _kind(value: Any) -> str:
    return "empty" if value is None else "a list" if isinstance(value, list) else f"{value!r}"
