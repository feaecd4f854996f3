"""Summarizing: which figures of which rows are computed where, and how they come together.

A table is read in chunks of about a million rows, and every chunk feature by feature, on several threads. What is
found is put together in the order of the chunks, so that the result does not depend on which thread was faster.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from mainspring.core.errors import InputError
from mainspring.data.examples import Examples
from mainspring.data.profiling.bounds import bounds_of
from mainspring.data.profiling.extras import Found, Task, finished, of_a_piece, of_slices, of_the_whole
from mainspring.data.profiling.features import CHUNK_ROWS, Piece, describe, is_counted
from mainspring.data.profiling.options import Options
from mainspring.data.profiling.paths import Path, paths
from mainspring.data.profiling.sampling import sample_rows
from mainspring.data.profiling.text import Vocabulary
from mainspring.data.statistics import Sample, Statistics, TableStatistics, merge_all
from mainspring.data.tables import Table

if TYPE_CHECKING:
    import numpy as np

_WINDOW: Final = 16
"""So many chunks are described before what was found is merged: memory does not grow with the rows."""
_CELLS: Final = 1 << 20
_ALONE: Final = 1 << 15
_TOGETHER: Final = 64


def summarize(
    data: Examples | Mapping[str, Table] | Table,
    *,
    features: Sequence[str] | None = None,
    weight: str | None = None,
    weights: Mapping[str, str] | None = None,
    label: str | None = None,
    slices: Sequence[str | tuple[str, ...] | Mapping[str, Any]] = (),
    sample: float | None = None,
    seed: int = 0,
    text: Sequence[str] = (),
    vocabularies: Mapping[str, Vocabulary | Sequence[str]] | None = None,
    images: Sequence[str] = (),
    sparse: Sequence[Any] = (),
    weighted: Sequence[Any] = (),
    generators: Sequence[Any] = (),
    crosses: Sequence[str] | bool | None = None,
    threads: int | None = None,
) -> Statistics:
    """The statistics of a data set, split by split.

    Tables of up to 1,048,576 rows are described exactly, whatever the order of their rows, but for quantiles of
    numbers with more than 1,000 different values, which are off by at most 0.1 % of the rows. In larger tables
    counts, moments and extremes are exact too, but quantiles are off by at most 0.5 % of the rows, the number of
    different values by about 1.6 % (standard error), and of words with more than 1,000 different ones the counts
    of the rare ones are bounded (see :mod:`mainspring.data.sketches`). Equal rows have equal statistics, to the
    last bit.

    Args:
        data: Examples, tables by the name of their split, or one table (taken as split ``train``).

    The other arguments are those of :class:`Options`.

    Raises:
        InputError: If an option names a column that is not there, or the data is something else.

    Example:
        >>> table = Table.from_columns({"fare": [2.0, 4.0, None]})
        >>> summarize(table).split("train").feature("fare").numbers.mean
        3.0
    """
    options = Options(
        features=tuple(features) if features is not None else None,
        weight=weight,
        weights=weights or {},
        label=label,
        slices=(slices,) if isinstance(slices, str) else tuple(slices),
        sample=sample,
        seed=seed,
        text=tuple(text),
        vocabularies=vocabularies or {},
        images=tuple(images),
        sparse=tuple(sparse),
        weighted=tuple(weighted),
        generators=tuple(generators),
        crosses=crosses if isinstance(crosses, bool | None) else tuple(crosses),
        threads=threads,
    )
    if isinstance(data, Table):
        return Statistics({"train": summarize_table(data, options=options)})
    if not isinstance(data, Examples) and not _are_tables(data):
        raise InputError(
            f"a {type(data).__name__} is no data set",
            expected="a Table, tables by the name of their split, or examples",
            fix="Table.of(…) takes data frames, Arrow tables, columns and lists of rows",
        )
    splits = data.splits if isinstance(data, Examples) else data
    origins = data.origins if isinstance(data, Examples) else {}
    return Statistics(
        {name: summarize_table(table, origin=origins.get(name), options=options) for name, table in splits.items()}
    )


def described(data: Statistics | Examples | Mapping[str, Table] | Table) -> Statistics:
    """Statistics as they are, those of anything else.

    Raises:
        InputError: If it is no data.
    """
    return data if isinstance(data, Statistics) else summarize(data)


def _are_tables(data: object) -> bool:
    return isinstance(data, Mapping) and all(isinstance(one, Table) for one in data.values())


def summarize_table(
    table: Table, *, origin: np.ndarray | None = None, options: Options | None = None
) -> TableStatistics:
    """The statistics of one table.

    Args:
        origin: The number of each row in its source, to name rows by.
        options: What else to compute.
    """
    wanted = options or Options()
    wanted.check(table)
    table, sample, origin = _sampled(table, wanted, origin)
    features = chosen(table, wanted)
    found: dict[tuple[str, str], Any] = {}
    pieces = _pieces(table, features, origin)
    if table.num_rows * len(features) <= _ALONE:
        # Threads cost more than they gain.
        tasks = [*of_the_whole(table, features, wanted)]
        tasks += [task for piece in pieces for task in _tasks(piece, features, wanted)]
        _collect(found, (task() for task in tasks))
        return finished(table.num_rows, features, found, wanted, sample)
    with ThreadPoolExecutor(wanted.workers) as pool:
        once = [pool.submit(task) for task in of_the_whole(table, features, wanted)]
        while window := list(itertools.islice(pieces, _WINDOW)):
            _collect(found, _worked(pool, [task for piece in window for task in _tasks(piece, features, wanted)]))
        _collect(found, (one.result() for one in once))
    return finished(table.num_rows, features, found, wanted, sample)


def chosen(table: Table, options: Options) -> tuple[Path, ...]:
    """The features to describe."""
    if options.features is None:
        return paths(table)
    wanted = set(options.features)
    return tuple(path for path in paths(table) if wanted & {path.name, path.column, *_above(path.name)})


def _above(name: str) -> Iterator[str]:
    """The structures that a field is in."""
    parts = name.split(".")
    return (".".join(parts[:place]) for place in range(1, len(parts)))


def _sampled(
    table: Table, options: Options, origin: np.ndarray | None
) -> tuple[Table, Sample | None, np.ndarray | None]:
    if options.sample is None:
        return table, None, origin
    drawn, sample = sample_rows(table, rate=options.sample, seed=options.seed)
    return drawn, sample, None


def _pieces(table: Table, features: Sequence[Path], origin: np.ndarray | None) -> Iterator[Piece]:
    if table.num_rows <= CHUNK_ROWS:
        yield Piece(table, origin=origin)
        return
    bounds = bounds_of(table, features)
    # Chunks of equal size, so that none is short of a sample of its own.
    size = -(-table.num_rows // -(-table.num_rows // CHUNK_ROWS))
    for number, chunk in enumerate(table.chunks(size)):
        yield Piece(chunk, number * size, whole=False, bounds=bounds, origin=origin)


def _tasks(piece: Piece, features: Sequence[Path], options: Options) -> Iterator[Task]:
    together = max(1, min(_TOGETHER, _CELLS // max(piece.table.num_rows, 1)))
    # Words take longest: they come first, so that no thread is left alone with them.
    for counted in (False, True):
        alike = [path for path in features if is_counted(path) is counted]
        for start in range(0, len(alike), together):
            yield _describing(piece, alike[start : start + together])
    yield from of_a_piece(piece, features, options)
    yield from of_slices(piece, options, summarize_table)


def _describing(piece: Piece, batch: Sequence[Path]) -> Task:
    return lambda: {("feature", name): found for name, found in describe(piece, batch).items()}


def _worked(pool: ThreadPoolExecutor, tasks: Sequence[Task]) -> Iterable[Found]:
    return pool.map(lambda task: task(), tasks)


def _collect(found: dict[tuple[str, str], Any], results: Iterable[Found]) -> None:
    parts: dict[tuple[str, str], list[Any]] = {key: [value] for key, value in found.items()}
    for result in results:
        for key, value in result.items():
            parts.setdefault(key, []).append(value)
    found.update((key, merge_all(values)) for key, values in parts.items())
