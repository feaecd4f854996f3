"""A pipeline: a function that wires steps."""

from __future__ import annotations

import inspect
import json
import typing
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Generic, ParamSpec, overload

from mainspring.core.errors import InputError, MainspringError
from mainspring.core.records import Value
from mainspring.pipelines.arguments import File, strip_optional
from mainspring.pipelines.building import collecting
from mainspring.pipelines.graph import Graph
from mainspring.pipelines.places import place_in
from mainspring.pipelines.values import KEEPABLE, can_be_kept

P = ParamSpec("P")

_JSON: Final = {dict: 'names with values, such as {"depth": 3}', list: "a list, such as [1, 2]"}
_NOTHING: Final = object()


class Pipeline(Generic[P]):
    """A named function that wires steps. Its arguments are the parameters of a run."""

    def __init__(self, function: Callable[P, Any], *, name: str | None = None) -> None:
        self.function = function
        self.name = name or function.__name__
        self.__name__ = function.__name__
        self.__qualname__ = function.__qualname__
        self.__module__ = function.__module__
        self.__doc__ = function.__doc__
        self.__wrapped__ = function

    def __repr__(self) -> str:
        return f"<pipeline {self.name}>"

    @property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """The parameters with their annotations and defaults."""
        hints = typing.get_type_hints(self.function)
        return {
            name: parameter.replace(annotation=hints.get(name, Any))
            for name, parameter in inspect.signature(self.function).parameters.items()
        }

    def build(self, *args: P.args, **kwargs: P.kwargs) -> Graph:
        """The graph for these parameters; nothing is run and no data is read.

        Raises:
            InputError: If a parameter is unknown or missing, or the pipeline is wired wrongly, or raises itself.
        """
        try:
            bound = inspect.signature(self.function).bind(*args, **kwargs)
        except TypeError as error:
            raise InputError(
                f"pipeline {self.name!r}: {error}",
                expected="parameters " + (", ".join(self.parameters) or "(none)"),
            ) from error
        bound.apply_defaults()
        with collecting(self.name) as builder:
            self._write(bound)
        if not builder.nodes:
            raise InputError(f"pipeline {self.name!r} has no steps", fix="call functions marked @step inside it")
        graph = builder.graph({name: _as_json(value) for name, value in bound.arguments.items()})
        return replace(graph, sources=_sources(self.function))

    def _write(self, bound: inspect.BoundArguments) -> None:
        file = Path(self.function.__code__.co_filename) if hasattr(self.function, "__code__") else Path()
        try:
            self.function(*bound.args, **bound.kwargs)
        except MainspringError as error:
            error.where = error.where or place_in(error, file)
            raise
        except Exception as error:
            words = f"pipeline {self.name!r} cannot be built: {type(error).__name__}: {error}"
            raise InputError(words, where=place_in(error, file)) from error

    def parse(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """Parameter values from texts, as given on a command line, read by their annotations.

        Raises:
            InputError: Listing every unknown name and every text that cannot be read.
        """
        known, problems, fields, values = self.parameters, [], {}, {}
        for name, text in texts.items():
            if name not in known:
                problems.append(f"no parameter {name!r} (there are: {', '.join(known) or 'none'})")
                continue
            try:
                values[name] = _read_text(text, strip_optional(known[name].annotation)[0])
            except ValueError as error:
                fields[name] = str(error)
                problems.append(f"{name}={text}: {error}")
        if problems:
            raise InputError("; ".join(problems), where=f"parameters of pipeline {self.name!r}", fields=fields)
        return values

    def revive(self, recorded: Mapping[str, Any]) -> dict[str, Any]:
        """Parameter values from the JSON that the record keeps."""
        known = self.parameters
        return {
            name: File(value) if strip_optional(known[name].annotation)[0] is File else value
            for name, value in recorded.items()
            if name in known
        }


def _sources(function: Callable[..., Any]) -> frozenset[Path]:
    """The file of a pipeline's function, if it is in one."""
    file = inspect.getsourcefile(function)
    return frozenset({Path(file).resolve()}) if file and Path(file).is_file() else frozenset()


def _as_json(value: Any) -> Value:
    if isinstance(value, File):
        return value.location
    if not can_be_kept(value):
        raise InputError(
            f"a pipeline parameter holds {value!r:.60}, which the record cannot keep", expected=KEEPABLE
        )
    try:
        return typing.cast("Value", json.loads(json.dumps(value)))
    except TypeError as error:
        raise InputError(
            f"a pipeline parameter holds {type(value).__name__}", expected="a JSON value or a File"
        ) from error


def _read_text(text: str, annotation: Any) -> Any:
    if annotation is File:
        return File(text)
    if annotation is str:
        return text
    if annotation is bool:
        if text.lower() in {"true", "yes", "1", "false", "no", "0"}:
            return text.lower() in {"true", "yes", "1"}
        raise ValueError("expected true or false")
    if annotation in (int, float):
        try:
            return annotation(text)
        except ValueError:
            raise ValueError(f"expected {'a whole number' if annotation is int else 'a number'}") from None
    kind = typing.get_origin(annotation) or annotation
    choices = typing.get_args(annotation) if kind is typing.Literal else ()
    if annotation is Any:
        return _from_json(text, text)
    value = _from_json(text, text if choices else _NOTHING)
    if choices and value not in choices:
        raise ValueError(f"expected one of {', '.join(map(str, choices))}")
    if kind in _JSON and not isinstance(value, kind):
        raise ValueError(f"expected {_JSON[kind]}")
    return value


def _from_json(text: str, otherwise: Any = _NOTHING) -> Any:
    """A value that is written in JSON.

    Raises:
        ValueError: If it is not, and there is nothing to take instead.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if otherwise is not _NOTHING:
            return otherwise
        told = f"{error.msg[:1].lower()}{error.msg[1:]}, character {error.pos + 1}"
        raise ValueError(f"expected JSON ({told})") from None


@overload
def pipeline(function: Callable[P, Any], /) -> Pipeline[P]: ...


@overload
def pipeline(*, name: str | None = None) -> Callable[[Callable[P, Any]], Pipeline[P]]: ...


def pipeline(
    function: Callable[P, Any] | None = None, /, *, name: str | None = None
) -> Pipeline[P] | Callable[[Callable[P, Any]], Pipeline[P]]:
    """Make a pipeline out of a function that calls steps.

    Example:
        >>> from mainspring.pipelines import pipeline, step
        >>> @step
        ... def load(rows: int = 3) -> list[int]:
        ...     return list(range(rows))
        >>> @step
        ... def total(numbers: list[int]) -> int:
        ...     return sum(numbers)
        >>> @pipeline
        ... def sums(rows: int = 3) -> None:
        ...     total(load(rows))
        >>> list(sums.build().nodes)
        ['load', 'total']
    """
    if function is not None:
        return Pipeline(function)
    return lambda target: Pipeline(target, name=name)
