"""Answers to many rows at once: a row on which the model fails does not spoil those beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import MainspringError, NotFoundError, UnavailableError
from mainspring.evaluation.assertions import Assertion
from mainspring.models.signature import Field, Signature
from mainspring.serving.asserting import ERROR, Guard, assertions_of
from mainspring.serving.ports import Runtime, Servable
from mainspring.serving.predictor import ModelError

Arrays: TypeAlias = Mapping[str, npt.NDArray[Any]]

MOST_FAILED: Final = 1000
"""After so many rows of a part on which the model fails one by one, it is taken for broken."""

FIRST_FAILED: Final = 20
"""The same while it has answered none."""

ROWS_AT_ONCE: Final = {"onnx": 4096, "foreign-onnx": 4096}
"""By runtime, rows of one call: what lies between the steps of a graph stays near the processor, and memory small.
Others are given all rows at once; a call of them may cost more than many rows.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Answers to some rows.

    Attributes:
        outputs: ``label`` and ``probabilities``, or ``prediction``; of a model with assertions also ``assertions``
            and ``error``. A row without an answer has the label ``None`` and NaN for numbers.
        own: What the model said before assertions changed it; the same as ``outputs`` where nothing was changed.
        failed: Row, from 0, to how the model failed on it.
        violated: Name of an assertion to the number of rows that violate it.
        blocked: Rows whose answer is blocked.
        overridden: Rows whose answer was changed otherwise.
        seconds: How long the model ran.
    """

    outputs: Arrays
    own: Arrays
    failed: Mapping[int, str] = field(default_factory=dict)
    violated: Mapping[str, int] = field(default_factory=dict)
    blocked: int = 0
    overridden: int = 0
    seconds: float = 0.0


class Scorer(Protocol):
    """Answers rows.

    Promises: ``score`` takes every column of the signature, at least one row, and gives an answer or a reason for
    every row, in their order. It may be called again after an error.
    """

    @property
    def signature(self) -> Signature:
        """What it asks for and answers."""
        ...

    @property
    def asserting(self) -> bool:
        """Whether answers have the outputs ``assertions`` and ``error``."""
        ...

    @property
    def changing(self) -> bool:
        """Whether it tells the model's own answers where an assertion changed them."""
        ...

    def score(self, columns: Arrays, rows: int) -> Scored:
        """Answer rows.

        Raises:
            ModelError: If the model fails whatever it is asked.
            UnavailableError: If it cannot be asked at all.
        """
        ...

    def close(self) -> None:
        """Give back what is held; it is not asked again."""
        ...


class PackageScorer:
    """A package, loaded in this process. Not safe for threads.

    Args:
        package: What answers.
        threads: The most threads of one call.
    """

    def __init__(self, package: Servable, *, threads: int = 1) -> None:
        self.signature = package.signature
        self._assertions = assertions_of(package)
        self._runtime = package.open(threads=threads)
        self._guard = Guard(self._assertions, self.signature.classes) if self._assertions else None
        self._at_once = ROWS_AT_ONCE.get(package.runtime)

    @property
    def asserting(self) -> bool:
        """Whether it has assertions."""
        return bool(self._assertions)

    @property
    def changing(self) -> bool:
        """Whether one of them may change an answer."""
        return changing(self._assertions)

    def score(self, columns: Arrays, rows: int) -> Scored:
        """Answer rows; see :class:`Scorer`."""
        began = time.perf_counter()
        outputs, failed = isolated(self._asked, columns, rows, self.signature.outputs)
        seconds = time.perf_counter() - began
        if self._guard is None:
            return Scored(outputs=outputs, own=outputs, failed=failed, seconds=seconds)
        return self._held(columns, rows, outputs, failed, seconds)

    def close(self) -> None:
        """Nothing is held but memory."""

    def _asked(self, columns: Arrays) -> Arrays:
        """The model's own answers, a few rows at a time where that is better."""
        rows = len(next(iter(columns.values()), ()))
        step = self._at_once or rows
        if rows <= step:
            return checked(self._runtime, self.signature, columns)
        pieces = [
            checked(
                self._runtime,
                self.signature,
                {name: values[start : start + step] for name, values in columns.items()},
            )
            for start in range(0, rows, step)
        ]
        return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}

    def _held(
        self, columns: Arrays, rows: int, outputs: Arrays, failed: Mapping[int, str], seconds: float
    ) -> Scored:
        guard = self._guard
        if guard is None or len(failed) == rows:
            texts = np.full(rows, "", dtype=object)
            outputs = {**outputs, "assertions": texts, ERROR: texts.copy()}
            return Scored(outputs=outputs, own=outputs, failed=failed, seconds=seconds)
        kept = np.setdiff1d(np.arange(rows), list(failed)) if failed else None
        some = outputs if kept is None else {name: values[kept] for name, values in outputs.items()}
        asked = columns if kept is None else {name: values[kept] for name, values in columns.items()}
        held, answered = guard.hold(asked, some)
        own = answered.own
        if kept is not None:
            held, own = spread(held, kept, rows), spread(own, kept, rows)
        changed = sum(
            any(one.action == "override" for one in violated)
            for place, violated in enumerate(answered.violated)
            if violated and place not in answered.blocked
        )
        return Scored(
            outputs=held,
            own=own,
            failed=failed,
            violated={one.name: count for one, count in answered.counts.items()},
            blocked=len(answered.blocked),
            overridden=changed,
            seconds=seconds,
        )


