"""A step: a plain typed function, with what the engine must know to run it."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Generic, ParamSpec, TypeVar, cast, overload

from mainspring.core.errors import InputError
from mainspring.pipelines.codecs import remember

P = ParamSpec("P")
R = TypeVar("R")

adding: ContextVar[Callable[[Step[..., Any], Sequence[Any], Mapping[str, Any]], Any] | None] = ContextVar(
    "mainspring_adding", default=None
)
"""While a pipeline is being written: what takes the call of a step instead of running it."""


@dataclass(frozen=True, slots=True)
class File:
    """A file, or a folder or glob of files, that lives outside.

    The engine takes its content, not its name or date, for its identity.

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often, and when, to try again.

    Attributes:
        times: Tries after the first.
        delay: Seconds before the second try.
        backoff: The delay grows by this factor from try to try.
        limit: The longest delay in seconds.
    """

    times: int = 0
    delay: float = 1.0
    backoff: float = 2.0
    limit: float = 300.0

    def wait(self, attempt: int) -> float:
        """Seconds to wait after the given attempt, counted from 1.

        Example:
            >>> [Retry(times=3, delay=1).wait(n) for n in (1, 2, 3)]
            [1.0, 2.0, 4.0]
        """
        return min(self.limit, self.delay * self.backoff ** (attempt - 1))


class Isolation(StrEnum):
    """Where a step runs."""

    THREAD = "thread"
    """In a thread of the engine's process: no start-up cost, cannot be killed."""
    PROCESS = "process"
    """In a process of its own: can be killed, has its own memory and its own standard streams."""


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


class Kind(StrEnum):
    """How the engine deals with a node."""

    FUNCTION = "function"
    RESOLVER = "resolver"
    """The driver answers it from the record; nothing is executed."""
    APPROVAL = "approval"
    """A person answers it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to run a step.

    Attributes:
        cache: Take the outputs of an earlier, equal execution.
        retry: When to try again.
        timeout: Seconds after which the step is killed; a step with a timeout runs in a process.
        isolation: A thread or a process.
        gate: If what it returns says no, the run is held, and nothing written below it runs.
        version: Change it to make earlier executions count as different.
        requires: Distributions whose versions are part of the cache key, beside those that the code imports.
    """

    cache: bool = True
    retry: Retry = field(default_factory=Retry)
    timeout: float | None = None
    isolation: Isolation = Isolation.THREAD
    gate: bool = False
    version: str = ""
    requires: tuple[str, ...] = ()


