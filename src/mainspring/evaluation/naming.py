r"""Statistics under the names of columns, as tables have them.

Statistics tell the field ``age`` of a structure ``person`` from a column ``person.age`` by writing the latter as
``person\.age``. The rows of a log have no structures, and people write the names of columns: so checks see these.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mainspring.data import TableStatistics
from mainspring.data.profiling.paths import column_of
from mainspring.data.statistics.crosses import Crosses


def by_column(statistics: TableStatistics) -> TableStatistics:
    """The same statistics, of features that are called as their columns; itself if all are already."""
    if not _has_paths(statistics.features):
        return statistics
    return replace(
        statistics,
        features={
            column_of(name): replace(one, name=column_of(one.name)) for name, one in statistics.features.items()
        },
        label=None if statistics.label is None else column_of(statistics.label),
        slices={name: by_column(one) for name, one in statistics.slices.items()},
        crosses=None if statistics.crosses is None else _crosses(statistics.crosses),
    )


def _crosses(crosses: Crosses) -> Crosses:
    """What pairs hold together: how numbers vary under the names of columns, the rest as it was."""
    moments = crosses.moments
    if moments is None:
        return crosses
    return replace(crosses, moments=replace(moments, columns=tuple(map(column_of, moments.columns))))


def _has_paths(names: Iterable[str]) -> bool:
    return any("\\." in name for name in names)