def changing(assertions: Sequence[Assertion]) -> bool:
    """Whether one of some assertions may change or block an answer."""
    return any(one.action != "flag" for one in assertions)


def checked(runtime: Runtime, signature: Signature, columns: Arrays) -> Arrays:
    """The outputs of a runtime, which are of the shapes that the signature says.

    Raises:
        ModelError: If they are not.
    """
    rows = len(next(iter(columns.values()), ()))
    outputs = runtime.predict(columns)
    for one in signature.outputs:
        values = outputs.get(one.name)
        wanted = (rows, *one.shape[1:])
        if values is None or values.shape != wanted:
            raise ModelError(
                f"output {one.name!r} has shape {'none' if values is None else list(values.shape)}",
                expected=f"shape {list(wanted)}, as the signature says",
            )
    return outputs


def isolated(
    ask: Callable[[Arrays], Arrays], columns: Arrays, rows: int, outputs: Sequence[Field]
) -> tuple[Arrays, dict[int, str]]:
    """Outputs of rows, and the rows for which there are none because asking for them raises.

    If asking for all raises, halves are asked, and so on: one bad row among ``n`` costs about ``2 log2 n`` calls.

    Raises:
        ModelError: If none of the first :data:`FIRST_FAILED` rows is answered, or :data:`MOST_FAILED` are not.
        UnavailableError: If asking raises it: that is about no row. ``NotFoundError`` as well.
    """
    first = _tried(ask, columns)
    if not isinstance(first, Exception):
        return first, {}
    failed: dict[int, str] = {}
    pieces: list[tuple[int, int, Arrays]] = []
    waiting = [(0, rows)] if rows == 1 else [(rows // 2, rows), (0, rows // 2)]
    while waiting:
        start, stop = waiting.pop()
        answered = _tried(ask, {name: values[start:stop] for name, values in columns.items()})
        if not isinstance(answered, Exception):
            pieces.append((start, stop, answered))
        elif stop - start == 1:
            failed[start] = told(answered)
        else:
            middle = (start + stop) // 2
            waiting += [(middle, stop), (start, middle)]
        if len(failed) >= (MOST_FAILED if pieces else FIRST_FAILED):
            raise ModelError(f"the model fails row after row: {told(first)}") from first
    return _assembled(pieces, rows, outputs), failed


def told(error: Exception) -> str:
    """An error of a model in one line."""
    if isinstance(error, MainspringError):
        return error.found
    text = str(error).strip().splitlines()
    return f"the model failed: {type(error).__name__}: {text[0] if text else ''}".rstrip(": ")


def spread(outputs: Arrays, places: npt.NDArray[np.int64], rows: int) -> Arrays:
    """Outputs of some rows among all: the others have ``None`` for a text, and NaN for a number."""
    found: dict[str, npt.NDArray[Any]] = {}
    for name, values in outputs.items():
        is_text = values.dtype == object
        whole = np.full((rows, *values.shape[1:]), None if is_text else np.nan, object if is_text else np.float64)
        whole[places] = values
        found[name] = whole
    return found


def nothing(outputs: Sequence[Field]) -> Arrays:
    """The outputs of no row."""
    return {
        one.name: np.empty((0, *one.shape[1:]), dtype=object if one.datatype == "BYTES" else np.float64)
        for one in outputs
    }


def _tried(ask: Callable[[Arrays], Arrays], columns: Arrays) -> Arrays | Exception:
    """Outputs of rows, or what the model raised at them."""
    try:
        return ask(columns)
    except (UnavailableError, NotFoundError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever a model raises is about the rows until proved otherwise
        return error


def _assembled(pieces: Sequence[tuple[int, int, Arrays]], rows: int, outputs: Sequence[Field]) -> Arrays:
    if not pieces:
        return spread(nothing(outputs), np.empty(0, dtype=np.int64), rows)
    places = np.concatenate([np.arange(start, stop) for start, stop, _ in pieces])
    names = pieces[0][2]
    joined = {name: np.concatenate([outputs[name] for _, _, outputs in pieces]) for name in names}
    return spread(joined, places, rows)
