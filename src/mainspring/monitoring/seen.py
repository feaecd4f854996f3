"""What checks look at, and what they give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from mainspring.core.records import Value
from mainspring.core.verdicts import Verdict
from mainspring.monitoring.windows import Window

if TYPE_CHECKING:
    from mainspring.data import TableStatistics
    from mainspring.evaluation.reference import Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number that a check measured in one window, to be charted.

    Attributes:
        value: It; NaN if it could not be measured.
        low: Where it lies at least with 95 % confidence.
        high: Where it lies at most.
        least: Below this it is an alarm.
        most: Above this it is an alarm.
    """

    value: float
    low: float | None = None
    high: float | None = None
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A figure over the windows, oldest first; all arrays are ``[windows]`` of float64, NaN where unknown.

    Attributes:
        times: Where the windows begin, in seconds since the epoch.
        values: The figure.
        low: See :class:`Figure`.
        high: See :class:`Figure`.
        least: See :class:`Figure`.
        most: See :class:`Figure`.
    """

    times: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    least: npt.NDArray[np.float64]
    most: npt.NDArray[np.float64]


class History(Protocol):
    """The figures of the windows before. Safe for threads that read."""

    def names(self, prefix: str = "") -> Sequence[str]:
        """The names of figures that were ever kept, sorted."""
        ...

    def series(self, name: str, *, since: float | None = None, until: float | None = None) -> Series:
        """A figure over time; empty arrays if there is none of that name.

        Args:
            name: Such as ``drift/age`` or ``quality/accuracy|sex=Female``.
            since: Only windows that begin at this time or later.
            until: Only windows that begin before this time.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A window of a model, and what it is held against.

    Attributes:
        model: The model.
        version: The version that answered most of the rows.
        window: The rows: inputs under their names, answers as ``output.…``, what became known as ``feedback.…``,
            and ``request.…``.
        statistics: Of the rows of the window: inputs and answers.
        reference: What the model was trained on.
        previous: Statistics of the window before; ``None`` for the first one.
        history: Figures of all windows before.
        slices: Columns by whose values figures are told apart.
        earlier: Gives the statistics of the windows between two times, in seconds since the epoch, all together;
            ``None`` for times without any. Not there if no profiles are kept.
    """

    model: str
    version: str
    window: Window
    statistics: TableStatistics
    reference: Reference
    previous: TableStatistics | None = None
    history: History
    slices: Sequence[str] = ()
    earlier: Callable[[float, float], TableStatistics | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a check gives.

    Attributes:
        verdict: Ok or not, with all reasons; its gate is the check's name.
        figures: By name without the check's own: ``age`` becomes ``drift/age``; of a slice
            ``accuracy|sex=Female``.
        memory: What the check wants to know when it judges the next window: plain JSON.
        rows: Places in the window's table of rows that show best what is wrong, the clearest first.
    """

    verdict: Verdict
    figures: Mapping[str, Figure] = field(default_factory=dict)
    memory: Mapping[str, Value] = field(default_factory=dict)
    rows: Sequence[int] = ()
