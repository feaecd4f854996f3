"""Predictions: does the model still answer what it used to, and which labels does that make likely?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar, Final, TypeVar

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import Table, TableStatistics, summarize
from mainspring.data.comparison.shift import LabelEstimate
from mainspring.evaluation.metrics.classes import class_name
from mainspring.evaluation.naming import by_column
from mainspring.evaluation.reference import OUTPUT, TRUTH
from mainspring.monitoring.checks.columns import (
    Column,
    Judgements,
    check_limits,
    check_windows,
    judge_columns,
    limits_of,
)
from mainspring.monitoring.checks.drift import TOGETHER, USUAL
from mainspring.monitoring.checks.examples import examples
from mainspring.monitoring.checks.wording import reasons_of
from mainspring.monitoring.correction import Memory, Spending
from mainspring.monitoring.detectors.black_box_shift import BlackBoxShift
from mainspring.monitoring.seen import Figure, Judged, Seen

T = TypeVar("T")

LABEL: Final = f"{OUTPUT}label"
_PROBABILITY: Final = f"{OUTPUT}probability."
_MOST_ROWS: Final = 10_000
_MOST_LABELS: Final = 50


@dataclass(frozen=True, kw_only=True)
class PredictionsCheck:
    """Holds the answers of a window against those on the held-out rows of the reference.

    Labels, predictions and probabilities are judged as columns are in
    :class:`~mainspring.monitoring.checks.drift.DriftCheck`, with a budget of false alarms of their own. From the
    labels that the model names, the shares of the true labels are estimated (black box shift estimation), long
    before any of them is known; where these have left their interval and the answers have drifted, that is said
    too.

    Args:
        limits: Answer to its own limits by distance, ``{"output.label": {"l_infinity": 0.2}}``.
        usual: The limits of all others; those of drift.
        label_shares: How far the estimated share of a label may be from what it was; 0.05.
        least_rows: With fewer rows nothing is said.
        false_alarms: As for drift.
        together: As for drift.
    """

    name: ClassVar[str] = "predictions"
    on_truth: ClassVar[bool] = False

    limits: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    usual: Mapping[str, float] = field(default_factory=lambda: dict(USUAL))
    label_shares: float = 0.05
    least_rows: int = 100
    false_alarms: str = "1 per 30d"
    together: tuple[int, ...] = TOGETHER

    def __post_init__(self) -> None:
        """Check the options."""
        Spending.of(self.false_alarms, {})
        check_limits({"usual": self.usual, **self.limits})
        check_windows(self.together, self.least_rows)
        if not 0 <= self.label_shares <= 1:
            raise InputError(f"label_shares is {self.label_shares}", expected="a share from 0 to 1")

    def judge(self, seen: Seen, memory: Mapping[str, Value]) -> Judged:
        """Judge a window."""
        rows = seen.reference.rows
        known = None if rows is None else _usual(rows)
        if rows is None or known is None:
            message = "nothing is known of what the model answered before: the reference has no rows with answers"
            return Judged(
                verdict=Verdict.of(self.name, [Reason(ok=True, code="NO_REFERENCE_ROWS", message=message)]),
                memory=memory,
            )
        spending = Spending.of(self.false_alarms, memory)
        level = spending.level(seen.window.until - seen.window.since)
        kept = Memory.of(memory, f"{seen.version}, {rows.num_rows} rows")
        found = judge_columns(
            self._columns(known, seen.statistics),
            kept.before(seen.window.since),
            together=self.together,
            least_rows=self.least_rows,
            level=level,
        )
        estimates = _estimates(rows, seen.window.table) if seen.window.table.num_rows >= self.least_rows else ()
        reasons = [
            *reasons_of(found, "the reference", rows=seen.window.table.num_rows, least_rows=self.least_rows),
            *self._of_labels(estimates, found, level),
        ]
        said = found.columns[LABEL].adjusted_p if LABEL in found.columns else 1.0
        shifted = any(reason.code == "LABEL_SHIFT" for reason in reasons)
        spending.spend(min(found.p_value, said if shifted else 1.0))
        if not found.tables and not found.changed:
            message = "the window has none of the answers that the reference has"
            reasons.append(Reason(ok=True, code="NO_ANSWERS", message=message))
        return Judged(
            verdict=Verdict.of(self.name, reasons, {"rows": seen.window.table.num_rows}),
            figures={name: one.figure for name, one in found.columns.items()} | _figures(estimates),
            memory=kept.after(
                seen.window.since,
                found.tables,
                most=max(self.together) - 1,
                spending=spending,
                without=found.alone,
            ),
            rows=examples(seen.window.table, found),
        )

    def _columns(self, reference: TableStatistics, window: TableStatistics) -> dict[str, Column]:
        known, answered = by_column(reference).features, by_column(window).features
        names = [name for name in known if name in answered]
        scores = [name for name in names if name.startswith(_PROBABILITY)]
        # Of two classes one says all.
        left_out = scores[:1] if len(scores) == 2 else []
        return {
            name: Column(
                reference=known[name],
                window=answered[name],
                limits=limits_of(known[name], self.usual, self.limits.get(name)),
            )
            for name in names
            if name not in left_out
        }

    def _of_labels(self, estimates: Sequence[LabelEstimate], found: Judgements, level: float) -> Iterator[Reason]:
        drifted = LABEL in found.columns and found.columns[LABEL].adjusted_p <= level
        for one in estimates:
            outside = not one.interval[0] <= one.before <= one.interval[1]
            moved = drifted and outside and abs(one.after - one.before) > self.label_shares
            message = (
                f"label {one.label!r} {'is no longer as frequent' if moved else 'may be as frequent'} as in the "
                f"reference: {one.before:.1%} then, {one.after:.1%} now "
                f"({one.interval[0]:.1%} to {one.interval[1]:.1%}), "
                "estimated from the answers, if inputs of one label look as before"
            )
            yield Reason(
                ok=not moved,
                code="LABEL_SHIFT" if moved else "NO_LABEL_SHIFT",
                message=message,
                subject=f"label {one.label}",
                observed=one.after,
                expected=one.before,
            )


@lru_cache(maxsize=4)
def _usual(reference: Table) -> TableStatistics | None:
    """The answers of the reference, described once for many windows."""
    return _answers(reference)


def _answers(table: Table) -> TableStatistics | None:
    names = [name for name in table.names if name.startswith(OUTPUT)]
    return summarize({"rows": table.select(names)}).split("rows") if names and table.num_rows else None


def _estimates(reference: Table, window: Table) -> tuple[LabelEstimate, ...]:
    """The shares of labels in a window; none where they cannot be told."""
    if LABEL not in window.names or not {LABEL, TRUTH} <= set(reference.names):
        return ()
    said = [word for word in _words(window, LABEL) if word]
    detector, names = _confused(reference)
    if detector is None or not said or len(names | set(said)) > _MOST_LABELS:
        return ()
    try:
        return detector.estimate(_thinned(said))
    except InputError:
        return ()


@lru_cache(maxsize=4)
def _confused(reference: Table) -> tuple[BlackBoxShift | None, frozenset[str]]:
    """How the labels of the reference are confused, learned once for many windows, and all their names."""
    pairs = [pair for pair in zip(_words(reference, TRUTH), _words(reference, LABEL), strict=True) if all(pair)]
    names = frozenset(word for pair in pairs for word in pair)
    if not pairs or len(names) > _MOST_LABELS:
        return None, names
    try:
        return BlackBoxShift().fit(_thinned(pairs)), names
    except InputError:
        # A model that answers the same whatever the label says nothing of the labels.
        return None, names


def _thinned(values: list[T]) -> list[T]:
    """Every so manieth of many."""
    return values[:: -(-len(values) // _MOST_ROWS)]


def _words(table: Table, name: str) -> list[str]:
    """Labels as words, empty where missing; numbers that are whole without a point."""
    values = table.column(name).tolist()
    return ["" if value is None or value != value else class_name(value) for value in values]


def _figures(estimates: Sequence[LabelEstimate]) -> dict[str, Figure]:
    return {
        f"label {one.label}": Figure(value=one.after, low=one.interval[0], high=one.interval[1])
        for one in estimates
    }
