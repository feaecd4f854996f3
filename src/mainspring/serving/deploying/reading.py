"""From the text of a deployment file to its declaration, with everything that is wrong with its form."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from mainspring.serving.deploying.declaration import WAYS, Declaration, DeclaredModel, Name, is_place
from mainspring.serving.deploying.document import Document, Path, examine
from mainspring.serving.deploying.fields import VARIABLE, Reader
from mainspring.serving.deploying.problems import DeclarationError, Problem

_NAMES = "letters, digits, dot, dash and underscore, such as taxi"


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


class _Reader(Reader):
    """Reads a deployment file."""

    def __init__(self, document: Document, environment: Mapping[str, str]) -> None:
        super().__init__(document, environment)
        self.unread: list[str] = []

    def declaration(self) -> Declaration | None:
        plain = self.filled(self.document.plain, ())
        models = plain.pop("models", None)
        if not _is_name(plain.get("deployment", "x")):
            self.note(("deployment",), f"{plain.pop('deployment')!r} cannot name a deployment", expected=_NAMES)
        fields = self.fields(Declaration, plain, ())
        given = self._models(models)
        if "deployment" not in self.document.plain:
            self.note((), "the file does not say which deployment it is", expected="deployment: NAME")
        fields.setdefault("deployment", self.document.name)
        return self.made(Declaration, {**fields, "models": given}, ())

    def _models(self, models: Any) -> dict[str, DeclaredModel]:
        if not isinstance(models, dict):
            self.note(("models",), "the file does not say what is served", expected="models: {NAME: {…}}")
            return {}
        found = {}
        for name, value in models.items():
            if not _is_name(name):
                self.note(("models", name), f"{name!r} cannot name a model", expected=_NAMES)
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
            self.note(
                path, f"{path[-1]} is {_kind(value)}", expected="its options, such as {model: taxi@production}"
            )
            return None
        fields = self.fields(DeclaredModel, value, path)
        model = self.made(DeclaredModel, fields, path)
        ways = [name for name in WAYS if value.get(name)]
        if len(ways) != 1:
            said = " and ".join(ways) or "none of them"
            self.note(path, f"{path[-1]} has {said}", expected="one of " + ", ".join(WAYS))
        if model is None or len(ways) != 1 or ways[0] not in fields or VARIABLE.search(str(value[ways[0]])):
            return None
        if is_place(model.model):
            self.note((*path, "model"), f"{model.model} is a place", fix=f"say package: {model.model}")
            return None
        if model.version and (model.model or model.versions):
            known = next(iter(model.references.values()), "")
            self.note(
                (*path, "version"),
                f"{path[-1]} says version, and what it takes has one",
                expected="no version",
                fix=f"say model: {known.partition('@')[0]}:{model.version}" if model.model else "",
            )
        if model.thresholds is not None and model.thresholds.figures and (model.graph or model.component):
            self.note(
                (*path, "thresholds"),
                f"{path[-1]} is no package, and cannot be tried alone",
                expected="thresholds of packages only",
            )
        for option in ("batching", "cache"):
            if model.graph is not None and getattr(model, option) is not None:
                self.note(
                    (*path, option),
                    f"the graph {path[-1]} says {option}",
                    expected=f"{option} of its models",
                    fix=f"move {option} to the models that it shall hold for",
                )
        return model


def _is_name(value: Any) -> bool:
    try:
        msgspec.convert(value, Name)
    except msgspec.ValidationError:
        return False
    return True


def _kind(value: Any) -> str:
    return "empty" if value is None else "a list" if isinstance(value, list) else f"{value!r}"
