"""Concept drift: do the same inputs have other answers now? Told from the truth, and from where it went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final

import numpy as np

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import Table
from mainspring.data.comparison import shift_kinds
from mainspring.evaluation.metrics.intervals import wilson
from mainspring.evaluation.reference import OUTPUT, TRUTH
from mainspring.monitoring.checks.columns import check_windows
from mainspring.monitoring.checks.drift import TOGETHER
from mainspring.monitoring.checks.mistakes.errors import Errors, indicators, read_errors
from mainspring.monitoring.checks.mistakes.judging import Found, Parts, Standing
from mainspring.monitoring.checks.mistakes.parts import cut
from mainspring.monitoring.correction import Memory, Spending, assess
from mainspring.monitoring.quality.answers import Answers
from mainspring.monitoring.seen import Figure, Judged, Seen
from mainspring.monitoring.windows.window import LOGGED

_MOST_ROWS: Final = 20_000
_SHOWN: Final = 5


@dataclass(frozen=True, kw_only=True)
class ConceptCheck:
    """Holds the errors of a window, as far as the truth is known, against those on the held-out rows.

    Every value of every column is a slice, numbers by the deciles of the training, and so are all rows together.
    Of each the share of wrong answers is compared (of a regression that of errors as large as the worst fifth of
    the reference, and that of residuals above their median), by exact tests that share one budget of false alarms
    over slices and windows. Of the slices that have become worse those are named that are not explained by others:
    where the labels of one slice flip, that slice is named, and not all that overlap with it. More errors overall
    that are just what more rows of a hard slice let expect are no concept drift, and said to be none. The
    distribution of the losses (or residuals) is compared as a whole too: its tail may grow while the share of
    errors stays.

    Args:
        columns: The columns to slice by; all inputs without any.
        exclude: Columns to leave out.
        worse: By how much a share of errors may rise; 0.05.
        apart: How far the distribution functions of the losses may be apart; 0.1.
        least_rows: With fewer rows whose truth is known, of all rows or in a slice, nothing is said of it.
        false_alarms: So many in a period on average while nothing changes, or a share of all alarms. A window that
            is judged again because more truth has come does not spend more: its first time may have half of it.
        together: How many windows are taken together, beside the one.
        kinds: Whether to ask, after an alarm, which kind of shift explains it
            (:func:`mainspring.data.comparison.shift_kinds`): takes seconds, and needs scikit-learn.
    """

    name: ClassVar[str] = "concept"
    on_truth: ClassVar[bool] = True

    columns: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    worse: float = 0.05
    apart: float = 0.1
    least_rows: int = 30
    false_alarms: str = "1 per 30d"
    together: tuple[int, ...] = TOGETHER
    kinds: bool = False

    def __post_init__(self) -> None:
        """Check the options."""
        Spending.of(self.false_alarms, {})
        check_windows(self.together, self.least_rows)
        if not (0 <= self.worse < 1 and 0 <= self.apart < 1):
            raise InputError(f"worse is {self.worse}, apart is {self.apart}", expected="shares from 0 to 1")

    def judge(self, seen: Seen, memory: Mapping[str, Value]) -> Judged:
        """Judge a window."""
        read = self._read(seen)
        if isinstance(read, Reason):
            return Judged(verdict=Verdict.of(self.name, [read]), memory=memory)
        ours, theirs = read
        parts = self._parts(seen, ours, theirs)
        spending = Spending.of(self.false_alarms, memory)
        known = Memory.of(memory, f"{seen.version}, {len(ours.rows)} rows")
        # A window is judged again whenever truth has come, with 1/2, 1/6, 1/12, ... of its part of the budget.
        again = (seen.window.revision + 1) * (seen.window.revision + 2)
        level = spending.level(seen.window.until - seen.window.since) / again
        tables = parts.tables
        tests = assess(tables, known.before(seen.window.since), together=self.together, least_rows=self.least_rows)
        standing = Standing(parts=parts, tests=tests, level=level, worse=self.worse, apart=self.apart)
        found = list(standing.judged())
        failed = [one for one in found if not one.reason.ok]
        spending.spend(min((one.p_value for one in failed), default=1.0))
        reasons = [one.reason for one in found] + list(self._notes(seen, ours, theirs, failed))
        return Judged(
            verdict=Verdict.of(self.name, reasons, {"rows": len(theirs.rows), "reference_rows": len(ours.rows)}),
            figures=dict(self._figures(seen, parts)),
            memory=known.after(
                seen.window.since,
                tables,
                most=max(self.together) - 1,
                spending=spending,
                without=frozenset(one.key for one in failed if one.windows == 1),
            ),
            rows=_examples(parts, theirs, failed),
        )

    def _read(self, seen: Seen) -> tuple[Errors, Errors] | Reason:
        """The errors of the reference and of the window, or why there are none."""
        rows, table = seen.reference.rows, seen.window.table
        if rows is None or TRUTH not in rows.names:
            message = "nothing is known of the errors before: the reference has no rows with answers and truth"
            return Reason(ok=True, code="NO_REFERENCE_ROWS", message=message)
        if TRUTH not in table.names or not table.num_rows:
            return Reason(ok=True, code="NO_LABELS", message="of no row in the window is the truth known yet")
        try:
            ours = _usual(rows)
            theirs = None if ours is None else read_errors(table, ours[0].classes)
        except InputError as error:
            return Reason(ok=True, code="NOT_JUDGED", message=f"errors cannot be told: {error.found}")
        if ours is None or theirs is None or not len(ours[1].rows):
            return Reason(ok=True, code="NOT_JUDGED", message="there are no answers that could be wrong")
        if not len(theirs[1].rows):
            return Reason(ok=True, code="NO_LABELS", message="of no row in the window is the truth known yet")
        return ours[1].thinned(_MOST_ROWS), theirs[1].thinned(_MOST_ROWS)

    def _parts(self, seen: Seen, ours: Errors, theirs: Errors) -> Parts:
        features = {
            name: feature
            for name, feature in seen.reference.statistics.features.items()
            if (not self.columns or name in self.columns)
            and name not in self.exclude
            and not name.startswith(LOGGED)
            and name != seen.reference.label
        }
        rows = seen.reference.rows or seen.window.table
        return Parts.of(
            cut(features, (rows, ours.rows), (seen.window.table, theirs.rows)),
            indicators(ours, theirs),
            (ours, theirs),
            least=self.least_rows,
        )

    def _notes(self, seen: Seen, ours: Errors, theirs: Errors, failed: list[Found]) -> Iterator[Reason]:
        if theirs.sampled or ours.sampled:
            message = f"of many rows {_MOST_ROWS} were looked at, evenly spread"
            yield Reason(ok=True, code="SAMPLED", message=message)
        if self.kinds and failed and seen.reference.rows is not None:
            yield _kinds(seen.reference.rows, seen.window.table)

    def _figures(self, seen: Seen, parts: Parts) -> Iterator[tuple[str, Figure]]:
        """The shares of wrong answers: of all rows, and of the slices that the model is watched by."""
        for key, counts in parts.tables.items():
            column = key.partition(" | ")[2].partition("=")[0]
            if len(counts.window) != 2 or (column and column not in seen.slices):
                continue
            rows, hits = float(counts.window.sum()), float(counts.window[1])
            before = float(counts.reference[1] / counts.reference.sum())
            interval = wilson(hits, rows)
            yield (
                key.replace(" | ", "|"),
                Figure(
                    value=hits / rows if rows else np.nan,
                    low=interval.low,
                    high=interval.high,
                    most=before + self.worse,
                ),
            )


@lru_cache(maxsize=4)
def _usual(reference: Table) -> tuple[Answers, Errors] | None:
    """The errors of the reference, read once for many windows."""
    return read_errors(reference)


def _kinds(reference: Table, window: Table) -> Reason:
    """Which kind of shift there is, in words."""
    label = f"{OUTPUT}label"
    prediction = label if label in reference.names and label in window.names else None
    inputs = [name for name in reference.names if name in window.names and not name.startswith(LOGGED)]
    try:
        found = shift_kinds(reference, window, label=TRUTH, prediction=prediction, inputs=inputs)
    except InputError as error:
        return Reason(ok=True, code="KINDS", message=f"the kind of shift cannot be told: {error.found}")
    return Reason(ok=True, code="KINDS", message=found.conclusion)


def _examples(parts: Parts, theirs: Errors, failed: list[Found]) -> list[int]:
    """Rows that are wrong in the slice that was named first."""
    if not failed:
        return []
    inside = parts.window_rows(failed[0].key)
    if inside is None:
        order = np.argsort(-np.abs(theirs.sizes)) if theirs.sizes is not None else np.arange(len(theirs.rows))
        return [int(row) for row in theirs.rows[order][:_SHOWN]]
    return [int(row) for row in theirs.rows[inside][:_SHOWN]]
