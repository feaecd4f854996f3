"""Finding spans: the files that match a pattern, by span and version."""

from __future__ import annotations

import glob
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.spans.patterns import Match, Pattern, as_date, is_pattern, split_location
from mainspring.core.spans.ranges import ALL, LATEST, SpanRange, as_ranges, spans_text

_LOG: Final = logging.getLogger(__name__)
_HIDDEN: Final = (".", "_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One stretch of time, or one delivery.

    Attributes:
        number: Spans count up; the span of a date is the days since 1970-01-01.
        version: Which edition of the span, where the pattern has versions.
        date: The day, where the pattern has dates.
        files: Its files, by name.
        location: The pattern with the span filled in; a file, a folder or a glob.
    """

    number: int
    version: int | None = None
    date: date | None = None
    files: tuple[Path, ...]
    location: str

    def __str__(self) -> str:
        name = f"{self.number}" if self.date is None else f"{self.date}"
        return name if self.version is None else f"{name} version {self.version}"


def find_spans(
    pattern: str,
    spans: str | int | SpanRange | None = None,
    *,
    root: Path | None = None,
    gaps: str | None = None,
    every_version: bool = False,
) -> tuple[Span, ...]:
    """The spans that lie in files, in order, of each the newest version.

    Args:
        pattern: A path with placeholders and globs, such as ``data/span-{SPAN:4}/v{VERSION}/*.parquet`` (see
            :mod:`mainspring.core.spans.patterns`); a range may follow after ``@``.
        spans: Which spans: ``latest``, ``last 7 skip 1``, ``10..20``, … (see
            :mod:`mainspring.core.spans.ranges`); all by default.
        root: Where relative patterns start; the current folder by default.
        gaps: How a missing span in the middle is told: ``error``, ``warn`` or ``ignore``; wins over the range's.
        every_version: All versions of a span, not only the newest.

    Raises:
        InputError: If the pattern contradicts itself, or files contradict the pattern: another number of digits,
            no date, two names for one span.
        NotFoundError: If there is no such span, or one is missing in the middle and gaps are errors.
    """
    path, given = split_location(pattern)
    if given is not None and spans is not None:
        raise InputError(f"two ranges: {given!r} in the pattern, and {spans!r}", fix="give one of them")
    wanted = spans if isinstance(spans, SpanRange) else _parsed(given if spans is None else spans)
    if gaps is not None:
        wanted = replace(wanted, gaps=gaps)
    chosen, missing = _find(Pattern.parse(path), wanted, root, every_version=every_version)
    if missing and wanted.policy == "warn":
        _LOG.warning("%s: %s", path, missing)
    return chosen


def _find(
    read: Pattern, wanted: SpanRange, root: Path | None, *, every_version: bool = False
) -> tuple[tuple[Span, ...], str]:
    """The spans that are meant, and what is missing, in words."""
    found = _scan(read, root)
    if wanted.version is not None and not read.has_versions:
        raise InputError(
            f"version {wanted.version} is asked for", where=read.text, expected="{VERSION} in the pattern"
        )
    if wanted.version is not None:
        found = {key: one for key, one in found.items() if key[1] == wanted.version}
    chosen = wanted.choose(number for number, _ in found)
    missing = _missing(wanted, chosen, read, sorted({number for number, _ in found}))
    kept = [found[key] for key in sorted(found, key=_order) if key[0] in set(chosen)]
    return tuple(kept if every_version else {one.number: one for one in kept}.values()), missing


def settle(location: str, *, root: Path | None = None, spans: str | int | None = None) -> str:
    """A location that means the same spans when more have come: its range with fixed ends.

    What is no pattern stays as it is. Without a range, the latest span is meant; a range in the location wins.

    Raises:
        InputError: As :func:`find_spans`.
        NotFoundError: As :func:`find_spans`.
    """
    if not is_pattern(location):
        return location
    path, given = split_location(location)
    wanted = _parsed(given or spans or LATEST.text())
    pattern = Pattern.parse(path)
    found, _ = _find(pattern, wanted, root)  # what is missing is told where the spans are read
    fixed = wanted.narrowed([one.number for one in found])
    return f"{path} @ {fixed.text(dates=pattern.by_date)}"


def _parsed(text: str | int | None) -> SpanRange:
    return ALL if text is None else SpanRange.parse(text)


def _order(key: tuple[int, int | None]) -> tuple[int, int]:
    return key[0], -1 if key[1] is None else key[1]


def _scan(pattern: Pattern, root: Path | None) -> dict[tuple[int, int | None], Span]:
    files: dict[tuple[int, int | None], list[Path]] = {}
    texts: dict[tuple[int, int | None], dict[str, Mapping[str, str]]] = {}
    problems: list[str] = []
    for name in sorted(glob.glob(pattern.glob(), root_dir=root, recursive=True)):  # noqa: PTH207 - as the pattern says
        match = _match(pattern, name, problems)
        inside = _files_of(Path(name) if root is None else root / name, pattern) if match else []
        if match and inside:
            key = match.number, match.version
            files.setdefault(key, []).extend(inside)
            texts.setdefault(key, {})[pattern.fill(match.texts)] = match.texts
    problems += [
        f"{_name(key, pattern)} has several names: {', '.join(sorted(named))}"
        for key, named in texts.items()
        if len(named) > 1
    ]
    if problems:
        raise InputError("; ".join(problems), where=pattern.text, fix="rename the files, or correct the pattern")
    return {
        key: Span(
            number=key[0],
            version=key[1],
            date=as_date(key[0]) if pattern.by_date else None,
            files=tuple(sorted(files[key])),
            location=location if root is None else str(root / location),
        )
        for key, named in texts.items()
        for location in named
    }


def _match(pattern: Pattern, name: str, problems: list[str]) -> Match | None:
    try:
        return pattern.match(name)
    except InputError as error:
        problems.append(error.found)
        return None


def _files_of(path: Path, pattern: Pattern) -> list[Path]:
    if path.is_file():
        return [path]
    return list(_visible(path)) if pattern.names_folders and path.is_dir() else []


def _visible(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*"):
        if file.is_file() and not any(part.startswith(_HIDDEN) for part in file.relative_to(folder).parts):
            yield file


def _name(key: tuple[int, int | None], pattern: Pattern) -> str:
    number = as_date(key[0]).isoformat() if pattern.by_date else str(key[0])
    return f"span {number}" if key[1] is None else f"span {number} version {key[1]}"


def _missing(wanted: SpanRange, chosen: tuple[int, ...], pattern: Pattern, known: list[int]) -> str:
    dates = pattern.by_date
    if not known:
        raise NotFoundError(
            "there is no file that matches"
            + ("" if wanted.version is None else f" and has version {wanted.version}"),
            where=pattern.text,
            fix="check the path; relative paths start at the project's folder",
        )
    there = as_ranges(known)
    if not chosen:
        raise NotFoundError(
            f"there is no span {wanted.text(dates=dates)}",
            where=pattern.text,
            expected=f"some of {spans_text(there, dates=dates)}",
        )
    if len(chosen) < wanted.least:
        raise NotFoundError(
            f"there are {len(chosen)} of the {wanted.least} spans that are needed at least",
            where=pattern.text,
            expected=f"more than {spans_text(as_ranges(chosen), dates=dates)}",
        )
    missing = wanted.missing(chosen)
    if not missing:
        return ""
    found = f"of spans {wanted.text(dates=dates)}, these are missing: {spans_text(missing, dates=dates)}"
    if wanted.policy == "error":
        fix = "deliver them, or take what is there: add `gaps warn` or `gaps ignore` to the range"
        raise NotFoundError(found, where=pattern.text, fix=fix)
    return found
