"""Runs one task: loads its inputs, calls the function, encodes what it returns. Knows neither store nor engine."""

from __future__ import annotations

import time
import traceback
import typing
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mainspring.core import plugins
from mainspring.core.errors import InputError, MainspringError, NotFoundError
from mainspring.pipelines import series
from mainspring.pipelines.arguments import CHECKPOINTS, Argument, File, Role, RunStatus
from mainspring.pipelines.codecs import Encoded, decode, encode, remember, shaped
from mainspring.pipelines.loading import resolve
from mainspring.pipelines.ports import Failure, FunctionRef, Given, Outcome, Stored, Task
from mainspring.pipelines.steps import Step


def execute(task: Task, step: Step[..., Any], resources: Mapping[str, Callable[[], Any]]) -> Outcome:
    """Run a task in this thread.

    Any exception of the step becomes a failure with its traceback; nothing is raised.
    """
    started = time.perf_counter()
    try:
        arguments = _arguments(task, step, resources)
        with series.writing(Path(task.log)) as metrics:
            returned = step.function(**arguments)
        outputs = _encoded(task, step, returned)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a user's function raises is its outcome
        return Outcome(seconds=time.perf_counter() - started, failure=failure_of(error))
    return Outcome(outputs=outputs, seconds=time.perf_counter() - started, metrics=metrics)


def failure_of(error: BaseException) -> Failure:
    """Describe an exception: in words, with the traceback from the step's function on."""
    own = error.__traceback__
    while own is not None and own.tb_frame.f_globals.get("__name__") == __name__:
        own = own.tb_next
    text = "".join(traceback.format_exception(type(error), error, own))
    if isinstance(error, MainspringError):
        return Failure(
            str(error), type(error).__name__, text, error.as_dict(), retry=not isinstance(error, InputError)
        )
    return Failure(f"{type(error).__name__}: {error}", type(error).__name__, text)


def _arguments(task: Task, step: Step[..., Any], resources: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    known = step.arguments
    values: dict[str, Any] = {
        name: shaped(value, known[name].annotation) for name, value in task.parameters.items()
    }
    values |= {name: _loaded(known[name], given, task.makers) for name, given in task.inputs.items()}
    values |= {name: File(location) for name, location in task.files.items()}
    for argument, resource in task.resources.items():
        if resource == CHECKPOINTS:
            values[argument] = Path(task.checkpoints)
            values[argument].mkdir(parents=True, exist_ok=True)
            continue
        if resource not in resources:
            raise InputError(
                f"step {step.name!r} asks for the resource {resource!r}, which there is not",
                expected="one of " + ", ".join(sorted({*resources, CHECKPOINTS})),
            )
        values[argument] = resources[resource]()
    for asked in known.values():
        if asked.role is Role.STATUS:
            values[asked.name] = RunStatus(**task.status)
    return values


def _loaded(argument: Argument, given: Given, makers: Sequence[FunctionRef]) -> Any:
    members = typing.get_args(argument.annotation)
    annotation = members[0] if given.listed and members else argument.annotation
    values = [None if item is None else _value(item, annotation, makers) for item in given.items]
    return values if given.listed else values[0]


def _value(item: Stored, annotation: Any, makers: Sequence[FunctionRef]) -> Any:
    try:
        value = decode(item.type, Path(item.path), annotation)
    except NotFoundError:
        # In a process of its own, the reader's module says nothing of a class that the user's own file defines.
        for maker in makers:
            for given in resolve(maker).outputs.values():
                remember(given)
        value = decode(item.type, Path(item.path), annotation)
    return File(str(value)) if annotation is File and isinstance(value, Path) else value


def _encoded(task: Task, step: Step[..., Any], returned: Any) -> dict[str, Encoded | None]:
    names = list(step.outputs)
    if step.several:
        if not isinstance(returned, tuple) or len(returned) != len(names):
            raise InputError(
                f"step {step.name!r} returned {type(returned).__name__}",
                expected=f"{len(names)} values: {', '.join(names)}",
            )
        values = dict(zip(names, returned, strict=True))
    else:
        values = {"result": returned}
    folder = Path(task.folder)
    return {
        name: None
        if value is None
        else encode(value, folder / "outputs" / name, where=f"step {step.name!r}, output {name!r}")
        for name, value in values.items()
    }


def platform_resources(task: Task) -> Mapping[str, Callable[[], Any]]:
    """The resources of the platform, made anew in this process; none if the task needs none of them."""
    if task.platform is None or not {*task.resources.values()} - {CHECKPOINTS}:
        return {}
    provider: Callable[..., Mapping[str, Callable[[], Any]]] = plugins.load_string(task.platform.provider)
    return provider(dict(task.platform.settings))
