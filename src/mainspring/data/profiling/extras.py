"""Figures that are computed only where they are asked for, and putting all of them together."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mainspring.data.celltypes import ColumnType
from mainspring.data.profiling.composites import measure_composites
from mainspring.data.profiling.crosses import measure_crosses
from mainspring.data.profiling.features import Piece
from mainspring.data.profiling.images import measure_images
from mainspring.data.profiling.options import Options
from mainspring.data.profiling.paths import Path, escaped
from mainspring.data.profiling.weights import measure_weights, total_weight
from mainspring.data.statistics import FeatureStatistics, TableStatistics
from mainspring.data.tables import Table

Found = Mapping[tuple[str, str], Any]


@dataclass(frozen=True, slots=True)
class Total:
    """A sum that adds up over pieces."""

    value: float

    @classmethod
    def merged(cls, parts: Sequence[Total]) -> Total:
        """Of all parts."""
        return cls(math.fsum(part.value for part in parts))


def extras(
    piece: Piece,
    features: Sequence[Path],
    options: Options,
    summarize_table: Callable[..., TableStatistics],
) -> Iterator[Callable[[], Found]]:
    """What is to be done for a piece beside describing its features."""
    table = piece.table
    if options.weight is not None:
        weight = options.weight
        columns = list(dict.fromkeys(path.column for path in features))
        yield lambda: _named("weighted", measure_weights(table, columns, weight, origin=piece.origin))
        yield lambda: {("total", "weight"): Total(total_weight(table, weight))}
    for name in options.images:
        yield functools.partial(_images, table, name)
    if options.sparse or options.weighted:
        yield lambda: _named("composite", measure_composites(table, options.sparse, options.weighted))


def of_the_whole(table: Table, features: Sequence[Path], options: Options) -> Iterator[Callable[[], Found]]:
    """What is found in one go over all rows, however many."""
    columns = _crossed(features, options)
    if columns is None:
        return
    if options.label is not None and options.label not in columns:
        columns = [*columns, options.label]
    yield lambda: {("crosses", ""): measure_crosses(table, columns, options.label, weight=options.weight)}


def _crossed(features: Sequence[Path], options: Options) -> list[str] | None:
    """The columns of which pairs are measured."""
    if options.crosses is False or (options.crosses is None and options.label is None):
        return None
    if options.crosses is not None and options.crosses is not True:
        return list(options.crosses)
    return [
        path.column
        for path in features
        if path.is_plain and path.name == escaped(path.column) and _is_crossed(path)
    ]


def _is_crossed(path: Path) -> bool:
    return path.type not in {ColumnType.STRUCT, ColumnType.BYTES, ColumnType.OTHER}


def finished(num_rows: int, features: Sequence[Path], found: Found, options: Options) -> TableStatistics:
    """All that was found, in one noun; features in the order of the columns."""
    described = {
        path.name: _finished(found[("feature", path.name)], found)
        for path in features
        if ("feature", path.name) in found
    }
    total = found.get(("total", "weight"))
    return TableStatistics(
        num_rows,
        described,
        weight=options.weight,
        num_examples_weighted=total.value if total is not None else None,
        label=options.label,
        slices=_of_kind("slice", found),
        crosses=found.get(("crosses", "")),
        composites=_of_kind("composite", found),
    )


def _finished(feature: FeatureStatistics, found: Found) -> FeatureStatistics:
    more = {
        kind: found[(kind, feature.name)]
        for kind in ("weighted", "text", "images")
        if (kind, feature.name) in found
    }
    return replace(feature, **more) if more else feature


def _images(table: Table, name: str) -> Found:
    return {("images", name): measure_images(table, name)}


def _of_kind(kind: str, found: Found) -> dict[str, Any]:
    return {name: value for (one, name), value in found.items() if one == kind}


def _named(kind: str, found: Mapping[str, Any]) -> Found:
    return {(kind, name): value for name, value in found.items()}
