"""From the text of a deployment file to its declaration, with everything that is wrong with its form."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from mainspring.core.errors import InputError
from mainspring.serving.deploying.declaration import WAYS, Declaration, DeclaredModel, Name
from mainspring.serving.deploying.document import Document, Path, open_document
from mainspring.serving.deploying.problems import DeclarationError, Problem

T = TypeVar("T", bound=msgspec.Struct)

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PLACE = re.compile(r"^(?P<said>.*?)(?: - at `(?P<place>[^`]*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[(\d+)\]")


@dataclass(frozen=True)
class Declared:
    """A deployment file that was read.

    Attributes:
        declaration: What it says, its variables filled in.
        document: What it says, as it lies there.
    """

    declaration: Declaration
    document: Document

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
    document = open_document(text, name)
    reader = _Reader(document, os.environ if environment is None else environment)
    declaration = reader.declaration()
    if declaration is None or reader.problems:
        raise DeclarationError(reader.problems)
    return Declared(declaration, document)


class _Reader:
    """Reads field by field, so that one mistake does not hide the next."""

    def __init__(self, document: Document, environment: Mapping[str, str]) -> None:
        self.document, self.environment = document, environment
        self.problems: list[Problem] = []

    def declaration(self) -> Declaration | None:
        plain = self._filled(self.document.plain, ())
        models = plain.pop("models", None)
        fields = self._fields(Declaration, plain, ())
        given = self._models(models)
        self._require(plain)
        if self.problems:
            return None
        return self._made(Declaration, {**fields, "models": given}, ())

    def _require(self, plain: Mapping[str, Any]) -> None:
        if "deployment" not in plain:
            self._note((), "the file does not say which deployment it is", expected="deployment: NAME")

    def _models(self, models: Any) -> dict[str, DeclaredModel]:
        if not isinstance(models, dict):
            self._note(("models",), "the file does not say what is served", expected="models: {NAME: {…}}")
            return {}
        found = {}
        for name, value in models.items():
            try:
                msgspec.convert(name, Name)
            except msgspec.ValidationError:
                expected = "letters, digits, dot, dash and underscore, such as taxi"
                self._note(("models", name), f"{name!r} cannot name a model", expected=expected)
                continue
            model = self._model(value, ("models", name))
            if model is not None:
                found[name] = model
        return found

    def _model(self, value: Any, path: Path) -> DeclaredModel | None:
        if not isinstance(value, dict):
            self._note(
                path, f"{path[-1]} is {_kind(value)}", expected="its options, such as {model: taxi@production}"
            )
            return None
        before = len(self.problems)
        model = self._made(DeclaredModel, self._fields(DeclaredModel, value, path), path)
        if model is None or len(self.problems) > before:
            return None
        if len(model.ways) != 1:
            said = " and ".join(model.ways) or "none of them"
            self._note(path, f"{path[-1]} has {said}", expected="one of " + ", ".join(WAYS))
        if model.version and model.references:
            self._note(
                (*path, "version"),
                f"{path[-1]} is from the registry, which knows its version",
                expected="no version",
                fix=f"say model: {next(iter(model.references.values())).partition('@')[0]}:{model.version}",
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
        known = {one.name: one for one in msgspec.structs.fields(kind)}
        found = {}
        for name, value in values.items():
            if name not in known:
                close = difflib.get_close_matches(str(name), known, n=1)
                hint = f"did you mean {close[0]!r}?" if close else "one of " + ", ".join(known)
                self._note((*path, name), f"there is no {name!r} here", expected=hint)
                continue
            try:
                # Not strictly: a variable is a text, and so is 4e9 in YAML.
                found[name] = msgspec.convert(value, known[name].type, strict=False)
            except msgspec.ValidationError as error:
                self._wrong(str(error), (*path, name))
            except InputError as error:
                self._note((*path, name), error.found, expected=error.expected or "", fix=error.fix or "")
        return found

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
        if not isinstance(value, str):
            return value
        for name in sorted(set(_VARIABLE.findall(value)) - self.environment.keys()):
            self._note(path, f"the variable {name} of the environment is not set", fix=f"export {name}=…")
        return _VARIABLE.sub(lambda found: self.environment.get(found[1], found[0]), value)

    def _note(self, path: Path, found: str, *, expected: str = "", fix: str = "") -> None:
        self.problems.append(self.document.problem(path, found, expected=expected, fix=fix))


def _kind(value: Any) -> str:
    return "empty" if value is None else "a list" if isinstance(value, list) else f"{value!r}"
