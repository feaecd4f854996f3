"""What the engine asks of a runner, and the plain values that pass between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from mainspring.core.errors import MainspringError, StepError
from mainspring.pipelines.codecs import Encoded


@dataclass(frozen=True, slots=True)
class Stored:
    """An artifact laid out on this machine."""

    type: str
    path: str


@dataclass(frozen=True, slots=True)
class Given:
    """What one argument is given: an artifact, a list of them, or nothing."""

    items: tuple[Stored | None, ...]
    listed: bool = False


@dataclass(frozen=True, slots=True)
class FunctionRef:
    """Where to find a step's function from another process.

    Attributes:
        module: Its module's name.
        name: Its qualified name in the module.
        file: The module's file if it is the user's own; ``None`` for an installed module.
        root: The project's folder, from which the file may import its neighbours.
    """

    module: str
    name: str
    file: str | None = None
    root: str | None = None


@dataclass(frozen=True, slots=True)
class Platform:
    """How another process gets at the platform's resources.

    Attributes:
        provider: Import string of a function that takes ``settings`` and gives factories by resource name.
        settings: JSON.
    """

    provider: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One execution of a step, complete: nothing else is needed to run it, here or in another process.

    Attributes:
        makers: The steps that name the classes of the inputs, for a process that does not know them yet.
        folder: An empty scratch folder; outputs are left there.
        checkpoints: A folder that outlives the attempt and its process, for a step that asks for the resource of
            this name; the next attempt at the same work is given the same.
        log: The file that takes what the step prints and logs.
        timeout: In seconds.
    """

    id: str
    node: str
    function: FunctionRef
    inputs: Mapping[str, Given] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    resources: Mapping[str, str] = field(default_factory=dict)
    status: Mapping[str, Any] = field(default_factory=dict)
    platform: Platform | None = None
    makers: tuple[FunctionRef, ...] = ()
    folder: str
    checkpoints: str = ""
    log: str
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a task failed.

    Attributes:
        error: The error, in words.
        kind: The exception's class, or ``TIMEOUT``, ``KILLED``.
        traceback: As Python prints it; empty where there is none.
        retry: Whether trying again could help; a user's mistake stays one.
    """

    error: str
    kind: str
    traceback: str = ""
    parts: Mapping[str, str | None] = field(default_factory=dict)
    retry: bool = True

    def as_error(self) -> MainspringError:
        """An exception to raise."""
        return StepError(self.error)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a task: its outputs (``None`` for an output that is nothing), or a failure.

    Attributes:
        metrics: The last value of every metric that it logged.
    """

    outputs: Mapping[str, Encoded | None] = field(default_factory=dict)
    seconds: float = 0.0
    failure: Failure | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)


class Runner(Protocol):
    """Runs tasks somewhere.

    Promises:
        - ``submit`` returns at once. ``done`` is called exactly once per task, from any thread.
        - A task that exceeds its timeout or is cancelled ends as a failure of kind ``TIMEOUT`` or ``CANCELED``;
          a runner that cannot stop a task says so in ``can_stop``.
        - What the task prints and logs goes to ``task.log`` while it runs.
        - Nothing is written outside ``task.folder``, ``task.checkpoints``, ``task.log`` and the file of logged
          metrics beside it.
    """

    can_stop: bool

    def submit(self, task: Task, function: Callable[..., Any], done: Callable[[Outcome], None]) -> None:
        """Run a task. ``function`` is the step's function, for runners that share our memory."""
        ...

    def cancel(self, task_id: str) -> None:
        """Stop a task if it still runs."""
        ...

    def close(self) -> None:
        """Stop everything and give back what is held."""
        ...
