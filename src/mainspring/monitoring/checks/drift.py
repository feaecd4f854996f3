"""Drift: do the rows that are asked still look like the rows that were learned from, week after week?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import ClassVar, Final

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import Table, TableStatistics, summarize
from mainspring.data.comparison import LIMITS
from mainspring.evaluation.naming import by_column
from mainspring.monitoring.checks.columns import (
    Column,
    check_limits,
    check_windows,
    judge_columns,
    limits_of,
)
from mainspring.monitoring.checks.earlier import AGAINST, held_against
from mainspring.monitoring.checks.examples import examples
from mainspring.monitoring.checks.wording import reasons_of
from mainspring.monitoring.correction import Memory, Spending
from mainspring.monitoring.seen import Judged, Seen
from mainspring.monitoring.windows.window import LOGGED

USUAL: Final[Mapping[str, float]] = {
    metric: LIMITS[metric] for metric in ("l_infinity", "jensen_shannon", "missing")
}
"""How far a column may move where nothing else is said: about what moving a bell curve by 0.4 deviations does."""
TOGETHER: Final = (1, 6, 24)
MOST_SLICED: Final = 20_000
"""So many rows are looked at inside slices."""
_BLOCKS: Final = 20


@dataclass(frozen=True, kw_only=True)
class DriftCheck:
    """Holds every input of a window against the training, or against windows before.

    A column has drifted if it is past a limit, also without what chance adds, *and* more than chance by an exact
    test. Limits alone alarm on small windows, tests alone on large ones. How much more than chance follows from
    ``false_alarms``, over all columns, slices and windows; see
    :class:`~mainspring.monitoring.correction.FalseAlarms`.
    A shift too small for one window is seen in several taken together.

    Rows are taken to come one by one. Where all rows of a request are alike, give the budget with that in mind.

    Args:
        limits: Column to its own limits by distance, ``{"age": {"jensen_shannon": 0.2}}``; ``{}`` to measure only.
        usual: The limits of all other columns; see :data:`USUAL`. A limit of 0 leaves all to the test.
        exclude: Columns to leave out, such as one that counts time.
        least_rows: With fewer rows, in all windows that are taken together, nothing is said.
        false_alarms: So many in a period on average while nothing changes (``1 per 30d``), or a share of all
            alarms (``5%``).
        together: How many windows are taken together, beside the one; only against the training.
        against: ``training``; ``previous``: the window before, which sees jumps and gets used to what is slow;
            ``weekday`` or ``season``: the same hours of other days, see
            :func:`~mainspring.monitoring.checks.earlier.held_against`.
        slices: Whether to look inside the slices of the model too, each window by itself, 20,000 rows of it.
    """

    name: ClassVar[str] = "drift"
    on_truth: ClassVar[bool] = False

    limits: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    usual: Mapping[str, float] = field(default_factory=lambda: dict(USUAL))
    exclude: tuple[str, ...] = ()
    least_rows: int = 100
    false_alarms: str = "1 per 30d"
    together: tuple[int, ...] = TOGETHER
    against: str = "training"
    slices: bool = False

    def __post_init__(self) -> None:
        """Check the options."""
        Spending.of(self.false_alarms, {})
        check_limits({"usual": self.usual, **self.limits})
        check_windows(self.together, self.least_rows)
        if self.against not in AGAINST:
            raise InputError(f"drift against {self.against!r}", expected="one of " + ", ".join(AGAINST))

    def judge(self, seen: Seen, memory: Mapping[str, Value]) -> Judged:
        """Judge a window."""
        reference = held_against(seen, self.against)
        if isinstance(reference, str):
            reason = Reason(ok=True, code="NOTHING_TO_COMPARE", message=reference)
            return Judged(verdict=Verdict.of(self.name, [reason]), memory=memory)
        held = f"{self.against} of {seen.version}, {reference.num_examples} rows"
        spending, known = Spending.of(self.false_alarms, memory), Memory.of(memory, held)
        pooled = self.against == "training"
        found = judge_columns(
            self._columns(reference, seen.statistics) | (self._inside(seen, reference) if self.slices else {}),
            known.before(seen.window.since) if pooled else (),
            together=self.together if pooled else (1,),
            least_rows=self.least_rows,
            level=spending.level(seen.window.until - seen.window.since),
        )
        spending.spend(found.p_value)
        served = by_column(seen.statistics).features
        whole = {name: one for name, one in found.tables.items() if name in served}
        rows = seen.statistics.num_examples
        reasons = [
            *reasons_of(found, self.against, rows=rows, least_rows=self.least_rows),
            *self._not_compared(seen, reference),
        ]
        if not reasons:
            message = f"the window and {self.against} have no column in common"
            reasons = [Reason(ok=True, code="NOTHING_TO_COMPARE", message=message)]
        return Judged(
            verdict=Verdict.of(
                self.name,
                reasons,
                {"rows": rows, "reference_rows": reference.num_examples, "false_alarms": self.false_alarms},
            ),
            figures={name.replace(" | ", "|"): one.figure for name, one in found.columns.items()},
            memory=known.after(
                seen.window.since,
                whole,
                most=max(self.together) - 1 if pooled else 0,
                spending=spending,
                without=found.alone,
            ),
            rows=examples(seen.window.table, found),
        )

    def _columns(self, reference: TableStatistics, window: TableStatistics) -> dict[str, Column]:
        served = by_column(window).features
        return {
            name: Column(
                reference=feature,
                window=served[name],
                limits=limits_of(feature, self.usual, self.limits.get(name)),
            )
            for name, feature in by_column(reference).features.items()
            if name in served and name not in self.exclude and not name.startswith(LOGGED)
        }

    def _inside(self, seen: Seen, reference: TableStatistics) -> dict[str, Column]:
        """The columns of every slice that both sides have."""
        by = [name for name in seen.slices if name in seen.window.table.names]
        ours = reference.slices
        if not ours and self.against == "training" and seen.reference.rows is not None:
            ours = _sliced(seen.reference.rows, by)
        theirs = seen.statistics.slices or _sliced(seen.window.table, by)
        return {
            f"{name} | {key}": one
            for key in ours
            if key in theirs
            for name, one in self._columns(ours[key], theirs[key]).items()
            if key.split("=", 1)[0] != name
        }

    def _not_compared(self, seen: Seen, reference: TableStatistics) -> Iterator[Reason]:
        served = by_column(seen.statistics).features
        wanted = _asked_for(seen)
        trained = by_column(reference).features
        for name in trained:
            if name in served or name in self.exclude or name.startswith(LOGGED) or not seen.window.table.num_rows:
                continue
            if name in wanted:
                message = f"column {name!r} is gone: no request has it"
                yield Reason(ok=False, code="DROPPED", message=message, subject=name, observed=1.0, expected=0.0)
            elif name != seen.reference.label:
                message = f"column {name!r} is not asked for"
                yield Reason(ok=True, code="NOT_SERVED", message=message, subject=name)
        for name in served:
            if name not in trained and not name.startswith(LOGGED):
                message = f"column {name!r} was not there in {self.against}"
                yield Reason(ok=True, code="NOT_TRAINED", message=message, subject=name)


def _asked_for(seen: Seen) -> frozenset[str]:
    """The columns that requests should have: those of the rows that the model answered when it was made."""
    if seen.reference.rows is not None:
        return frozenset(seen.reference.rows.names)
    return frozenset(by_column(seen.reference.statistics).features) - {seen.reference.label or ""}


def _sliced(table: Table, by: Sequence[str]) -> Mapping[str, TableStatistics]:
    """The statistics of every slice of some rows; of many, blocks that are evenly spread."""
    if not by or not table.num_rows:
        return {}
    kept = table.select([name for name in table.names if not name.startswith(LOGGED)])
    if kept.num_rows > MOST_SLICED:
        size = MOST_SLICED // _BLOCKS
        starts = [block * (kept.num_rows - size) // (_BLOCKS - 1) for block in range(_BLOCKS)]
        kept = reduce(Table.concat, [kept.rows(start, start + size) for start in starts])
    return summarize({"rows": kept}, slices=list(by)).split("rows").slices
