"""Statistics of windows whose columns differ: somebody sends one more, or one less, or text for numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mainspring.data import FeatureStatistics, TableStatistics
from mainspring.data.statistics import merge_all


def merged_statistics(parts: Sequence[TableStatistics]) -> TableStatistics:
    """The statistics of the rows of all parts, of which there is at least one.

    A column that a part does not have is missing in its rows. Of a column that is numbers in one part and text in
    another, what most values are is kept; the others count as missing.
    """
    names = dict.fromkeys(name for part in parts for name in part.features)
    slices = dict.fromkeys(name for part in parts for name in part.slices)
    return TableStatistics(
        num_examples=sum(part.num_examples for part in parts),
        features={name: _merged(name, parts) for name in names},
        slices={name: merged_statistics([p.slices[name] for p in parts if name in p.slices]) for name in slices},
    )


def _merged(name: str, parts: Sequence[TableStatistics]) -> FeatureStatistics:
    alike: dict[tuple[str, int], list[FeatureStatistics]] = {}
    for part in parts:
        feature = part.features.get(name)
        if feature is not None:
            kind = "NUMBER" if feature.type.is_numeric else feature.type.value
            alike.setdefault((kind, len(feature.levels)), []).append(feature)
    most = max(alike.values(), key=lambda found: (sum(one.num_non_missing for one in found), len(found)))
    merged = merge_all(most)
    missing = sum(part.num_examples for part in parts) - merged.num_examples
    if not missing:
        return merged
    levels = merged.levels
    if levels:
        levels = (replace(levels[0], num_missing=levels[0].num_missing + missing), *levels[1:])
    return replace(merged, num_missing=merged.num_missing + missing, levels=levels)
