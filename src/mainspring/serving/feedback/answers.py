"""The latest answers of this process, so that feedback about them can be judged as it comes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy.typing as npt

from mainspring.serving.call import Call

_MOST_ROWS = 1_000


class Answered(NamedTuple):
    """What was answered to a request.

    Attributes:
        model: The model,
        version: and its version.
        labels: What it said of each row: a class or a number.
    """

    model: str
    version: str
    labels: npt.NDArray[Any] | Sequence[Any]


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
        if labels is None or not labels.ndim:
            return
        if labels.base is not None:
            labels = labels.copy()  # a part of what was computed with others would keep all of it
        answers = self._answers
        if call.id in answers:
            self._rows -= len(answers.pop(call.id).labels)
        answers[call.id] = Answered(call.model, call.version, labels)
        self._rows += len(labels)
        while len(answers) > self._most or self._rows > self._most_rows:
            _, oldest = answers.popitem(last=False)
            self._rows -= len(oldest.labels)

    def of(self, request: str) -> Answered | None:
        """The answer to a request, if it is remembered."""
        return self._answers.get(request)
