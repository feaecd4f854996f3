"""A learner on a stream, row by row: first asked, then told; trained once, at each alarm, or always.

.. code-block:: python

    stream = changing_stream("sea", [0, 2], rows=8000, changes=[4000])
    once = prequential(stream, GaussianNB, warm=1000)
    again = prequential(stream, GaussianNB, watch=on_mistakes(ADWIN()), warm=1000)
    detected(again.alarms, stream.changes, rows=8000), again.accuracy - once.accuracy
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from mainspring.monitoring import ADWIN, KSWIN, Detector, DetectorState, LinearFourRates
from mainspring.monitoring.checks.replaying import change_point
from mainspring.testing.streams import Stream

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

Watch = Callable[[Floats, Ints, Ints, Any], int | None]
"""Takes rows, their labels, what the learner said and the learner, up to the first alarm, and gives its place."""

_BLOCK = 50
_LATELY = 300
_BACK = 30
"""Rows before an alarm that are taken to be of the new concept already."""


class Learner(Protocol):
    """What learns: anything with the two methods of scikit-learn's classifiers."""

    def fit(self, rows: Any, labels: Any) -> Any:
        """Learn from rows and labels only."""
        ...

    def predict(self, rows: Any) -> Any:
        """The labels of rows."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Prequential:
    """How a learner did.

    Attributes:
        alarms: Rows at which the watch alarmed.
        right: ``[rows]``: whether it was right, after the first rows, which it only learned from.
        trained: How often it was trained.
    """

    alarms: tuple[int, ...]
    right: npt.NDArray[np.bool_]
    trained: int

    @property
    def accuracy(self) -> float:
        """The share of rows in which it was right."""
        return float(self.right.mean())


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """What became of the changes of a stream.

    Attributes:
        delays: Rows from each change that was seen to its first alarm.
        missed: Changes that were not seen before the next one.
        false: Alarms that belong to no change.
    """

    delays: tuple[int, ...]
    missed: int
    false: int


def prequential(
    stream: Stream,
    learner: Callable[[], Learner],
    *,
    watch: Watch | None = None,
    warm: int = 1_000,
    train: Literal["once", "alarm", "always"] = "alarm",
) -> Prequential:
    """Ask a learner about each row of a stream, then tell it the label.

    A. P. Dawid, "Statistical theory: the prequential approach", Journal of the Royal Statistical Society A 147
    (1984).

    Args:
        stream: Rows and labels.
        learner: Makes a fresh one.
        watch: Watches how it does, from the row ``warm`` on.
        warm: Rows that it learns from at first, and after each alarm; with ``always`` the last so many.
        train: ``once``; ``alarm``: anew from a little before each alarm, growing until it has seen ``warm`` rows;
            ``always``: anew every 50 rows.
    """
    model, trained = learner(), 1
    model.fit(stream.rows[:warm], stream.labels[:warm])
    right, alarms, place, begin = np.zeros(len(stream.labels), dtype=bool), [], warm, 0
    while place < len(stream.labels):
        end = min(place + _BLOCK, len(stream.labels))
        rows, labels = stream.rows[place:end], stream.labels[place:end]
        said = np.asarray(model.predict(rows))
        found = None if watch is None else watch(rows, labels, said, model)
        if found is not None:
            end = place + found + 1
            alarms.append(end - 1)
        right[place:end] = said[: end - place] == labels[: end - place]
        place = end
        if train == "always":
            begin = place - warm
        elif train == "alarm" and found is not None:
            begin = place - _BACK
        if train != "once" and place - begin <= warm and begin > 0:
            model, trained = learner(), trained + 1
            model.fit(stream.rows[begin:place], stream.labels[begin:place])
    return Prequential(alarms=tuple(alarms), right=right[warm:], trained=trained)


def on_mistakes(detector: Detector, *, two_sided: bool | None = None) -> Watch:
    """Lets a streaming detector watch mistakes, or outcomes of two classes if it is one for them.

    An alarm because there are fewer mistakes than before counts for nothing: it is how a learner learns.

    Args:
        detector: What watches.
        two_sided: Whether it alarms about fewer mistakes, too; found out if it is one of Mainspring's.
    """
    if two_sided is None:
        two_sided = isinstance(detector, ADWIN | KSWIN) or getattr(detector, "direction", "") == "both"

    def watch(rows: Floats, labels: Ints, said: Ints, model: Any) -> int | None:
        wrong = (labels != said).astype(np.int64)
        outcomes = isinstance(detector, LinearFourRates)
        items = LinearFourRates.outcomes(labels, said) if outcomes else wrong
        for place, item in enumerate(items.tolist()):
            since.append(int(wrong[place]))
            if detector.update(item) is DetectorState.DRIFT:
                worse = not two_sided or rises(np.array(since[-_LATELY:], dtype=np.float64))
                since.clear()
                if worse:
                    return place
        return None

    since: list[int] = []
    return watch


def rises(items: Floats) -> bool:
    """Whether the mean is larger after the place where it changes most likely than before it."""
    turn = change_point(items)
    return turn == 0 or items[turn:].mean() > items[:turn].mean()


def detected(alarms: Sequence[int], changes: Sequence[int], *, rows: int, settling: int = 1_000) -> Detected:
    """Hold alarms against the places where a stream changes.

    Args:
        alarms: Where there was one, in rising order.
        changes: Where it changes, in rising order.
        rows: How long it is.
        settling: After the first alarm of a change others within so many rows of the change are no false ones: a
            learner that learns anew makes fewer and fewer mistakes, and a slow change goes on.

    Example:
        >>> detected([40, 130, 150, 800], [100, 500], rows=1000, settling=100)
        Detected(delays=(30, 300), missed=0, false=1)
    """
    delays, missed, ours = [], 0, set[int]()
    for change, following in zip(changes, [*changes, rows][1:], strict=True):
        within = [one for one in alarms if change <= one < following]
        if not within:
            missed += 1
            continue
        delays.append(within[0] - change)
        ours |= {one for one in within if one == within[0] or one < change + settling}
    return Detected(delays=tuple(delays), missed=missed, false=len(set(alarms) - ours))
