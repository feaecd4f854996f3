"""Computing a batch, so that what is wrong with one request is answered to that request alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from mainspring.core.errors import UnavailableError
from mainspring.serving.batching.joining import Arrays, check_rows, joined, parted
from mainspring.serving.prediction import Inputs
from mainspring.serving.predictor import WrongShapeError
from mainspring.serving.problems import RetryError


class Computes(Protocol):
    """What batching needs of an :class:`mainspring.serving.ports.Answering`."""

    name: str
    version: str

    @property
    def quick(self) -> bool:
        """Whether a row is computed in less time than it takes to hand it to a thread."""
        ...

    def compute(self, inputs: Inputs) -> Arrays:
        """The model's own outputs, row for row."""
        ...


@dataclass(slots=True)
class Outcome:
    """What became of a request of a batch: one of the two.

    Attributes:
        outputs: Its rows of the outputs.
        error: Why there are none.
    """

    outputs: Arrays | None = None
    error: Exception | None = None


@dataclass(slots=True)
class Computed:
    """What became of a batch.

    Attributes:
        outcomes: One per request.
        seconds: How long the model ran, all attempts together.
        attempts: How often it was called.
    """

    outcomes: list[Outcome]
    seconds: float
    attempts: int


class _Attempt:
    """Keeps the exception of its block."""

    __slots__ = ("error",)

    def __init__(self) -> None:
        self.error: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        # Python does not let a future hold a StopIteration.
        self.error = RuntimeError(f"StopIteration: {error}") if isinstance(error, StopIteration) else error
        return True


def compute(model: Computes, parts: Sequence[Inputs], *, sizes: Sequence[int] = ()) -> Computed:
    """Compute requests of one kind together.

    If the model fails, the batch is halved again and again until it is known which requests it fails on: only
    these have errors. If it cannot be reached, or answers another number of rows than it was asked, all have.

    Args:
        model: What computes.
        parts: The requests, at least one.
        sizes: The only numbers of rows that the model takes, growing; empty if it takes any.
    """
    began = time.perf_counter()
    outcomes: list[Outcome] = []
    attempts = 0
    todo = [list(parts)]
    while todo:
        some = todo.pop()
        attempts += 1
        attempt = _Attempt()
        with attempt:
            outcomes += [Outcome(outputs) for outputs in _together(model, some, sizes)]
        error = attempt.error
        if error is None:
            continue
        if len(some) == 1 or isinstance(error, UnavailableError | RetryError | WrongShapeError):
            outcomes += [Outcome(error=error) for _ in some]
        else:
            middle = len(some) // 2
            todo += [some[middle:], some[:middle]]  # the last one is the next
    return Computed(outcomes, time.perf_counter() - began, attempts)


def filled(rows: int, sizes: Sequence[int]) -> int:
    """The rows of a batch once it has an allowed size."""
    return next((size for size in sizes if size >= rows), rows)


def _together(model: Computes, parts: Sequence[Inputs], sizes: Sequence[int]) -> list[Arrays]:
    asked = [part.rows for part in parts]
    rows = filled(sum(asked), sizes)
    outputs = model.compute(joined(parts, rows - sum(asked)))
    check_rows(outputs, rows, f"{model.name} {model.version}")
    return parted(outputs, asked)
