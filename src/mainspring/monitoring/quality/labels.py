"""What is known of the truth: how much of it, how late it comes, and whether labelled rows are like the others."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.data import summarize
from mainspring.data.comparison import LEVEL, Measurement, measure
from mainspring.data.schema import DriftLimits
from mainspring.data.schema.paths import escaped
from mainspring.evaluation.reference import TRUTH
from mainspring.monitoring.quality.drawing import some_rows
from mainspring.monitoring.windows.window import FEEDBACK, REQUEST
from mainspring.serving.feedback import Feedback
from mainspring.serving.feedback.record import TRUTH as TRUTH_KEY
from mainspring.serving.payloads import LogRecord

if TYPE_CHECKING:
    from mainspring.data import Table

Floats: TypeAlias = npt.NDArray[np.float64]

CHOSEN_KEY: Final = "review_probability"
"""The feedback that says how probable it was that a row would be chosen to be reviewed."""
CHOSEN: Final = f"feedback.{CHOSEN_KEY}"

LIMITS: Final = DriftLimits(l_infinity=0.1, jensen_shannon=0.1)
"""How far labelled rows may be from the others: as far as rows may drift where nothing else is said."""

_LEAST: Final = 100


@dataclass(frozen=True, slots=True, eq=False)
class LabelDelays:
    """How long the truth takes to come.

    Attributes:
        seconds: Delays that occurred, ascending.
        known: Share of rows whose truth is known after so long, ``[delays]``.
        rows: Rows that were answered.
        labelled: Rows whose truth is known by now.

    Rows whose truth has not come yet count as long as they have waited (E. L. Kaplan and P. Meier, *Nonparametric
    estimation from incomplete observations*, Journal of the American Statistical Association 53, 1958), so that
    the newest rows do not make the truth look later than it is.
    """

    seconds: Floats
    known: Floats
    rows: int
    labelled: int

    def share_after(self, seconds: float) -> float:
        """The share of rows whose truth is known after so long; NaN without rows."""
        if not self.rows:
            return math.nan
        place = int(np.searchsorted(self.seconds, seconds, side="right"))
        return float(self.known[place - 1]) if place else 0.0

    def until(self, share: float) -> float | None:
        """After how many seconds that share of rows is labelled; ``None`` if so many never were."""
        there = np.flatnonzero(self.known >= share)
        return float(self.seconds[there[0]]) if len(there) else None


def review_weights(table: Table) -> Floats | None:
    """The inverse of the probability of each row that was chosen to be reviewed, 0 for others, ``[rows]``.

    ``None`` if no row was. Figures of rows so weighed are those of all rows that could have been chosen
    (D. G. Horvitz and D. J. Thompson, *A generalization of sampling without replacement from a finite universe*,
    Journal of the American Statistical Association 47, 1952).
    """
    if CHOSEN not in table.names or not table.type_of(CHOSEN).is_numeric:
        return None
    chance = np.nan_to_num(table.column(CHOSEN))
    weights: Floats = np.divide(1.0, chance, out=np.zeros(len(chance)), where=chance > 0)
    return weights if weights.any() else None


def label_delays(log: Iterable[LogRecord], feedback: Iterable[Feedback], *, now: float) -> LabelDelays:
    """How long after a request its truth became known, row by row.

    Args:
        log: Requests to one model.
        feedback: What became known; the first truth of a row counts.
        now: Until when the feedback goes, in seconds since the epoch.

    Example:
        >>> log = [LogRecord(id=str(n), time=0.0, model="m", version="1", columns={"x": [1]}) for n in range(4)]
        >>> told = [Feedback(id=str(n), key="truth", value=1, time=10.0 * (n + 1)) for n in range(3)]
        >>> found = label_delays(log, told, now=100.0)
        >>> found.share_after(20.0), found.until(0.75), found.until(0.9)
        (0.5, 30.0, None)
    """
    first: dict[tuple[str, int | None], float] = {}
    for one in feedback:
        if one.key == TRUTH_KEY:
            key = (one.id, one.row)
            first[key] = min(one.time, first.get(key, math.inf))
    waited, came = [], []
    for record in log:
        if record.error is not None:
            continue
        for row in range(record.rows):
            moment = min(first.get((record.id, row), math.inf), first.get((record.id, None), math.inf))
            came.append(moment <= now)
            waited.append(max(min(moment, now) - record.time, 0.0))
    return _kaplan_meier(np.array(waited, dtype=np.float64), np.array(came, dtype=np.bool_))


def labelled_differ(
    table: Table,
    *,
    columns: Sequence[str] | None = None,
    level: float = LEVEL,
) -> tuple[Measurement, ...]:
    """Columns in which rows with a truth differ from those without: figures of the former say little of these.

    A difference has to be past :data:`LIMITS` and more than chance, as for drift. It can only be seen in what is
    known of the rows: labels may be missing for reasons that no column tells.

    Args:
        table: Rows, some with ``feedback.truth``; at most 20,000 of either are compared.
        columns: Which to compare; all but ``feedback.…`` and ``request.…`` if not given.
        level: The share of false alarms that is put up with.

    Returns:
        Those that differ, the largest difference first; nothing if there are fewer than 100 rows of either.

    Raises:
        InputError: If the table has no truth.
    """
    if TRUTH not in table.names:
        raise InputError("the rows have no truth", expected=f"a column {TRUTH}")
    names = [
        name for name in (table.names if columns is None else columns) if not name.startswith((FEEDBACK, REQUEST))
    ]
    there = int(table.sql(f'FROM this SELECT count("{TRUTH}") AS known').column("known")[0])
    if min(there, table.num_rows - there) < _LEAST:
        return ()
    known, unknown = (some_rows(table.where(f'"{TRUTH}" IS {word} NULL').select(names)) for word in ("NOT", ""))
    if not names:
        return ()
    paths = {escaped(name): name for name in names}
    found = measure(
        summarize({"rows": unknown}).split("rows"),
        summarize({"rows": known}).split("rows"),
        between=("unlabelled", "labelled"),
        limits=dict.fromkeys(paths, LIMITS),
        level=level,
    )
    differ = [replace(one, path=paths[one.path]) for one in found if one.drifted]
    return tuple(sorted(differ, key=lambda one: -one.value))


def _kaplan_meier(waited: Floats, came: npt.NDArray[np.bool_]) -> LabelDelays:
    moments, place = np.unique(waited, return_inverse=True)
    events = np.bincount(place, came, len(moments)) if len(waited) else np.zeros(0)
    leaving = np.bincount(place, minlength=len(moments))
    waiting = len(waited) - np.concatenate([[0], np.cumsum(leaving)[:-1]]) if len(waited) else np.zeros(0)
    unknown = np.cumprod(1 - events / np.maximum(waiting, 1))
    there = events > 0
    return LabelDelays(moments[there], 1 - unknown[there], len(waited), int(came.sum()))
