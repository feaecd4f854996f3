"""The figures of windows that were looked at, in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan
from typing import Final

import numpy as np
import numpy.typing as npt

from mainspring.monitoring.seen import Figure, Series

_FIRST: Final = 64
_COLUMNS: Final = 6


class Figures:
    """A history that grows window by window; see :class:`mainspring.monitoring.seen.History`."""

    def __init__(self) -> None:
        self._kept: dict[str, npt.NDArray[np.float64]] = {}
        self._lengths: dict[str, int] = {}

    def append(self, since: float, figures: Mapping[str, Figure]) -> None:
        """Keep the figures of a window; what was kept of the same window before is replaced."""
        for name, one in figures.items():
            row = (since, one.value, *(nan if x is None else x for x in (one.low, one.high, one.least, one.most)))
            kept = self._kept.setdefault(name, np.empty((_COLUMNS, _FIRST)))
            length = self._lengths.get(name, 0)
            place = int(np.searchsorted(kept[0, :length], since))
            if place < length and kept[0, place] == since:
                kept[:, place] = row
                continue
            if length == kept.shape[1]:
                kept = self._kept[name] = np.concatenate([kept, np.empty_like(kept)], axis=1)
            kept[:, place + 1 : length + 1] = kept[:, place:length].copy()
            kept[:, place] = row
            self._lengths[name] = length + 1

    def names(self, prefix: str = "") -> Sequence[str]:
        """The names of figures that were ever kept, sorted."""
        return sorted(name for name in self._kept if name.startswith(prefix))

    def series(self, name: str, *, since: float | None = None, until: float | None = None) -> Series:
        """A figure over time; see :meth:`mainspring.monitoring.seen.History.series`."""
        kept = self._kept.get(name, np.empty((_COLUMNS, 0)))[:, : self._lengths.get(name, 0)]
        first = 0 if since is None else int(np.searchsorted(kept[0], since))
        last = kept.shape[1] if until is None else int(np.searchsorted(kept[0], until))
        times, values, low, high, least, most = kept[:, first:last]
        return Series(times=times, values=values, low=low, high=high, least=least, most=most)
