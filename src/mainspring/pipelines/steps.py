"""A step: a plain typed function, with what the engine must know to run it."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, Generic, ParamSpec, TypeVar, cast, overload

from mainspring.core.errors import InputError
from mainspring.pipelines.arguments import Argument, argument_of
from mainspring.pipelines.codecs import remember
from mainspring.pipelines.options import Isolation, Kind, Options, Retry, isolation_of, retry_of

P = ParamSpec("P")
R = TypeVar("R")

adding: ContextVar[Callable[[Step[..., Any], Sequence[Any], Mapping[str, Any]], Any] | None] = ContextVar(
    "mainspring_adding", default=None
)
"""While a pipeline is being written: what takes the call of a step instead of running it."""


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
            options = replace(options, retry=retry_of(retries))
        if timeout is not None:
            options = replace(options, timeout=timeout, isolation=Isolation.PROCESS)
        if isolation is not None:
            options = replace(options, isolation=isolation_of(isolation, options.timeout))
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
            name: argument_of(name, hints.get(name, Any), parameter)
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
        retry=retry_of(retries),
        timeout=timeout,
        isolation=Isolation.PROCESS if timeout is not None else isolation_of(isolation, None),
        gate=gate,
        version=version,
        requires=requires,
    )

    def make(target: Callable[P, R]) -> Step[P, R]:
        return Step(target, name=name, options=options)

    return make if function is None else make(function)
