"""What to say of columns that were judged."""

from __future__ import annotations

from collections.abc import Iterator

from mainspring.core.verdicts import Reason
from mainspring.monitoring.checks.columns import Judgement, Judgements


def reasons_of(found: Judgements, like: str, *, rows: int, least_rows: int) -> Iterator[Reason]:
    """All reasons of some columns, in their order.

    Args:
        found: What was found of them.
        like: What they are compared with, such as ``training``.
        rows: Of the window.
        least_rows: With fewer rows nothing is said.
    """
    for name, one in found.columns.items():
        yield _of_column(name, one, like)
    for name in found.changed:
        message = f"column {name!r} holds another type of values than in {like}"
        yield Reason(ok=False, code="TYPE_CHANGED", message=message, subject=name)
    if found.few and not found.columns:
        message = f"{rows} rows are too few to see drift, {least_rows} are needed"
        yield Reason(
            ok=True, code="TOO_FEW_ROWS", message=message, observed=float(rows), expected=float(least_rows)
        )
    elif found.few:
        for name in found.few:
            message = f"column {name!r} has too few rows to see drift, {least_rows} are needed"
            yield Reason(ok=True, code="TOO_FEW_ROWS", message=message, subject=name, expected=float(least_rows))


def _of_column(name: str, one: Judgement, like: str) -> Reason:
    at = f", most at {one.at!r}" if one.at is not None else ""
    over = f" over the last {one.windows} windows" if one.windows > 1 else ""
    figure = f"{one.metric} {one.value:.4g}{at}{over}"
    if one.limit is None:
        message = f"column {name!r} has no limit: {figure}"
        return Reason(ok=True, code="NO_LIMIT", message=message, subject=name, observed=one.value)
    state = "has drifted" if one.drifted else f"is as in {like}"
    return Reason(
        ok=not one.drifted,
        code="DRIFT" if one.drifted else "NO_DRIFT",
        message=f"column {name!r} {state}: {figure} (limit {one.limit:g}, adjusted p {one.adjusted_p:.2g})",
        subject=name,
        observed=one.value,
        expected=one.limit,
    )
