"""How a step is run: where, how often it is tried, how long it may take, what its answer means."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from mainspring.core.errors import InputError


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


def isolation_of(word: str, timeout: float | None) -> Isolation:
    """The isolation that a word means.

    Raises:
        InputError: If it means none, or a thread for a step that has a timeout.
    """
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


def retry_of(retries: int | Retry) -> Retry:
    """How to try again, from a number of times or as it is."""
    return retries if isinstance(retries, Retry) else Retry(times=retries)
