"""Features that stand still: the values of the window before again, a clock that stopped, or one that lags."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mainspring.core.records import Value
from mainspring.core.verdicts import Reason
from mainspring.data import ColumnType, Table
from mainspring.data.statistics import FeatureStatistics
from mainspring.monitoring.skew.codes import LAGGING, STALE
from mainspring.monitoring.skew.material import Material

_TIME: Final = "request.time"
_MANY: Final = 20
"""With more different values than this, no two windows are equal by chance."""
_STREAK: Final = 3
"""A column that went beyond all its earlier values in so many windows in a row counts time."""
_SPREADS: Final = 5.0


def find_stale(
    material: Material, memory: Mapping[str, Any], *, since: float, length: float
) -> tuple[list[Reason], dict[str, Value]]:
    """What stands still in a window, and what to remember.

    Columns whose values are exactly those of the window before; columns that counted on in every window, as
    clocks do, and do not any more; and clocks that are further behind the requests than they were, by more than
    the length of a window. A feature that has one value for all is a change since training, and told of there.

    Args:
        material: What is looked at.
        memory: What was remembered of the windows before.
        since: When the window began; one that was judged before, or came late, does not move clocks.
        length: Of the window, in seconds.
    """
    found: list[Reason] = []
    clocks: dict[str, Value] = {}
    again = since <= memory.get("since", -math.inf)
    for name in material.inputs:
        now = material.served.features.get(name)
        before = None if material.previous is None else material.previous.features.get(name)
        if now is None or not now.num_non_missing:
            continue
        found += _repeated(now, before)
        counted = None if again else _Clock.of(now)
        if counted is None:
            continue
        known = memory.get("clocks", {}).get(name, {})
        lag = _lag(material.rows, name, now.type)
        reasons, clocks[name] = counted.judged(name, known, lag, length)
        found += reasons
    return found, {key: memory[key] for key in ("clocks", "since")} if again else {
        "clocks": clocks,
        "since": since,
    }


def _repeated(now: FeatureStatistics, before: FeatureStatistics | None) -> Iterator[Reason]:
    if before is not None and now.unique > _MANY and now == before:
        message = f"column {now.name!r} has exactly the {now.unique:,} different values of the window before"
        yield Reason(ok=False, code=STALE, message=message, subject=now.name, observed=float(now.unique))


class _Clock:
    """The middle and the end of a column of numbers or times."""

    def __init__(self, middle: float, end: float) -> None:
        self._middle, self._end = middle, end

    @classmethod
    def of(cls, feature: FeatureStatistics) -> _Clock | None:
        side = feature.times or feature.numbers
        if side is None or side.max is None or feature.levels:
            return None
        return cls(float(side.median), float(side.max))

    def judged(
        self, name: str, known: Mapping[str, Any], lag: tuple[float, float] | None, length: float
    ) -> tuple[list[Reason], dict[str, Value]]:
        """What stands still, and what is remembered: the end, how long it went on, and the usual lag."""
        end, streak, usual = known.get("end"), int(known.get("streak", 0)), known.get("lag")
        found: list[Reason] = []
        moved = end is not None and self._middle > end
        late = lag is not None and usual is not None and lag[0] - float(usual) > max(length, _SPREADS * lag[1])
        if streak >= _STREAK and lag is not None and late:
            message = f"column {name!r} is {lag[0]:.0f} seconds behind the requests; usually it is {usual:.0f}"
            found.append(
                Reason(ok=False, code=LAGGING, message=message, subject=name, observed=lag[0], expected=usual)
            )
            return found, {**known, "end": max(self._end, float(end or self._end))}
        if streak >= _STREAK and end is not None and self._end <= end:
            message = f"column {name!r} does not count on: its largest value is that of a window before"
            found.append(
                Reason(ok=False, code=STALE, message=message, subject=name, observed=self._end, expected=end)
            )
            return found, {**known}
        kept: dict[str, Value] = {
            "end": self._end if end is None else max(self._end, float(end)),
            "streak": streak + 1 if moved else streak if streak >= _STREAK else 0,
        }
        if lag is not None:
            kept["lag"] = lag[0] if usual is None else 0.8 * float(usual) + 0.2 * lag[0]
        return found, kept


def _lag(rows: Table, name: str, kind: ColumnType) -> tuple[float, float] | None:
    """By how many seconds a column of times is behind the requests: the median, and the spread around it."""
    if kind not in (ColumnType.TIMESTAMP, ColumnType.DATE) or _TIME not in rows.names or name not in rows.names:
        return None
    moments = _seconds(rows.column(name))
    apart = rows.column(_TIME) - moments
    apart = apart[np.isfinite(apart)]
    if not len(apart):
        return None
    low, middle, high = np.quantile(apart, [0.25, 0.5, 0.75]).tolist()
    return middle, high - low


def _seconds(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Texts of ISO 8601 as seconds since the epoch, NaN where missing."""
    texts = ["NaT" if value is None else str(value).rstrip("Z").replace(" ", "T") for value in values]
    moments = np.array(texts, dtype="datetime64[us]")
    return np.where(np.isnat(moments), np.nan, moments.astype(np.int64) / 1e6)
