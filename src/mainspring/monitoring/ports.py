"""What detectors and checks promise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.records import Value

if TYPE_CHECKING:
    from mainspring.monitoring.seen import Judged, Seen


class DetectorState(StrEnum):
    """What a detector thinks after an item."""

    STABLE = "STABLE"
    WARNING = "WARNING"
    DRIFT = "DRIFT"


class Detector(Protocol):
    """Watches a stream of figures, item by item.

    Promises:
        - ``update`` takes constant time and memory (ADWIN: the logarithm of its window). After ``DRIFT`` it
          begins anew with the next item; one that has a window keeps what lies after the change.
        - ``update_many`` gives the alarms that ``update`` would have given one by one. If an item is refused, none
          has been taken.
        - ``from_dict(as_dict())`` goes on exactly as the original would; the dict is plain JSON.
        - What is random is drawn from a seed: the same items give the same alarms.
        - A missing value (NaN) is refused and not counted: whoever watches decides what it means.
        - Not safe for threads.
    """

    def update(self, value: float) -> DetectorState:
        """Take one item.

        Raises:
            InputError: If it is not a value that the detector understands.
        """
        ...

    def update_many(self, values: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Take items one after the other.

        Args:
            values: One row of items.

        Returns:
            The places of the alarms among them, from 0, in their order.

        Raises:
            InputError: If one of them is not a value that the detector understands.
        """
        ...

    def as_dict(self) -> Mapping[str, Value]:
        """Settings and memory as plain values."""
        ...

    @classmethod
    def from_dict(cls, value: Mapping[str, Value]) -> Self:
        """The inverse of :meth:`as_dict`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a batch detector thinks of some rows.

    Attributes:
        state: What it thinks.
        distance: How far the rows are from those it was fitted on, in the detector's own measure.
        threshold: From which distance on it alarms; ``None`` if it decides otherwise.
        p_value: How likely so large a distance is by chance alone; ``None`` if it does not say.
        features: How much each feature has to do with it, by name, the largest first; empty if it does not say.
    """

    state: DetectorState
    distance: float
    threshold: float | None = None
    p_value: float | None = None
    features: Mapping[str, float] = field(default_factory=dict)


class BatchDetector(Protocol):
    """Compares one batch of rows after the other with those it was fitted on.

    Promises:
        - ``fit`` gives the detector itself, fitted; what was fitted before is forgotten.
        - ``update`` may remember batches (to adapt its threshold) and says so in its docstring; after ``DRIFT`` a
          detector that adapts takes the batch for its new reference.
        - ``from_dict(as_dict())`` goes on exactly as the original would; the dict is plain JSON.
        - What is random is drawn from a seed: the same batches give the same findings.
        - An empty batch, a missing value (NaN) or another number of columns is refused with an error that names
          the place, unless the docstring gives it a meaning.
        - Not safe for threads.
    """

    def fit(self, reference: npt.ArrayLike) -> Self:
        """Learn what is usual.

        Args:
            reference: ``[rows, features]``, or ``[rows]`` for detectors of one feature.

        Raises:
            InputError: If these are too few rows, or no numbers.
        """
        ...

    def update(self, batch: npt.ArrayLike) -> Finding:
        """Judge a batch.

        Args:
            batch: Rows as for :meth:`fit`.

        Raises:
            InputError: If it is not fitted, or the batch does not fit.
        """
        ...

    def as_dict(self) -> Mapping[str, Value]:
        """Settings and memory as plain values."""
        ...

    @classmethod
    def from_dict(cls, value: Mapping[str, Value]) -> Self:
        """The inverse of :meth:`as_dict`."""
        ...


class Check(Protocol):
    """Looks at one window of a model after the other.

    A check whose memory holds values of rows has an attribute ``keeps_rows`` that is true: when somebody is erased
    from the log, it begins anew.

    Promises:
        - Pure: all that it remembers is the memory that it gives back. The same window, reference and memory give
          the same answer.
        - A check that cannot say anything (too few rows, no labels yet, a column that is not there) gives a reason
          that is ok and says so; it never skips in silence, and never raises because of what a window holds.
        - A check with ``on_truth`` is asked again about a window of which more became known; it must not count any
          row twice. Others are asked about each window once.
        - The reasons of its verdict name the feature, metric or slice in ``subject``, the figure in ``observed``
          and the bound in ``expected``.
    """

    @property
    def name(self) -> str:
        """What it is called in the monitoring file, such as ``drift``."""
        ...

    @property
    def on_truth(self) -> bool:
        """Whether it looks at what became known of the answers."""
        ...

    def judge(self, seen: Seen, memory: Mapping[str, Value]) -> Judged:
        """Judge a window.

        Args:
            seen: The window, and what it is held against.
            memory: What it gave back for the window before; empty for the first one.
        """
        ...
