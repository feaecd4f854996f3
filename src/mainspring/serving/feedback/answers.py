"""The latest answers of this process, so that feedback about them can be judged as it comes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from mainspring.serving.call import Call
from mainspring.serving.decision import Decision
from mainspring.serving.visit import path_of

_NOTHING = np.empty(0)
_MOST_ROWS = 1_000
_MOST_BYTES = 2_048

COMPONENT = "component"
"""What runs classes of the user's."""


class Answered(msgspec.Struct, frozen=True, eq=False):
    """What was answered to a request.

    Attributes:
        model: The model,
        version: and its version.
        labels: What it said of each row: a class or a number; nothing if it says neither.
        decisions: Where routers sent the request.
        columns: The rows, if routers looked at them, or classes may be told of them and they take little room.
        path: The models that it was at in a graph: node, model and version.
    """

    model: str
    version: str
    labels: npt.NDArray[Any] | Sequence[Any]
    decisions: tuple[Decision, ...] = ()
    columns: Mapping[str, npt.NDArray[Any] | Sequence[Any]] | None = None
    path: tuple[tuple[str, str, str], ...] = ()


class LatestAnswers:
    """Remembers the latest answers; an observer of :class:`mainspring.serving.dispatch.Dispatcher`.

    Args:
        most: How many.
        most_rows: How many rows all of them may have: what is remembered takes a few megabytes at most.
    """

    def __init__(self, most: int = 10_000, *, most_rows: int = 50_000) -> None:
        self._most, self._most_rows, self._rows = most, most_rows, 0
        self._answers: OrderedDict[str, Answered] = OrderedDict()  # a dict finds its oldest ever more slowly

    def __call__(self, call: Call) -> None:
        """Remember the answer to a call."""
        prediction = call.prediction
        if prediction is None or call.made_up or call.error is not None or prediction.rows > _MOST_ROWS:
            return
        outputs = prediction.outputs
        labels = outputs.get("label")
        if labels is None:
            labels = outputs.get("prediction")
        decisions, columns = call.decisions, None
        if labels is None or not labels.ndim:
            if not decisions and not call.visits and not _tells(call):
                return
            labels = _NOTHING
        if labels.base is not None:
            labels = labels.copy()  # a part of what was computed with others would keep all of it
        answers = self._answers
        before = answers.pop(call.id, None)
        if before is not None:
            self._rows -= len(before.labels)
        path = path_of(call.visits) if call.visits else ()
        if (decisions and call.undecided is not None) or ((path or _tells(call)) and _few(prediction.columns)):
            columns = prediction.columns
        answers[call.id] = Answered(call.model, call.version, labels, decisions, columns, path)
        self._rows += len(labels)
        while len(answers) > self._most or self._rows > self._most_rows:
            _, oldest = answers.popitem(last=False)
            self._rows -= len(oldest.labels)

    def of(self, request: str) -> Answered | None:
        """The answer to a request, if it is remembered."""
        return self._answers.get(request)


def _tells(call: Call) -> bool:
    """Whether the model of a call is a class, which may want to know the rows when it is told feedback."""
    return call.served is not None and call.served.model.runtime == COMPONENT


def _few(columns: Mapping[str, npt.NDArray[Any]]) -> bool:
    """Whether rows take little room; those that do not are looked up in the log when they are needed."""
    return sum([one.nbytes for one in columns.values()]) <= _MOST_BYTES
