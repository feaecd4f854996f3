"""Do probabilities still mean what they meant?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.core.verdicts import Reason, Verdict
from mainspring.evaluation.reference import TRUTH
from mainspring.monitoring.correction import Spending
from mainspring.monitoring.quality.calibration import CalibrationShift, calibration_shift, known_calibration
from mainspring.monitoring.quality.reliability import BINS
from mainspring.monitoring.seen import Figure, Judged, Seen

if TYPE_CHECKING:
    from mainspring.data import Table

Pair: TypeAlias = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


@dataclass(frozen=True, kw_only=True)
class CalibrationCheck:
    """Compares, bin by bin, how often things come with how probable they were held, and with the reference.

    An alarm is a change that is more than chance *and* large enough to matter. For two classes it is about the
    positive one, for several about the class that was answered.

    Attributes:
        limit: How far shares may have moved from their probabilities since the reference, as a root mean square.
        bins: With equally many rows of the reference each.
        positive: The class that a binary task is about; the last in sorted order without it.
        least_rows: With fewer rows whose truth is known nothing is said.
        false_alarms: How often an alarm may be nothing but chance, such as ``1 per 30d``.

    Raises:
        InputError: If an option makes no sense.
    """

    name: ClassVar[str] = "calibration"
    on_truth: ClassVar[bool] = True

    limit: float = 0.05
    bins: int = BINS
    positive: str = ""
    least_rows: int = 200
    false_alarms: str = "1 per 30d"

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if not (0 <= self.limit <= 1 and self.bins >= 2 and self.least_rows >= 1):
            raise InputError(
                f"limit {self.limit}, bins {self.bins}, least_rows {self.least_rows}",
                expected="a limit between 0 and 1, two bins or more, one row or more",
                where=self.name,
            )
        Spending.of(self.false_alarms, {})

    def judge(self, seen: Seen, memory: Mapping[str, Value]) -> Judged:
        """Judge a window; see :class:`mainspring.monitoring.ports.Check`."""
        if TRUTH not in seen.window.table.names:
            return self._silent(memory, "NO_LABELS", "no truth is known of any row yet")
        if seen.reference.rows is None:
            return self._silent(memory, "NO_REFERENCE", "the reference has no rows to compare with")
        try:
            window = known_calibration(seen.window.table, positive=self.positive or None)
            reference = _reference(seen.reference.rows, self.positive)
        except InputError as error:
            return self._silent(memory, "CANNOT_MEASURE", f"the calibration cannot be measured: {error.found}")
        fewest = min(len(window[0]), len(reference[0]))
        if fewest < self.least_rows:
            message = f"{fewest} rows have a probability and a truth, {self.least_rows} are needed"
            return self._silent(memory, "TOO_FEW_LABELS", message)
        found = calibration_shift(window, reference, bins=self.bins)
        spending = Spending.of(self.false_alarms, memory)
        again = (seen.window.revision + 1) * (seen.window.revision + 2)  # 1/2 + 1/6 + 1/12 + … is 1
        reason = self._reason(found, spending.level(seen.window.until - seen.window.since) / again)
        spending.spend(1.0 if reason.ok else found.p_value)
        details = {"rows": len(window[0]), "reference_rows": len(reference[0])}
        return Judged(
            verdict=Verdict.of(self.name, [reason], details),
            figures=self._figures(found),
            memory=spending.as_dict(),
        )

    def _reason(self, found: CalibrationShift, level: float) -> Reason:
        ok = found.p_value > level or found.gap <= self.limit
        moved = "moved away from their probabilities" if not ok else "are as probable as in the reference"
        return Reason(
            ok=ok,
            code="CALIBRATION_OK" if ok else "CALIBRATION_MOVED",
            message=f"shares {moved}: by {found.gap:.3g} since the reference (limit {self.limit:g}, "
            f"p {found.p_value:.2g}); calibration error {found.error:.3g}, {found.reference.error:.3g} before",
            subject="calibration",
            observed=found.gap,
            expected=self.limit,
        )

    def _figures(self, found: CalibrationShift) -> dict[str, Figure]:
        low, high = found.interval
        figures = {
            "error": Figure(value=found.error, low=low, high=high),
            "gap": Figure(value=found.gap, most=self.limit),
        }
        for one in found.window.bins:
            if one.rows > 0:
                name = f"share|probability={one.low:.3g} to {one.high:.3g}"
                figures[name] = Figure(value=one.share, low=one.interval.low, high=one.interval.high)
                figures[name.replace("share", "mean", 1)] = Figure(value=one.probability)
        return figures

    def _silent(self, memory: Mapping[str, Value], code: str, message: str) -> Judged:
        return Judged(verdict=Verdict.of(self.name, [Reason(ok=True, code=code, message=message)]), memory=memory)


@lru_cache(maxsize=4)
def _reference(rows: Table, positive: str) -> Pair:
    """Read once for many windows."""
    return known_calibration(rows, positive=positive or None)
