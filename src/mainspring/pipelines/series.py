"""Metrics that a step logs while it runs: a value at every step or epoch of a training, kept line by line.

A line is on disk when it was logged, beside the step's log, so that a curve can be looked at while it grows. The
last value of every metric is kept in the record with the execution.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Final, SupportsFloat, TextIO

from mainspring.core.clock import now
from mainspring.core.errors import InputError

_SUFFIX: Final = ".metrics.jsonl"
_LONGEST: Final = 200

_target: ContextVar[_File | None] = ContextVar("mainspring_series", default=None)


@dataclass(frozen=True, slots=True)
class Point:
    """A value that was logged.

    Attributes:
        step: Where in the training: a batch, a tree, an iteration.
        value: The value; not a number where the step logged none.
        at: When, in seconds since the epoch.
        epoch: In which pass over the data; ``None`` where the step did not say.
    """

    step: int
    value: float
    at: float
    epoch: float | None = None


def log_metric(
    name: str, value: SupportsFloat, step: int | None = None, *, epoch: SupportsFloat | None = None
) -> None:
    """Keep the value of a metric at this point of a training.

    Called in a step of a run; anywhere else, as in a test of the function alone, it does nothing. What was logged
    for a step of the training before (by an attempt that failed, say) is replaced.

    Args:
        name: The metric, such as ``"validation loss"``.
        value: Its value: any number.
        step: Which step of the training; one more than the last one of this name if it is not given, from 0 on.
        epoch: Which pass over the data, for curves over epochs.

    Raises:
        InputError: If the name is none, the value is no number, or the step is no whole number.

    Example:
        >>> for epoch, loss in enumerate([0.9, 0.5, 0.4]):
        ...     log_metric("loss", loss, epoch)
    """
    if not name.strip() or len(name) > _LONGEST:
        raise InputError(f"{name!r} names no metric", expected=f"a text of 1 to {_LONGEST} characters")
    if step is not None and (isinstance(step, bool) or not hasattr(step, "__index__")):
        raise InputError(f"the step of metric {name!r} is {step!r}", expected="a whole number")
    number = _number(name, "value", value)
    passed = None if epoch is None else _number(name, "epoch", epoch)
    target = _target.get()
    if target is not None:
        target.write(name, number, None if step is None else step.__index__(), passed)


@contextmanager
def writing(log: Path) -> Iterator[Mapping[str, float]]:
    """What is logged in this context goes into the file beside a step's log; it is made if there is any.

    Args:
        log: The step's log.

    Returns:
        The last value of every metric, filled in as they are logged.
    """
    target = _File(file_beside(log))
    token = _target.set(target)
    try:
        yield target.last
    finally:
        _target.reset(token)
        target.close()


def file_beside(log: Path) -> Path:
    """The file with what was logged by the step that has this log."""
    return log.with_suffix(_SUFFIX)


def read_series(log: Path) -> Mapping[str, Sequence[Point]]:
    """The metrics that a step logged, also while it still runs; in the order of their steps.

    Args:
        log: The step's log.
    """
    try:
        lines = file_beside(log).read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    found: dict[str, dict[int, Point]] = {}
    for line in lines:
        try:
            name, step, value, at, epoch = json.loads(line)
        except ValueError:  # the last line, while it is being written
            continue
        found.setdefault(name, {})[step] = Point(step, math.nan if value is None else value, at, epoch)
    return {name: [points[step] for step in sorted(points)] for name, points in found.items()}


class _File:
    """A file with one line for each value. Safe for threads."""

    def __init__(self, path: Path) -> None:
        self.last: dict[str, float] = {}
        self._path = path
        self._file: TextIO | None = None
        self._steps: dict[str, int] = {}
        self._guard = threading.Lock()

    def write(self, name: str, value: float, step: int | None, epoch: float | None) -> None:
        with self._guard:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._path.open("a", encoding="utf-8", buffering=1)
            place = self._steps.get(name, -1) + 1 if step is None else step
            self._steps[name] = place
            finite = value if math.isfinite(value) else None
            self._file.write(json.dumps([name, place, finite, round(now(), 3), epoch]) + "\n")
            if finite is not None:
                self.last[name] = finite

    def close(self) -> None:
        with self._guard:
            if self._file is not None:
                self._file.close()


def _number(name: str, what: str, value: SupportsFloat) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"the {what} of metric {name!r} is {value!r}", expected="a number") from error
