"""Spans as data: the files of one or several spans, read and shared out to splits.

Where spans lie and which are meant is text, and is told in :mod:`mainspring.core.spans`; its names are here too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial, reduce
from pathlib import Path
from typing import Any, Final

from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.spans import LATEST, Span, SpanRange, find_spans, is_pattern, split_location
from mainspring.data.examples import Examples
from mainspring.data.sources import read
from mainspring.data.splits import SplitRule
from mainspring.data.tables import Table

__all__ = ["Span", "SpanRange", "find_spans", "is_pattern", "read_examples", "rule_of"]

FILES: Final = "files"
"""The method of data that comes split already, in files of its own."""


def read_examples(
    location: str | Path,
    splits: SplitRule | Mapping[str, str] | str | None = None,
    *,
    spans: str | int | SpanRange | None = None,
    csv: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    where: str | None = None,
    span: int = 0,
    version: int | None = None,
) -> Examples:
    """Read a file, a folder, a glob or the spans of a pattern, and share the rows out to splits.

    Types are decided over all files together. Rows are numbered through all files, the oldest span first.

    Args:
        location: A path, or a pattern of spans with or without a range: ``in/{YYYY}/{MM}/{DD}/*.csv @ last 7``.
        splits: The rule, or its text (``"stratified train=3 eval=1 by=label"``); or split name to a path or glob
            below ``location``, for data that comes split already. By default three of four rows are ``train``, the
            rest ``eval``, by a hash.
        spans: Which spans of a pattern; the latest by default. A range in the location wins.
        csv: How text files are written, as for ``Table.read_csv``.
        options: Options of the reader of other kinds of files, as for ``read``.
        where: An SQL condition: only the rows for which it holds are taken.
        span: Which span this is, where the location does not say it.
        version: Which version this is, where the location does not say it.

    Raises:
        NotFoundError: If there is no file, or no such span.
        InputError: If a file, the pattern or the rule is wrong.
    """
    found = _spans(str(location), spans)
    places = [one.location for one in found] or [str(location)]
    if found and (span or version is not None):
        raise InputError(
            "both a pattern and a number say which span this is",
            where=str(location),
            fix="leave out span and version; ask for a version in the range: 'latest version 2'",
        )
    about: dict[str, Any] = {"source": str(location), "span": span, "version": version}
    if found:
        newest = found[-1]
        about |= {"span": newest.number, "version": newest.version, "spans": tuple(one.number for one in found)}
    reader = partial(_read, csv=csv, options=options or {}, where=where)
    if isinstance(splits, Mapping):
        return Examples(splits=_read_parts(places, splits, reader), **about)
    rule = SplitRule.parse(splits) if isinstance(splits, str) else splits or SplitRule()
    tables, origins = rule.split(reader(places))
    return Examples(splits=tables, origins=origins, **about)


def rule_of(
    method: str, splits: Mapping[str, Any] | str, *, by: Sequence[str], group: Sequence[str], seed: int, gap: str
) -> SplitRule | Mapping[str, str]:
    """What :func:`read_examples` takes as ``splits``, from plain values. ``files`` is a method here too.

    Raises:
        InputError: If the values do not fit each other.
    """
    if isinstance(splits, str):
        if method != "hash" or any([*by, *group, seed, gap]):
            raise InputError(
                "the rule is given as text, and in other parameters too",
                where=splits,
                fix="say it all in the text",
            )
        return SplitRule.parse(splits)
    if method != FILES:
        return SplitRule(splits=splits, method=method, by=tuple(by), group=tuple(group), seed=seed, gap=gap)
    given = {"by": any(by), "group": any(group), "seed": seed, "gap": gap}
    wrong = [f"{name} means nothing here" for name, value in given.items() if value]
    paths = {name: value for name, value in splits.items() if isinstance(value, str)}
    wrong += [f"split {name!r} is {splits[name]!r}, not a path" for name in splits if name not in paths]
    if wrong:
        raise InputError("; ".join(wrong), where=f"splits by method {method!r}")
    return paths


def _spans(location: str, spans: str | int | SpanRange | None) -> tuple[Span, ...]:
    if not is_pattern(location):
        if spans is not None:
            raise InputError(
                f"spans {spans!r} are asked for",
                where=location,
                expected="{SPAN}, or {YYYY}, {MM} and {DD}, in it",
            )
        return ()
    _, given = split_location(location)
    return find_spans(location, None if given else spans or LATEST)


def _read(
    places: Sequence[str], *, csv: Mapping[str, Any] | None, options: Mapping[str, Any], where: str | None
) -> Table:
    rows = read(places if len(places) > 1 else places[0], csv=csv, **options)
    return rows if where is None else rows.where(where)


def _read_parts(
    places: Sequence[str], splits: Mapping[str, str], reader: Callable[[Sequence[str]], Table]
) -> dict[str, Table]:
    """Files for each split; a column has one type in all of them."""
    read_: dict[str, Table] = {}
    problems = []
    for name, inside in splits.items():
        try:
            read_[name] = reader([str(Path(place) / inside) for place in places])
        except NotFoundError as error:
            problems.append(f"split {name!r}: {error.found} at {error.where}")
    if problems or not read_:
        raise NotFoundError(
            "; ".join(problems) or "no split is given", expected="a path or glob per split, below the location"
        )
    whole = reduce(Table.concat, read_.values())
    parts, start = {}, 0
    for name, table in read_.items():
        parts[name] = whole.rows(start, start + table.num_rows)
        start += table.num_rows
    return parts
