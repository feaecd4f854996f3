"""A pipeline's signature as a form."""

from __future__ import annotations

import enum
import inspect
import json
import typing
from typing import Any, Literal

from mainspring.app.docstrings import told_by
from mainspring.app.planning.nouns import Entry, Input, Offer
from mainspring.core.errors import MainspringError
from mainspring.pipelines.arguments import File, strip_optional
from mainspring.pipelines.pipeline import Pipeline

_KINDS: dict[Any, Input] = {str: "text", File: "file", int: "whole", float: "number", bool: "truth"}


def offer_of(pipeline: Pipeline[...], file: str) -> Offer:
    """A pipeline with its parameters, and its steps as far as they can be known."""
    told = told_by(pipeline.function)
    try:
        steps = list(pipeline.build().nodes)
    except MainspringError:  # it needs parameters, or is wired wrongly: starting it says so
        steps = []
    return Offer(
        name=pipeline.name,
        file=file,
        about=told.summary,
        entries=[_entry(one, told.arguments.get(one.name, "")) for one in pipeline.parameters.values()],
        steps=steps,
    )


def _entry(parameter: inspect.Parameter, helped: str) -> Entry:
    annotation, _ = strip_optional(parameter.annotation)
    choices = _choices(annotation)
    required = parameter.default is parameter.empty
    return Entry(
        name=parameter.name,
        kind="choice" if choices else _KINDS.get(annotation, "json"),
        type=_written(parameter.annotation),
        default="" if required else as_text(parameter.default, annotation),
        required=required,
        choices=choices,
        help=helped,
    )


def as_text(value: Any, annotation: Any = Any) -> str:
    """A value as it is typed on a command line: what :meth:`Pipeline.parse` reads back."""
    if value is None:
        return ""
    if isinstance(value, File):
        return value.location
    if isinstance(value, str) and (annotation in (str, File, Any)):
        return value
    if isinstance(value, enum.Enum):
        value = value.value
    return json.dumps(value, ensure_ascii=False, default=str)


def _choices(annotation: Any) -> list[str]:
    if typing.get_origin(annotation) is Literal:
        return [as_text(one, None) for one in typing.get_args(annotation)]
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return [json.dumps(one.value) for one in annotation]
    return []


def _written(annotation: Any) -> str:
    text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    return text.replace("typing.", "").replace("mainspring.pipelines.arguments.", "")
