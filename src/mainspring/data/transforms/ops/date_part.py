"""Parts of a date: year, month, day, weekday, hour, minute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainspring.data.transforms.ops.op import Op

if TYPE_CHECKING:
    import numpy as np

PARTS: Final = ("year", "quarter", "month", "day", "day_of_year", "weekday", "hour", "minute", "second")
"""The parts there are. ``weekday`` counts from Monday, 0.0; ``day_of_year`` and ``quarter`` count from 1.0."""


@dataclass(frozen=True, slots=True)
class DatePart(Op):
    """A part of a moment in seconds since 1970, in UTC by the Gregorian calendar; NaN stays NaN.

    All steps are floors, quotients and products of whole numbers in float64, so that they are exact: with
    ``days = floor(x / 86400)``, weekday is ``(days + 3) mod 7``; year, month and day follow Hinnant's
    ``civil_from_days`` (http://howardhinnant.github.io/date_algorithms.html).
    """

    part: str

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The part, float64 ``[n]``."""
        import numpy as np

        (seconds,) = values
        found: np.ndarray
        days = np.floor(seconds / 86_400.0)
        rest = seconds - days * 86_400.0
        match self.part:
            case "hour":
                found = np.floor(rest / 3600.0)
            case "minute":
                found = np.floor(rest / 60.0) - np.floor(rest / 3600.0) * 60.0
            case "second":
                found = np.floor(rest) - np.floor(rest / 60.0) * 60.0
            case "weekday":
                found = days + 3.0 - np.floor((days + 3.0) / 7.0) * 7.0
            case "day_of_year":
                found = days - _days_before(_civil(days)[0]) + 1.0
            case "quarter":
                found = np.floor((_civil(days)[1] + 2.0) / 3.0)
            case _:
                found = _civil(days)[("year", "month", "day").index(self.part)]
        return found


def _civil(days: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Year, month and day of days since 1970."""
    import numpy as np

    shifted = days + 719_468.0
    era = np.floor(shifted / 146_097.0)
    day_of_era = shifted - era * 146_097.0
    leaps = np.floor(day_of_era / 1460.0) - np.floor(day_of_era / 36_524.0) + np.floor(day_of_era / 146_096.0)
    year_of_era = np.floor((day_of_era - leaps) / 365.0)
    before = 365.0 * year_of_era + np.floor(year_of_era / 4.0) - np.floor(year_of_era / 100.0)
    day_of_year = day_of_era - before
    month_from_march = np.floor((5.0 * day_of_year + 2.0) / 153.0)
    day = day_of_year - np.floor((153.0 * month_from_march + 2.0) / 5.0) + 1.0
    late = np.where(month_from_march >= 10.0, 1.0, 0.0)
    month = month_from_march + 3.0 - late * 12.0
    return year_of_era + era * 400.0 + late, month, day


def _days_before(year: np.ndarray) -> np.ndarray:
    """Days from 1970 to the first of January of a year."""
    import numpy as np

    past = year - 1.0
    return past * 365.0 + np.floor(past / 4.0) - np.floor(past / 100.0) + np.floor(past / 400.0) - 719_162.0
