"""Detectors on streams: what they watch, how they are set, and what they said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from mainspring.app.api.subjects.monitoring.sight import Sight
from mainspring.core.errors import MainspringError
from mainspring.monitoring.checks.streams import StreamsCheck
from mainspring.monitoring.monitor.memory import Memory
from mainspring.monitoring.seen import Series

_CHECK: Final = "streams"
_COUNTED: Final = ("items", "origin", "count", "total", "mean")
"""What detectors remember, and no setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDetector:
    """A detector that looks at one row after the other.

    Attributes:
        name: Its name.
        watches: What it watches: ``mistakes``, a column, and so on.
        state: ``STABLE``, or ``DRIFT`` if the last window had an alarm.
        settings: Its parameters, thresholds among them, as they are.
        windows: How many windows' items it remembers.
        mean: The mean of what it watches, in the last window.
        alarms: How many alarms it raised in the stretch of time.
        alarmed: Where the window of the last alarm begins; ``None`` without one.
    """

    name: str
    watches: str
    state: str
    settings: Mapping[str, Any]
    windows: int
    mean: float | None
    alarms: int
    alarmed: float | None


def detectors_of(sight: Sight, model: str, figures: Mapping[str, Series]) -> Sequence[ShownDetector]:
    """The detectors on streams of a model, as the monitor remembers them.

    Args:
        sight: What the watch saw.
        model: The model.
        figures: Its figures in a stretch of time.
    """
    try:
        remembered = Memory.load(sight.home / model).checks.get(_CHECK, {})
        check = sight.declared[model].checks.get(_CHECK) if model in sight.declared else None
    except MainspringError:
        return []
    declared = dict(check.detectors) if isinstance(check, StreamsCheck) else {}
    return [
        _shown(name, declared.get(name, {}), remembered.get(name, {}), figures)
        for name in dict.fromkeys([*declared, *remembered])
    ]


def _shown(
    name: str, said: Mapping[str, Any], memory: Mapping[str, Any], figures: Mapping[str, Series]
) -> ShownDetector:
    start = memory.get("start", {})
    settings = {
        key: one for key, one in start.items() if isinstance(one, (bool, int, float, str)) and key not in _COUNTED
    }
    settings |= {key: one for key, one in said.items() if key not in ("watch", "detector")}
    alarms = figures.get(f"{_CHECK}/{name}.alarms")
    known = np.flatnonzero(alarms.values > 0) if alarms is not None else np.empty(0, dtype=int)
    last = alarms is not None and alarms.values.size > 0 and alarms.values[-1] > 0
    mean = figures.get(f"{_CHECK}/{name}")
    means = mean.values[np.isfinite(mean.values)] if mean is not None else np.empty(0)
    return ShownDetector(
        name=name,
        watches=str(said.get("watch", "mistakes")),
        state="DRIFT" if last else "STABLE",
        settings=settings,
        windows=len(memory.get("parts", ())),
        mean=float(means[-1]) if means.size else None,
        alarms=0 if alarms is None else int(np.nansum(alarms.values)),
        alarmed=None if alarms is None or not known.size else float(alarms.times[known[-1]]),
    )
