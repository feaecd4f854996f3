"""Asking a shadow what its primary was asked, when nobody waits any more.

A request is handed over once it is answered. A thread takes what has gathered, has the shadow compute it in one
go, and compares. It keeps to a small part of a processor's time where the process is busy, and what it has no time
or no room for is not compared but counted. So a shadow that is slow, or fails, or hangs, costs its primary
nothing. It rests instead of running at a low priority: one that is put aside while it holds the interpreter holds
up all.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np

from mainspring.core.errors import InputError
from mainspring.serving.batching.computing import compute
from mainspring.serving.batching.joining import joined, kind_of
from mainspring.serving.call import Call
from mainspring.serving.prediction import Inputs, Prediction
from mainspring.serving.question import Question
from mainspring.serving.rollout.options import Shadow
from mainspring.serving.rollout.ports import Counting
from mainspring.serving.rollout.shadow import report as reports
from mainspring.serving.rollout.shadow.comparing import compare
from mainspring.serving.rollout.shadow.report import EXAMPLES, Example, Output, Report
from mainspring.serving.served import Served

Redact: TypeAlias = Callable[[Mapping[str, Sequence[Any]], str], Mapping[str, Sequence[Any]]]
"""Takes out of columns what must not be kept; their names there have a prefix."""

_OUTPUT: Final = "output."

GATHER_SECONDS: Final = 0.01
AT_ONCE: Final = 16
SHOW_SECONDS: Final = 0.5
"""How often processes show each other what they know."""
BUSY: Final = 0.2
"""A process that takes more than this part of a processor, apart from its shadow, is busy."""
BUSY_SHARE: Final = 0.01
"""How much of a processor a shadow takes beside a process that is busy,"""
IDLE_SHARE: Final = 0.25
"""and beside one that is not."""

MOST_ROWS: Final = 1_000
_SWITCH_SECONDS: Final = 0.0005
_LONGEST_PAUSE: Final = 1.0
_LONGEST_ERROR: Final = 200
_MOST_ERRORS: Final = 20


class _Asked:
    """A request that was answered."""

    __slots__ = ("id", "prediction", "question", "seconds", "time")

    def __init__(self, call: Call, question: Question, prediction: Prediction) -> None:
        self.id, self.time = call.id, call.time
        self.question, self.prediction, self.seconds = question, prediction, prediction.seconds


class Shadowing:
    """One shadow in one process. Requests are offered by the thread of the event loop.

    Args:
        model: The model.
        options: Of the shadow.
        served: The version that is asked besides.
        folder: Where processes show each other what they know.
        slot: The place of this process among them.
        counting: Counts what becomes of requests.
        redact: Takes out of examples what must not be kept.
    """

    def __init__(
        self,
        model: str,
        options: Shadow,
        served: Served,
        *,
        folder: Path,
        slot: int = 0,
        counting: Counting | None = None,
        redact: Redact | None = None,
    ) -> None:
        self.served = served
        self._model, self._options = model, options
        self._folder, self._slot = folder, slot
        self._counting, self._redact = counting, redact
        self._queue: deque[_Asked] = deque()
        self._filled, self._stopping = threading.Event(), threading.Event()
        self._random = random.Random().random  # noqa: S311  no secret depends on it
        self._share = options.percent / 100.0
        self._lock = threading.Lock()
        self._report, self._changed = reports.read(folder, slot), False
        self._shed = self._told = 0  # one is counted by the event loop alone, the other by whoever tells
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def offer(self, call: Call) -> bool:
        """Compare a request that was answered, if there is room; gives whether it was taken."""
        prediction, question = call.prediction, call.question
        if prediction is None or question is None or call.error is not None or call.made_up:
            return False
        if not 0 < prediction.rows <= MOST_ROWS or (self._share < 1.0 and self._random() >= self._share):
            return False
        if len(self._queue) >= self._options.queue or self.served.model.trouble:
            self._shed += 1
            return False
        self.served.in_flight += 1  # it is not let go of before
        self._queue.append(_Asked(call, question, prediction))
        if self._thread is None:
            self._loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._run, name="shadow", daemon=True)
            self._thread.start()
        if not self._filled.is_set():
            self._filled.set()
        return True

    def report(self) -> Report:
        """What is known, over all processes."""
        self._show()
        return reports.merged(self._folder)

    def close(self) -> None:
        """Ask no more; a shadow that hangs is not waited for."""
        self._stopping.set()
        self._filled.set()
        self.served.in_flight -= len(self._queue)
        self._queue.clear()
        self._show()

    def _run(self) -> None:
        pause, shown = _Pause(), 0.0
        while True:
            self._filled.wait()
            if self._stopping.is_set():
                return
            time.sleep(GATHER_SECONDS)  # the answer goes out meanwhile, and others gather
            self._filled.clear()
            while some := self._taken():
                with pause.at_work(), _politely():
                    self._compare(some)
                    if time.monotonic() - shown > SHOW_SECONDS:
                        self._show()
                        shown = time.monotonic()
                self._let_go(len(some))
                self._stopping.wait(pause.seconds())
            self._show()

    def _taken(self) -> list[_Asked]:
        """What is compared next; nothing if there is nothing, or it is over."""
        some: list[_Asked] = []
        with contextlib.suppress(IndexError):  # it was cleared in another thread
            while self._queue and len(some) < AT_ONCE and not self._stopping.is_set():
                some.append(self._queue.popleft())
        return some

    def _let_go(self, count: int) -> None:
        def release() -> None:
            self.served.in_flight -= count

        with contextlib.suppress(RuntimeError):  # the server is at its end
            if self._loop is not None:
                self._loop.call_soon_threadsafe(release)

    def _compare(self, some: list[_Asked]) -> None:
        """Have the shadow answer requests; whatever happens to it is told in the report."""
        read: dict[object, list[tuple[_Asked, Inputs]]] = {}
        for one in some:
            try:
                inputs = self.served.model.read(one.question)
            except Exception as error:  # noqa: BLE001  a shadow may fail in any way, and nobody else suffers
                self._failed(error)
            else:
                together = getattr(self.served.model, "batches", True)
                read.setdefault(kind_of(inputs) if together else one, []).append((one, inputs))
        for alike in read.values():
            try:
                self._answer(alike)
            except Exception as error:  # noqa: BLE001  likewise
                self._failed(error, len(alike))

    def _answer(self, alike: list[tuple[_Asked, Inputs]]) -> None:
        model = self.served.model
        first, rest = alike[:1], alike[1:]
        computed = compute(model, [inputs for _, inputs in first])
        with self._lock:
            self._report.timed += 1
            self._report.primary_seconds += first[0][0].seconds
            self._report.shadow_seconds += computed.seconds
        outcomes = computed.outcomes
        if rest:
            outcomes = [*outcomes, *compute(model, [inputs for _, inputs in rest]).outcomes]
        good = []
        for (one, inputs), outcome in zip(alike, outcomes, strict=True):
            if outcome.outputs is None:
                self._failed(outcome.error)
            else:
                good.append((one, inputs, outcome.outputs))
        if good:
            outputs = {name: np.concatenate([each[2][name] for each in good]) for name in good[0][2]}
            shadow = model.finish(joined([inputs for _, inputs, _ in good]), outputs, computed.seconds)
            self._note([one for one, _, _ in good], shadow)

    def _note(self, asked: list[_Asked], shadow: Prediction) -> None:
        """Compare the answers to several requests, which the shadow has one after the other."""
        firsts = asked[0].prediction
        names = [name for name in firsts.outputs if all(name in one.prediction.outputs for one in asked)]
        whole = Prediction(
            firsts.inputs,
            {name: np.concatenate([one.prediction.outputs[name] for one in asked]) for name in names},
            firsts.fields,
            sum(one.prediction.rows for one in asked),
            {},
            0.0,
            firsts.classes,
        )
        found = compare(whole, shadow, self._options.tolerance)
        if not found:
            told = ", ".join(map(repr, shadow.outputs)) or "nothing"
            expected = ", ".join(map(repr, firsts.outputs))
            self._failed(InputError(f"the shadow answers {told}", expected=expected), len(asked))
            return
        different = np.zeros(whole.rows, bool)
        distance = np.zeros(whole.rows)
        numbers = any(one.numeric for one in found.values())
        for one in found.values():
            different |= one.different
            if one.numeric or not numbers:  # how far texts are apart says nothing beside numbers
                distance = np.maximum(distance, one.distance)
        starts = np.cumsum([0, *(one.prediction.rows for one in asked)])
        per_request = np.add.reduceat(different, starts[:-1]) if whole.rows else np.zeros(0)
        requests = int(np.count_nonzero(per_request))
        with self._lock:
            report = self._report
            report.asked += len(asked)
            report.different += requests
            report.rows += whole.rows
            report.rows_different += int(different.sum())
            for name, one in found.items():
                finite = one.distance[np.isfinite(one.distance)]
                report.outputs.setdefault(name, Output()).add(
                    Output(
                        whole.rows,
                        int(one.different.sum()),
                        float(finite.sum()) if one.numeric else 0.0,
                        float(finite.max(initial=0.0)) if one.numeric else 0.0,
                        one.numeric,
                    )
                )
            self._changed = True
            self._keep(asked, shadow, different, distance, starts)
        if self._counting is not None:
            for outcome, count in (("different", requests), ("equal", len(asked) - requests)):
                self._counting.compared(self._model, self._options.to, outcome, count)

    def _keep(self, asked: list[_Asked], shadow: Prediction, different: Any, distance: Any, starts: Any) -> None:
        """Keep the most different rows as examples."""
        examples = self._report.examples
        least = min((one.distance for one in examples), default=-1.0) if len(examples) >= EXAMPLES else -1.0
        order = np.argsort(-distance, kind="stable")[:EXAMPLES]
        fresh = Report()
        for place in order:
            if not different[place] or distance[place] <= least:
                continue
            number = int(np.searchsorted(starts, place, side="right")) - 1
            one, row = asked[number], int(place - starts[number])
            fresh.examples.append(
                Example(
                    distance=min(float(distance[place]), 1e300),
                    id=one.id,
                    row=row,
                    time=one.time,
                    columns=self._plain_row(one.prediction.plain_columns(), row),
                    primary=self._plain_row(one.prediction.plain_outputs(), row, _OUTPUT),
                    shadow=self._plain_row(shadow.plain_outputs(), int(place), _OUTPUT),
                )
            )
        if fresh.examples:
            self._report.add(fresh)

    def _plain_row(self, lists: Mapping[str, Sequence[Any]], row: int, prefix: str = "") -> dict[str, Any]:
        cells = {name: [values[row]] for name, values in lists.items() if len(values) > row}
        kept = cells if self._redact is None else self._redact(cells, prefix)
        return {name: values[0] for name, values in kept.items()}

    def _failed(self, error: Exception | None, count: int = 1) -> None:
        text = f"{type(error).__name__}: {error}".splitlines()[0][:_LONGEST_ERROR]
        with self._lock:
            report = self._report
            report.failed += count
            if text in report.errors or len(report.errors) < _MOST_ERRORS:
                report.errors[text] = report.errors.get(text, 0) + count
            self._changed = True
        if self._counting is not None:
            self._counting.compared(self._model, self._options.to, "failed", count)

    def _show(self) -> None:
        with self._lock, contextlib.suppress(OSError):
            shed = self._shed - self._told
            if shed:
                self._told += shed
                self._report.shed += shed
                self._changed = True
                if self._counting is not None:
                    self._counting.compared(self._model, self._options.to, "shed", shed)
            if self._changed:
                self._changed = False
                reports.write(self._folder, self._slot, self._report)


class _Pause:
    """How long a shadow rests, so that it takes no more of the processor than it may."""

    def __init__(self) -> None:
        self._worked = 0.0
        self._wall, self._all = time.monotonic(), time.process_time()
        self._busy = 0.0

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Measure what the thread takes."""
        began = time.thread_time()
        try:
            yield
        finally:
            self._worked = time.thread_time() - began

    def seconds(self) -> float:
        """How long to rest after the last work."""
        wall, used = time.monotonic(), time.process_time()
        if wall - self._wall > 0.05:
            # What others of the process took of one processor lately.
            others = max(0.0, used - self._all - self._worked) / (wall - self._wall)
            self._busy = 0.5 * self._busy + 0.5 * others
            self._wall, self._all = wall, used
        share = BUSY_SHARE if self._busy > BUSY else IDLE_SHARE
        return min(_LONGEST_PAUSE, self._worked * (1.0 / share - 1.0))


@contextlib.contextmanager
def _politely() -> Iterator[None]:
    """Meanwhile, a thread that wants the interpreter gets it soon."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, _SWITCH_SECONDS))
    try:
        yield
    finally:
        sys.setswitchinterval(before)
