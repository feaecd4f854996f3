"""Looking at a table with all checks."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from mainspring.core.errors import InputError
from mainspring.data.assessment.coding import encode, sample_rows
from mainspring.data.assessment.content import check_columns, check_copies, check_duplicate_rows
from mainspring.data.assessment.groups import (
    check_groups,
    check_missingness,
    check_protected,
    check_proxies,
    find_protected,
)
from mainspring.data.assessment.labels import (
    check_classes,
    check_conflicts,
    check_leakage,
    check_missing_labels,
    class_counts,
    positive_of,
)
from mainspring.data.assessment.nouns import Assessment, Finding, ranked
from mainspring.data.assessment.representativeness import Shares, check_representative
from mainspring.data.tables import Table

MOST_ROWS: Final = 100_000
"""Associations between columns are measured on so many rows."""


def assess(
    table: Table,
    *,
    label: str | None = None,
    protected: Sequence[str] = (),
    reference: Table | Shares | None = None,
    most_rows: int = MOST_ROWS,
) -> Assessment:
    """What is odd, unfair or misleading about a table.

    Counting is done on all rows; associations between columns on at most ``most_rows`` of them.

    Args:
        label: The column to be predicted.
        protected: Columns by which people must not be treated differently. Those whose names say so are added.
        reference: Rows of the population the model is for, or shares of values by column.

    Raises:
        InputError: If the label or a protected column does not exist.

    Example:
        >>> table = Table.from_columns({"x": list(range(100)), "y": ["a", "b"] * 50, "z": [1] * 100})
        >>> [str(finding.kind) for finding in assess(table, label="y").findings]
        ['IDENTIFIER', 'CONSTANT_COLUMN']
    """
    _check(table, [*([label] if label is not None else []), *protected])
    named = [name for name in find_protected(table.names) if name not in protected and name != label]
    everyone = (*protected, *named)
    sample = sample_rows(table, most_rows)
    coded = encode(sample)
    findings: list[Finding] = [
        *check_columns(table, coded, label=label),
        *check_duplicate_rows(table),
        *check_copies(coded, label=label),
    ]
    positive = None
    if label is not None:
        findings += check_missing_labels(table, label)
        findings += check_conflicts(table, label)
        findings += check_leakage(coded, label)
        findings += check_classes(table, label)
        counts = class_counts(table, label)
        positive = positive_of(counts, coded[label]) if len(counts) == 2 and label in coded else None
    findings += check_protected(table.names, protected, label)
    findings += check_proxies(coded, everyone, label)
    findings += check_groups(coded, everyone, positive, label)
    findings += check_missingness(coded, [*everyone, *([label] if positive is not None and label else [])])
    if reference is not None:
        findings += check_representative(table, reference)
    return Assessment(
        rows=table.num_rows,
        columns=len(table.columns),
        label=label,
        protected=everyone,
        findings=ranked(findings),
        sampled=sample.num_rows,
    )


def _check(table: Table, names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in table.names]
    if unknown:
        near = get_close_matches(unknown[0], table.names, 1)
        raise InputError(
            "there is no column " + ", ".join(map(repr, unknown)),
            expected="some of " + ", ".join(table.names),
            fix=f"did you mean {near[0]!r}?" if near else None,
        )