class Step(Generic[P, R]):
    """A function that can be a node of a pipeline. Called outside a pipeline, it is just the function.

    Example:
        >>> @step
        ... def double(number: int) -> int:
        ...     return 2 * number
        >>> double(21)
        42
    """

    def __init__(
        self,
        function: Callable[P, R],
        *,
        name: str | None = None,
        options: Options | None = None,
        kind: Kind = Kind.FUNCTION,
    ) -> None:
        self.function = function
        self.name = name or function.__name__
        self.options = options or Options()
        self.kind = kind
        self.__name__ = function.__name__
        self.__qualname__ = function.__qualname__
        self.__module__ = function.__module__
        self.__doc__ = function.__doc__
        self.__wrapped__ = function
        self._arguments: Mapping[str, Argument] | None = None
        self._outputs: Mapping[str, Any] | None = None

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the function; or, inside a pipeline, add a node and return handles to its outputs."""
        add = adding.get()
        return self.function(*args, **kwargs) if add is None else cast("R", add(self, args, kwargs))

    def __repr__(self) -> str:
        return f"<step {self.name}>"

    def named(self, name: str) -> Step[P, R]:
        """The same step under another name in the pipeline."""
        return Step(self.function, name=name, options=self.options, kind=self.kind)

    def using(
        self,
        *,
        cache: bool | None = None,
        retries: int | Retry | None = None,
        timeout: float | None = None,
        isolation: str | None = None,
    ) -> Step[P, R]:
        """The same step with other options, for one use of it."""
        options = self.options
        if cache is not None:
            options = replace(options, cache=cache)
        if retries is not None:
            options = replace(options, retry=_retry(retries))
        if timeout is not None:
            options = replace(options, timeout=timeout, isolation=Isolation.PROCESS)
        if isolation is not None:
            options = replace(options, isolation=_isolation(isolation, options.timeout))
        return Step(self.function, name=self.name, options=options, kind=self.kind)

    @property
    def arguments(self) -> Mapping[str, Argument]:
        """The arguments by name, with their roles read from the annotations."""
        if self._arguments is None:
            self._read()
        return typing.cast("Mapping[str, Argument]", self._arguments)

    @property
    def outputs(self) -> Mapping[str, Any]:
        """The outputs by name, with their annotations: one ``result``, or the fields of a named tuple."""
        if self._outputs is None:
            self._read()
        return typing.cast("Mapping[str, Any]", self._outputs)

    @property
    def several(self) -> bool:
        """Whether it gives several named outputs."""
        return list(self.outputs) != ["result"]

    def _read(self) -> None:
        try:
            hints = typing.get_type_hints(self.function)
        except NameError as error:
            raise InputError(
                f"an annotation of step {self.name!r} cannot be read: {error}",
                where=f"{self.function.__module__}.{self.function.__qualname__}",
                expected="types that are imported at the top of the module",
            ) from error
        parameters = inspect.signature(self.function).parameters
        self._arguments = {
            name: _argument(name, hints.get(name, Any), parameter)
            for name, parameter in parameters.items()
            if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        }
        returned = hints.get("return", Any)
        if isinstance(returned, type) and issubclass(returned, tuple) and hasattr(returned, "_fields"):
            fields = typing.get_type_hints(returned)
            self._outputs = {name: fields.get(name, Any) for name in returned._fields}
        else:
            self._outputs = {"result": returned}
        for given in self._outputs.values():
            remember(given)


def _argument(name: str, annotation: Any, parameter: inspect.Parameter) -> Argument:
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


def _isolation(word: str, timeout: float | None) -> Isolation:
    try:
        isolation = Isolation(word)
    except ValueError:
        raise InputError(f"isolation={word!r}", expected="one of " + ", ".join(Isolation)) from None
    if timeout is not None and isolation is Isolation.THREAD:
        raise InputError(
            f"a step with a timeout of {timeout:g} s was to run in a thread",
            expected="a process: a thread cannot be stopped",
        )
    return isolation


def _retry(retries: int | Retry) -> Retry:
    return retries if isinstance(retries, Retry) else Retry(times=retries)


@overload
def step(function: Callable[P, R], /) -> Step[P, R]: ...


@overload
def step(
    *,
    name: str | None = None,
    cache: bool = True,
    retries: int | Retry = 0,
    timeout: float | None = None,
    isolation: str = "thread",
    gate: bool = False,
    version: str = "",
    requires: tuple[str, ...] = (),
) -> Callable[[Callable[P, R]], Step[P, R]]: ...


def step(
    function: Callable[P, R] | None = None,
    /,
    *,
    name: str | None = None,
    cache: bool = True,
    retries: int | Retry = 0,
    timeout: float | None = None,
    isolation: str = "thread",
    gate: bool = False,
    version: str = "",
    requires: tuple[str, ...] = (),
) -> Step[P, R] | Callable[[Callable[P, R]], Step[P, R]]:
    """Make a step out of a plain typed function.

    What an argument is follows from its annotation: a class that can save and load itself is an artifact,
    :class:`File` is an outside file, anything else is a JSON parameter, unless the pipeline gives it the output
    of another step. Several outputs are returned as a ``NamedTuple``.

    Args:
        function: The function; it knows neither store nor engine.
        name: Its name in pipelines; the function's by default.
        cache: Take the outputs of an earlier execution with equal code, parameters, inputs and environment.
        retries: How often to try again after an exception, or a :class:`Retry`.
        timeout: Seconds after which it is killed. It then runs in a process of its own.
        isolation: ``"thread"`` or ``"process"``.
        gate: Hold the run if the answer (a ``Verdict``, or something with ``.verdict``) is no.
        version: Change it to make earlier executions count as different.
        requires: Distributions whose versions belong to the cache key although the code does not import them.
    """
    options = Options(
        cache=cache,
        retry=_retry(retries),
        timeout=timeout,
        isolation=Isolation.PROCESS if timeout is not None else _isolation(isolation, None),
        gate=gate,
        version=version,
        requires=requires,
    )

    def make(target: Callable[P, R]) -> Step[P, R]:
        return Step(target, name=name, options=options)

    return make if function is None else make(function)
