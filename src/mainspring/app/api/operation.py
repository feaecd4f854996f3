"""Operations: everything that can be asked of a console, with one name at every door."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

import msgspec

from mainspring.app.accounts import Role
from mainspring.app.docstrings import told_by

Method = Literal["GET", "POST", "PUT", "DELETE"]
Function = TypeVar("Function", bound=Callable[..., Any])

_MARK: Final = "__operation__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Something that can be asked for.

    Attributes:
        name: ``subject.verb``, such as ``runs.cancel``.
        method: How it is asked for over HTTP; only ``GET`` changes nothing.
        path: Where, below ``/api``; names in braces are arguments.
        role: What somebody needs to be for it.
        function: Does it: takes the desk and the arguments by name, gives the answer.
        inputs: Its arguments as a type, with their defaults.
        answer: The type of what it gives.
        summary: One line.
        details: The rest of what its docstring says, without its sections.
        described: What its docstring says of each argument.
        command: The command that does the same in a terminal, names in braces being arguments; empty for none.
        done: What a person is told afterwards, names in braces being arguments; empty for nothing.
        secrets: Arguments that the audit trail leaves out.
        audited: Whether the trail has an entry for it.
    """

    name: str
    method: Method
    path: str
    role: Role
    function: Callable[..., Any]
    inputs: type[msgspec.Struct]
    answer: Any
    summary: str
    details: str
    described: Mapping[str, str]
    command: str
    done: str
    secrets: tuple[str, ...]
    audited: bool

    @property
    def changes(self) -> bool:
        """Whether it changes anything."""
        return self.method != "GET"


def operation(
    name: str,
    method: Method,
    path: str,
    *,
    role: Role | None = None,
    command: str = "",
    done: str = "",
    secrets: tuple[str, ...] = (),
    audited: bool | None = None,
    like: Callable[..., Any] | None = None,
    without: Sequence[str] = (),
) -> Callable[[Function], Function]:
    """Make a function an operation. The function stays what it is, and is called as before.

    Its first parameter is the desk; the others are the arguments, with types that JSON has. Its docstring is the
    operation's text, and the section ``Args:`` what is said of each argument; names that say the same in every
    operation are in :mod:`~mainspring.app.api.vocabulary`.

    Args:
        name: ``subject.verb``.
        method: How it is asked for.
        path: Where, below ``/api``; ``{run}`` is an argument, ``{run:path}`` one that may hold slashes.
        role: What somebody needs to be for it; by default a viewer to look, and an editor to change.
        command: The command that does the same.
        done: What a person is told afterwards, such as ``"{run} is cancelled"``.
        secrets: Arguments that nobody may read later.
        audited: Whether the trail has an entry for it; by default if it changes anything.
        like: Another operation, whose arguments by keyword this one takes as ``**given``, to hand them on.
        without: Those of them that it does not take.

    Example:
        >>> @operation("runs.cancel", "POST", "/runs/{run}/cancel", command="mainspring cancel {run}")
        ... def cancel(desk, run: str, *, reason: str = "") -> None:
        ...     "Stop a run."
        >>> of(cancel).role
        <Role.EDITOR: 'editor'>
    """

    def mark(function: Function) -> Function:
        hints = typing.get_type_hints(function, include_extras=True)
        told = told_by(function)
        made = Operation(
            name=name,
            method=method,
            path=path,
            role=role or (Role.VIEWER if method == "GET" else Role.EDITOR),
            function=function,
            inputs=_inputs(name, function, hints, like, without),
            answer=hints.get("return", Any),
            summary=told.summary,
            details=told.details,
            described={**(of(like).described if like else {}), **told.arguments},
            command=command,
            done=done,
            secrets=secrets,
            audited=method != "GET" if audited is None else audited,
        )
        setattr(function, _MARK, made)
        return function

    return mark


def of(function: Callable[..., Any]) -> Operation:
    """The operation that a function is."""
    found: Operation = getattr(function, _MARK)
    return found


def operations_in(*functions: Callable[..., Any]) -> dict[str, Operation]:
    """Operations by name."""
    return {found.name: found for found in map(of, functions)}


def _inputs(
    name: str,
    function: Callable[..., Any],
    hints: Mapping[str, Any],
    like: Callable[..., Any] | None,
    without: Sequence[str],
) -> type[msgspec.Struct]:
    parameters = [one for one in _parameters(function)[1:] if one.kind is not one.VAR_KEYWORD]
    if like is not None:
        known = {*without, *(one.name for one in parameters)}
        more = [one for one in _parameters(like) if one.kind is one.KEYWORD_ONLY and one.name not in known]
        parameters, hints = [*parameters, *more], {**typing.get_type_hints(like, include_extras=True), **hints}
    fields: list[Any] = [
        (one.name, hints[one.name])
        if one.default is one.empty
        else (one.name, hints[one.name], msgspec.field(default_factory=_giving(one.default)))
        for one in parameters
    ]
    title = "".join(part.capitalize() for part in name.replace("_", ".").split("."))
    return msgspec.defstruct(title, fields, kw_only=True, forbid_unknown_fields=True)


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


def _giving(value: Any) -> Callable[[], Any]:
    return lambda: value
