"""Figures that are computed only where they are asked for, and putting all of them together."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from mainspring.data.celltypes import ColumnType
from mainspring.data.profiling.composites import measure_composites
from mainspring.data.profiling.crosses import MOST_CORRELATED, measure_crosses
from mainspring.data.profiling.features import Piece
from mainspring.data.profiling.generators import generators_of, measure_custom
from mainspring.data.profiling.images import measure_images
from mainspring.data.profiling.options import Options
from mainspring.data.profiling.paths import Path, escaped, path_of
from mainspring.data.profiling.slices import check_number, slice_tables
from mainspring.data.profiling.text import Vocabulary, measure_text
from mainspring.data.profiling.weights import measure_weights, total_weight
from mainspring.data.statistics import FeatureStatistics, Sample, TableStatistics
from mainspring.data.statistics.custom import merged_custom
from mainspring.data.tables import Table

Found = Mapping[tuple[str, str], Any]
"""Figures, by what they are and of which feature or slice."""
Task = Callable[[], Found]


@dataclass(frozen=True, slots=True)
class Total:
    """A sum that adds up over pieces."""

    value: float

    @classmethod
    def merged(cls, parts: Sequence[Total]) -> Total:
        """Of all parts."""
        return cls(math.fsum(part.value for part in parts))


@dataclass(frozen=True, slots=True)
class Custom:
    """What generators found of a feature."""

    figures: Mapping[str, Any]

    @classmethod
    def merged(cls, parts: Sequence[Custom]) -> Custom:
        """Of all parts, as each generator merges."""
        return cls(merged_custom([part.figures for part in parts]))


def of_a_piece(piece: Piece, features: Sequence[Path], options: Options) -> Iterator[Task]:
    """What is found piece by piece, beside the description of features."""
    table = piece.table
    names = [path.name for path in features]
    if options.weight is not None:
        yield partial(_weights, piece, names, options.weight, options.weights)
    if options.sparse or options.weighted:
        yield lambda: _named("composite", measure_composites(table, options.sparse, options.weighted))
    for name in dict.fromkeys((*options.text, *options.vocabularies)):
        yield partial(_text, table, name, options.vocabularies.get(name))
    for name in options.images:
        yield partial(_images, table, name)
    if options.generators:
        yield partial(_custom, table, names, options)


def of_slices(piece: Piece, options: Options, summarize_table: Callable[..., TableStatistics]) -> Iterator[Task]:
    """The same for the slices of a piece: each by itself if there is only one piece, else one after the other."""
    if not options.slices:
        return
    inner = replace(options, slices=(), sample=None, threads=1)

    def described(tables: Mapping[str, Table]) -> Found:
        return _named("slice", {name: summarize_table(table, options=inner) for name, table in tables.items()})

    if piece.whole:
        for name, table in slice_tables(piece.table, options.slices).items():
            yield partial(described, {name: table})
    else:
        yield lambda: described(slice_tables(piece.table, options.slices))


def of_the_whole(table: Table, features: Sequence[Path], options: Options) -> Iterator[Task]:
    """What is found in one go over all rows, however many."""
    columns = _crossed(features, options)
    if columns is None:
        return
    if options.label is not None and options.label not in columns:
        columns = [*columns, options.label]
    most = None if options.crosses else MOST_CORRELATED
    yield lambda: {
        ("crosses", ""): measure_crosses(
            table, columns, options.label, weight=options.weight, most_correlated=most
        )
    }


def finished(
    num_rows: int, features: Sequence[Path], found: Found, options: Options, sample: Sample | None
) -> TableStatistics:
    """All that was found, in one noun; features in the order of the columns."""
    described = {path.name: _finished(found[("feature", path.name)], found) for path in features}
    total = found.get(("weight", ""))
    slices = _of_kind("slice", found)
    check_number(slices)
    return TableStatistics(
        num_rows,
        described,
        weight=options.weight,
        num_examples_weighted=total.value if total is not None else None,
        label=options.label,
        slices=slices,
        crosses=found.get(("crosses", "")),
        composites=_of_kind("composite", found),
        sample=sample,
    )


def _crossed(features: Sequence[Path], options: Options) -> list[str] | None:
    """The columns of which pairs are measured."""
    if options.crosses is False or (options.crosses is None and options.label is None):
        return None
    if options.crosses is not None and options.crosses is not True:
        return list(options.crosses)
    return [path.column for path in features if _is_crossed(path)]


def _is_crossed(path: Path) -> bool:
    whole = path.is_plain and path.name == escaped(path.column)
    return whole and path.type not in {ColumnType.STRUCT, ColumnType.BYTES, ColumnType.OTHER}


def _weights(piece: Piece, names: Sequence[str], weight: str, others: Mapping[str, str]) -> Found:
    measured = measure_weights(
        piece.table, names, weight, overrides=others, origin=piece.origin, first=piece.first
    )
    return {**_named("weighted", measured), ("weight", ""): Total(total_weight(piece.table, weight))}


def _text(table: Table, name: str, vocabulary: Vocabulary | Sequence[str] | None) -> Found:
    return {("text", path_of(table, name).name): measure_text(table, name, vocabulary)}


def _images(table: Table, name: str) -> Found:
    return {("images", path_of(table, name).name): measure_images(table, name)}


def _custom(table: Table, features: Sequence[str], options: Options) -> Found:
    measured = measure_custom(table, generators_of(options.generators), features)
    return _named("custom", {name: Custom(figures) for name, figures in measured.items()})


def _finished(feature: FeatureStatistics, found: Found) -> FeatureStatistics:
    name = feature.name
    more = {kind: found[(kind, name)] for kind in ("weighted", "text", "images") if (kind, name) in found}
    if ("custom", name) in found:
        more["custom"] = found[("custom", name)].figures
    return replace(feature, **more) if more else feature


def _of_kind(kind: str, found: Found) -> dict[str, Any]:
    return {name: value for (one, name), value in found.items() if one == kind}


def _named(kind: str, found: Mapping[str, Any]) -> Found:
    return {(kind, name): value for name, value in found.items()}
