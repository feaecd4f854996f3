"""Whether there are as many rows as the schema says, now and beside the data before."""

from __future__ import annotations

from collections.abc import Iterator

from mainspring.data.schema import Range
from mainspring.data.schema.declaration import Declaration
from mainspring.data.statistics import Statistics, TableStatistics
from mainspring.data.validation.anomalies import Anomaly, AnomalyType
from mainspring.data.validation.findings import SLACK, ceiling, finding, floor, plural


def check_size(schema: Declaration, found: TableStatistics) -> Iterator[Anomaly]:
    """Too few or too many rows in a split; each limit counts alone."""
    rows, least, most = found.num_examples, schema.min_examples, schema.max_examples
    if least is not None and rows < least:
        yield finding(
            AnomalyType.DATASET_LOW_NUM_EXAMPLES,
            "",
            found=plural(rows, "row"),
            expected=f"at least {least:,}",
            edit=f"examples: {{min: {rows}}}",
            observed=rows,
            limit=least,
        )
    if most is not None and rows > most:
        yield finding(
            AnomalyType.DATASET_HIGH_NUM_EXAMPLES,
            "",
            found=plural(rows, "row"),
            expected=f"at most {most:,}",
            edit=f"examples: {{max: {rows}}}",
            observed=rows,
            limit=most,
        )


def check_any_rows(statistics: Statistics) -> Iterator[Anomaly]:
    """No row in any split."""
    if not any(split.num_examples for split in statistics.splits.values()):
        yield finding(
            AnomalyType.NO_DATA_IN_SPAN,
            "",
            found="no split has a row" if statistics.splits else "there is no split",
            expected="rows",
            edit="severities: {NO_DATA_IN_SPAN: WARNING}",
            observed=0,
            limit=1,
        )


def check_growth(
    wanted: Range | None, found: TableStatistics, before: TableStatistics | None, *, part: str
) -> Iterator[Anomaly]:
    """Far fewer or far more rows than in the span or version before.

    Args:
        wanted: The range of the rows now as a fraction of those before.
        part: ``drift`` (the span before) or ``version`` (the version before).
    """
    if wanted is None or before is None or not before.num_examples or not found.num_examples:
        return
    share = found.num_examples / before.num_examples
    since = "the span before" if part == "drift" else "the version before"
    told = f"{found.num_examples:,} rows, {share:.4g} times the {before.num_examples:,} of {since}"
    if wanted.min is not None and share < wanted.min - SLACK:
        yield finding(
            AnomalyType.COMPARATOR_LOW_NUM_EXAMPLES,
            "",
            found=told,
            expected=f"at least {wanted.min:g} times as many",
            edit=f"examples: {{{part}: {{min: {floor(share)}}}}}",
            observed=share,
            limit=wanted.min,
        )
    if wanted.max is not None and share > wanted.max + SLACK:
        yield finding(
            AnomalyType.COMPARATOR_HIGH_NUM_EXAMPLES,
            "",
            found=told,
            expected=f"at most {wanted.max:g} times as many",
            edit=f"examples: {{{part}: {{max: {ceiling(share)}}}}}",
            observed=share,
            limit=wanted.max,
        )
