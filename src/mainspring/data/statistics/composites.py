"""What features that are made of several columns hold: sparse and weighted ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

SPARSE: Final = "sparse"
WEIGHTED: Final = "weighted"


@dataclass(frozen=True, slots=True)
class CompositeStatistics:
    """How well the columns of one composite feature fit each other, row by row.

    A sparse feature has lists of indices beside a list of values, a weighted feature a list of weights beside a
    list of values. Rows that have none of the columns are left out: they do not hold the feature. A missing list
    has the length 0 beside the others. The figures are those of TensorFlow Data Validation, by the same names.

    Attributes:
        kind: ``sparse`` or ``weighted``.
        value: The column of values.
        num_examples: Rows with at least one of the columns.
        missing_value: Of these, how many have no value.
        missing_index: Column of indices (or of weights) to how many of these rows do not have it.
        min_length_diff: The same columns to the least of its length minus the length of the values; nothing if
            there are no rows.
        max_length_diff: To the largest.
    """

    kind: str = SPARSE
    value: str = ""
    num_examples: int = 0
    missing_value: int = 0
    missing_index: Mapping[str, int] = field(default_factory=dict)
    min_length_diff: Mapping[str, int] = field(default_factory=dict)
    max_length_diff: Mapping[str, int] = field(default_factory=dict)

    @property
    def missing_weight(self) -> int:
        """Of a weighted feature, how many rows have a value but no weight."""
        return sum(self.missing_index.values()) if self.kind == WEIGHTED else 0

    @property
    def fits(self) -> bool:
        """Whether in every row all lists are there and equally long."""
        apart = [*self.min_length_diff.values(), *self.max_length_diff.values()]
        return not (self.missing_value or any(self.missing_index.values()) or any(apart))

    @classmethod
    def merged(cls, parts: Sequence[CompositeStatistics]) -> CompositeStatistics:
        """Of the rows of all parts."""
        missing: dict[str, int] = {}
        for part in parts:
            for name, count in part.missing_index.items():
                missing[name] = missing.get(name, 0) + count
        return CompositeStatistics(
            kind=parts[0].kind,
            value=parts[0].value,
            num_examples=sum(part.num_examples for part in parts),
            missing_value=sum(part.missing_value for part in parts),
            missing_index=missing,
            min_length_diff=_extreme((part.min_length_diff for part in parts), largest=False),
            max_length_diff=_extreme((part.max_length_diff for part in parts), largest=True),
        )

    def merge(self, other: CompositeStatistics) -> CompositeStatistics:
        """Of the rows of both."""
        return self.merged([self, other])


def _extreme(parts: Iterable[Mapping[str, int]], *, largest: bool) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in parts:
        for name, length in part.items():
            known = found.get(name, length)
            found[name] = max(known, length) if largest else min(known, length)
    return dict(sorted(found.items()))
