"""What a step is given: artifacts, JSON parameters, outside files, resources, and how the run stands."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any


@dataclass(frozen=True, slots=True)
class File:
    """A file, or a folder or glob of files, that lives outside; or a pattern of spans.

    The engine takes its content, not its name or date, for its identity. Of a pattern such as
    ``in/{YYYY}/{MM}/{DD}/*.csv @ last 7`` that is the content of those spans alone; the step is given the pattern
    with the range that was found, for ``find_spans``. Without a range, the step's parameter ``spans`` says which
    spans are meant, and without that it is the latest.

    Attributes:
        location: As the user wrote it; relative paths start at the project's folder.
    """

    location: str

    @property
    def path(self) -> Path:
        """The location as a path."""
        return Path(self.location)

    def __str__(self) -> str:
        return self.location


CHECKPOINTS = "checkpoints"
"""The resource that is a folder (``Path``) of the step: it outlives a kill, and goes when the step is done."""


@dataclass(frozen=True, slots=True)
class Resource:
    """The default of an argument that the engine fills in: a registry, a folder for deployments."""

    name: str


def resource(name: str) -> Any:
    """Mark an argument as one that the engine fills in from the platform's resources.

    Example:
        >>> def register(package: str, *, registry: object = resource("registry")) -> str: ...
    """
    return Resource(name)


class Role(StrEnum):
    """What an argument of a step is."""

    ARTIFACT = "artifact"
    PARAMETER = "parameter"
    FILE = "file"
    RESOURCE = "resource"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a step."""

    name: str
    annotation: Any
    role: Role
    default: Any = inspect.Parameter.empty
    optional: bool = False

    @property
    def required(self) -> bool:
        """Whether the pipeline must give it."""
        return self.default is inspect.Parameter.empty


@dataclass(frozen=True, slots=True)
class RunStatus:
    """What a step at exit is told about the run.

    Attributes:
        run: The name of the run.
        state: ``COMPLETE``, ``FAILED``, ``HELD`` …
        failed: The steps that failed, with their errors.
    """

    run: str
    state: str
    failed: Mapping[str, str] = field(default_factory=dict)


def argument_of(name: str, annotation: Any, parameter: inspect.Parameter) -> Argument:
    """What an argument is: by its default if that is a resource, else by its annotation."""
    inner, optional = strip_optional(annotation)
    if isinstance(parameter.default, Resource):
        role = Role.RESOURCE
    elif inner is File:
        role = Role.FILE
    elif inner is RunStatus:
        role = Role.STATUS
    elif isinstance(inner, type) and hasattr(inner, "ARTIFACT_TYPE"):
        role = Role.ARTIFACT
    else:
        role = Role.PARAMETER
    return Argument(name, inner, role, parameter.default, optional)


def strip_optional(annotation: Any) -> tuple[Any, bool]:
    """``X | None`` as ``(X, True)``; anything else as itself and false."""
    if typing.get_origin(annotation) in (typing.Union, UnionType):
        members = [member for member in typing.get_args(annotation) if member is not NoneType]
        if len(members) < len(typing.get_args(annotation)):
            return (members[0] if len(members) == 1 else typing.Union[tuple(members)]), True  # noqa: UP007 - built at run time
    return annotation, False
