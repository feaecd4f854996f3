"""Drift: do the rows that are asked still look like the rows that were learned from?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict

from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import DriftLimits, Table, TableStatistics, summarize
from mainspring.data.comparison import LEVEL
from mainspring.data.statistics import FeatureStatistics
from mainspring.evaluation.naming import by_column
from mainspring.monitoring.checks.columns import Column, judge_columns, limits_of
from mainspring.monitoring.checks.wording import reasons_of

GATE = "drift"
LIMITS = DriftLimits(l_infinity=0.1, jensen_shannon=0.1)
"""How far a column may move where nothing else is said: an effect that matters, not only one that is no chance."""

MISSING = 0.1
"""By how much the share of rows without a value may move where a column has no limits of its own."""
LEAST_ROWS = 100


def check_drift(
    rows: Table,
    reference: Table | TableStatistics,
    *,
    limits: Mapping[str, DriftLimits] | None = None,
    exclude: Collection[str] = (),
    least_rows: int = LEAST_ROWS,
    level: float = LEVEL,
) -> Verdict:
    """Compare rows that were asked with those of training, column by column.

    A column has drifted if its distance (largest change of a share for words, Jensen-Shannon divergence over
    pooled deciles for numbers, the share of missing rows, or whatever else its own limits name) is past its limit
    *and* the difference is more than chance by an exact test, after correcting for the number of columns
    (Benjamini and Hochberg, 1995). Both are needed: fixed limits alone alarm on small windows, p-values alone on
    large ones.

    Args:
        rows: The table of a window; only columns that the reference has are compared.
        reference: The rows of training, or their statistics.
        limits: Limits of columns that have their own; :data:`LIMITS` for the others.
        exclude: Columns to leave out, such as one that counts time.
        least_rows: With fewer rows nothing is said, and the verdict is ok.
        level: The share of false alarms among columns called drifted that is put up with.
    """
    if rows.num_rows < least_rows:
        message = f"{rows.num_rows} rows are too few to see drift, {least_rows} are needed"
        return Verdict.of(GATE, [Reason(ok=True, code="TOO_FEW_ROWS", message=message, observed=rows.num_rows)])
    trained = _statistics(reference)
    before = {name: one for name, one in by_column(trained).features.items() if name not in exclude}
    served = by_column(_statistics(rows.select([name for name in rows.names if name in before]))).features
    columns = {
        name: Column(reference=before[name], window=one, limits=_limits(name, before[name], limits))
        for name, one in served.items()
        if name in before
    }
    found = judge_columns(columns, (), together=(1,), least_rows=1, level=level)
    reasons = [
        *reasons_of(found, "training", rows=rows.num_rows, least_rows=least_rows),
        *_gone(before, rows),
    ]
    return Verdict.of(GATE, reasons, {"rows": rows.num_rows, "reference_rows": trained.num_examples})


def _statistics(rows: Table | TableStatistics) -> TableStatistics:
    return rows if isinstance(rows, TableStatistics) else summarize({"rows": rows}).split("rows")


def _limits(name: str, feature: FeatureStatistics, given: Mapping[str, DriftLimits] | None) -> dict[str, float]:
    own = (given or {}).get(name)
    limits = {name: limit for name, limit in asdict(own or LIMITS).items() if limit is not None}
    return dict(limits_of(feature, {**limits, "missing": MISSING}, limits if own else None))


def _gone(trained: Mapping[str, FeatureStatistics], rows: Table) -> Iterator[Reason]:
    """Columns of training that nobody sends: not judged, and said so."""
    for name in trained:
        if name not in rows.names:
            yield Reason(ok=True, code="NOT_SERVED", message=f"column {name!r} is not asked for", subject=name)
