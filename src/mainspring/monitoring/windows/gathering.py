"""Reading the requests of a window, and what became known of them, where they lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mainspring.monitoring.windows.cuts import Cut
from mainspring.monitoring.windows.outlines import Outline
from mainspring.serving.feedback import Feedback
from mainspring.serving.feedback.log import FOLDER, FORM
from mainspring.serving.payloads.journal_reading import ALL, Form, Place, T, Wanted, entries
from mainspring.serving.payloads.segments import segments, stem


class Located(NamedTuple):
    """A record, and where it is."""

    record: Any
    segment: str
    line: int


def requests(log: Path, outline: Outline, cut: Cut, form: Form[Any]) -> Iterator[Located]:
    """The records of a window, segment by segment.

    Args:
        log: The prediction log.
        outline: Where they lie.
        cut: How windows are cut.
        form: How much of them is read.

    Raises:
        IntegrityError: If a line cannot be read.
    """
    for segment, line, record in _within(log, outline.log, form, Wanted(model=cut.model)):
        if cut.seconds is None or outline.number in cut.numbers(record):
            yield Located(record, segment, line)


def feedback(log: Path, outline: Outline) -> Iterator[Feedback]:
    """What became known of the requests of a window, among that of others.

    Raises:
        IntegrityError: If a line cannot be read.
    """
    return (record for _, _, record in _within(log / FOLDER, outline.feedback, FORM))


def lost(log: Path, outline: Outline) -> bool:
    """Whether some of the segments of a window are not kept any more."""
    return not outline.log.keys() <= {stem(path) for path in segments(log)}


def _within(
    folder: Path, extents: Mapping[str, Sequence[int]], form: Form[T], wanted: Wanted = ALL
) -> Iterator[tuple[str, int, T]]:
    """What lies between the first and the last line in each segment."""
    for path in segments(folder) if extents else []:
        name = stem(path)
        if name not in extents:
            continue
        first, last = extents[name]
        for line, record in entries(path, form, wanted, Place(line=first)):
            if line <= last:
                yield name, line, record
            if line >= last:
                break  # what comes behind may be damaged
