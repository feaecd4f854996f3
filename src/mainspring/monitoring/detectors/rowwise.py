"""Streams of rows of many features, taken by blocks."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt

from mainspring.monitoring.detectors.blocks import Floats, Ints
from mainspring.monitoring.detectors.matrices import OnRows, matrix
from mainspring.monitoring.ports import DetectorState


class Rowwise(OnRows, ABC):
    """A detector that takes rows, and looks at them whenever ``step`` have come together.

    Rows wait in ``pending`` until there are enough, however they came: so that many at once and one by one are the
    same work on the same blocks, to the last digit.
    """

    step: int
    columns: int
    pending: Floats | None

    def update(self, row: npt.ArrayLike) -> DetectorState:
        """Take one row, ``[features]``.

        Raises:
            InputError: If it has another number of features than those before, or a value that is no number.
        """
        alarms = self.update_many(np.asarray(row)[None])
        return DetectorState.DRIFT if alarms.size else DetectorState.STABLE

    def update_many(self, rows: npt.ArrayLike) -> Ints:
        """Take rows, ``[rows, features]``, one after the other, and give the places of the alarms.

        Raises:
            InputError: If one of them is not what the detector takes; then none has been taken.
        """
        given = np.asarray(rows)
        if given.ndim > 1 and len(given) == 0:
            return np.array([], dtype=np.int64)
        coming = matrix(given, columns=self.columns or None, what="stream")
        self.columns = coming.shape[1]
        waited = 0 if self.pending is None else len(self.pending)
        coming = coming if self.pending is None else np.concatenate([self.pending, coming])
        whole = len(coming) - len(coming) % self.step
        ends = range(self.step, whole + 1, self.step)
        alarms = [end - 1 - waited for end in ends if self._take(coming[end - self.step : end])]
        self.pending = coming[whole:].copy() if len(coming) > whole else None
        return np.array(alarms, dtype=np.int64)

    @abstractmethod
    def _take(self, block: Floats) -> bool:
        """Take ``step`` rows, and say whether that is an alarm; after one begin anew."""
