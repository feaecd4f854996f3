"""A deployment file as it lies there: its text, its plain values, and the line that each of them stands on."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from mainspring.serving.deploying.problems import DeclarationError, Problem

LARGEST = 1 << 20
"""The most characters of a deployment file."""

_MOST_NODES = 100_000
_DEEPEST = 100
_SECRET = re.compile(r"(password|passwd|secret|token|api_?key|private_?key|credential)", re.IGNORECASE)
_HALF = re.compile("[\ud800-\udfff]")
_LOGIN = re.compile(r"://[^/\s:@]+:(?!\$\{)[^/\s@]+@")

Path: TypeAlias = tuple[Hashable, ...]
"""The way to a value: names of fields and numbers of entries."""


@dataclass(frozen=True)
class Document:
    """A file that was read.

    Attributes:
        name: The file, as it is told to people.
        plain: Its content as plain values.
        lines: Where each value begins, by the way to it; counted from 1.
    """

    name: str
    plain: Mapping[str, Any]
    lines: Mapping[Path, int]

    def where(self, path: Path = ()) -> str:
        """The place of a value, or of the nearest that is around it: ``fares.yaml:12``."""
        for length in range(len(path), -1, -1):
            line = self.lines.get(path[:length])
            if line is not None:
                return f"{self.name}:{line}"
        return self.name

    def problem(self, path: Path, found: str, *, expected: str = "", fix: str = "") -> Problem:
        """Something that is wrong with a value."""
        return Problem(found=found, where=self.where(path), expected=expected, fix=fix)


def open_document(text: str, name: str) -> Document:
    """Read the text of a file. JSON is read as well: it is YAML.

    Raises:
        DeclarationError: If it is not YAML, is no mapping, says something twice, is too large, or holds a secret.
    """
    document, problems = examine(text, name)
    if problems:
        raise DeclarationError(problems)
    return document


def examine(text: str, name: str) -> tuple[Document, list[Problem]]:
    """Read the text of a file as far as that goes: what it says in spite of what is wrong with it, and that.

    Raises:
        DeclarationError: If it is not YAML, is no mapping, or is too large.
    """
    text = text.removeprefix("\ufeff")
    if len(text) > LARGEST:
        raise DeclarationError(
            [Problem(found=f"{len(text)} characters", where=name, expected=f"{LARGEST} at most")]
        )
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if not isinstance(node, yaml.MappingNode):
            raise DeclarationError([_no_mapping(node, name)])
        walk = _Walk(name)
        walk.enter(node, (), 0)
        plain = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = name if mark is None else f"{name}:{mark.line + 1}"
        said = error.problem or error.context or "it cannot be read"
        raise DeclarationError([Problem(found=f"it is not YAML: {said}", where=where)]) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DeclarationError([Problem(found=f"it is not YAML: {error}", where=name)]) from error
    document = Document(name, _named(plain), walk.lines)
    return document, [*walk.problems, *_secrets(document, plain, ())]


class _Walk:
    """Goes through the nodes of a file, and notes their lines. Anchors make a small text a large tree."""

    def __init__(self, name: str) -> None:
        self.name, self.lines, self.problems = name, dict[Path, int](), list[Problem]()
        self._entered = 0

    def enter(self, node: yaml.Node, path: Path, depth: int) -> None:
        self._entered += 1
        if self._entered > _MOST_NODES or depth > _DEEPEST:
            raise DeclarationError(
                [Problem(found="the file says too much with its anchors, or is nested too deep", where=self.name)]
            )
        self.lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            self._mapping(node, path, depth)
        elif isinstance(node, yaml.SequenceNode):
            for number, one in enumerate(node.value):
                self.enter(one, (*path, number), depth + 1)
        elif _HALF.search(node.value):
            self._note(node.start_mark.line + 1, "half a character", "text in UTF-8")

    def _mapping(self, node: yaml.MappingNode, path: Path, depth: int) -> None:
        seen: dict[str, int] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or (key.tag not in _NAMES and name != "<<"):
                told = repr(name) if name else "something"
                self._note(line, f"{told} is no name", 'a text, in quotes if need be: "1"')
            elif name in seen:
                self._note(line, f"{name!r} is said twice, first in line {seen[name]}", "each name once")
            seen[name] = line
            self.enter(value, path if name == "<<" else (*path, name), depth + 1)
            if name != "<<":
                self.lines[*path, name] = line

    def _note(self, line: int, found: str, expected: str) -> None:
        self.problems.append(Problem(found=found, where=f"{self.name}:{line}", expected=expected))


_NAMES = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:int")


def _no_mapping(node: yaml.Node | None, name: str) -> Problem:
    found = "the file is empty" if node is None else "the file holds a list or a single value"
    return Problem(found=found, where=name, expected="a mapping: NAME: {…}")


def _named(value: Any) -> Any:
    """The value without what has no name; that was noted where it stands."""
    if isinstance(value, dict):
        return {
            str(key): _named(one)
            for key, one in value.items()
            if isinstance(key, str | int) and not isinstance(key, bool)
        }
    return [_named(one) for one in value] if isinstance(value, list) else value


def _secrets(document: Document, value: Any, path: Path) -> Sequence[Problem]:
    """Values that look like secrets written out."""
    found: list[Problem] = []
    if isinstance(value, dict):
        for name, one in value.items():
            found += _secrets(document, one, (*path, name))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            found += _secrets(document, one, (*path, number))
    elif isinstance(value, str) and path:
        named = isinstance(path[-1], str) and _SECRET.search(path[-1]) is not None and "${" not in value
        if (named and value) or _LOGIN.search(value):
            found.append(
                document.problem(
                    path,
                    f"{_place(path)} looks like a secret, and this file is for everybody to read",
                    expected="a variable of the environment, ${NAME}",
                )
            )
    return found


def _place(path: Path) -> str:
    """The last name of a path, and the number behind it: ``to[1]``."""
    if len(path) > 1 and isinstance(path[-1], int):
        return f"{path[-2]}[{path[-1]}]"
    return str(path[-1])
