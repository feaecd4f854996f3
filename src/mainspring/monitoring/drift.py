"""Drift: do the rows that are asked still look like the rows that were learned from?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import DriftLimits, Table, TableStatistics, summarize
from mainspring.data.comparison import LEVEL, Measurement, measure

GATE = "drift"
LIMITS = DriftLimits(l_infinity=0.1, jensen_shannon=0.1)
"""How far a column may move where nothing else is said: an effect that matters, not only one that is no chance."""

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
    pooled deciles for numbers, or whatever else its own limits name) is past its limit *and* the difference is
    more than chance after correcting for the number of columns (Benjamini and Hochberg, 1995). Both are needed:
    fixed limits alone alarm on small windows, p-values alone on large ones.

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
    names = [name for name in rows.names if name in trained.features and name not in exclude]
    found = measure(
        trained,
        _statistics(rows.select(names)),
        between=("training", "served"),
        limits={name: (limits or {}).get(name, LIMITS) for name in names},
        level=level,
    )
    reasons = [_reason(one) for one in found] + list(_gone(trained, rows, exclude))
    return Verdict.of(GATE, reasons, {"rows": rows.num_rows, "reference_rows": trained.num_examples})


def _statistics(rows: Table | TableStatistics) -> TableStatistics:
    return rows if isinstance(rows, TableStatistics) else summarize({"rows": rows}).split("rows")


def _reason(one: Measurement) -> Reason:
    where = f", most at {one.distances.at!r}" if one.distances.at is not None else ""
    if one.limit is None:
        # A point in time moves on by itself: it is measured, and judged only by a limit of its own.
        message = f"column {one.path!r} has no limit: {one.metric} {one.value:.4g}{where}"
        return Reason(ok=True, code="NO_LIMIT", message=message, subject=one.path, observed=one.value)
    state = "has drifted" if one.drifted else "is as in training"
    message = (
        f"column {one.path!r} {state}: {one.metric} {one.value:.4g}{where} "
        f"(limit {one.limit:g}, adjusted p {one.adjusted_p:.2g})"
    )
    return Reason(
        ok=not one.drifted,
        code="DRIFT" if one.drifted else "NO_DRIFT",
        message=message,
        subject=one.path,
        observed=one.value,
        expected=one.limit,
    )


def _gone(trained: TableStatistics, rows: Table, exclude: Collection[str]) -> Iterator[Reason]:
    """Columns of training that nobody sends: not judged, and said so."""
    for name in trained.features:
        if name not in rows.names and name not in exclude:
            yield Reason(ok=True, code="NOT_SERVED", message=f"column {name!r} is not asked for", subject=name)
