"""What steps print and log: the end of it, what came since, what is before, and where a text occurs."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO, Final

import msgspec

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.shared import Shared
from mainspring.core.errors import NotFoundError
from mainspring.core.records import Execution, ExecutionState
from mainspring.pipelines.series import file_beside

_MOST: Final = 1024 * 1024
_ANSI: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_ANSI_BYTES: Final = re.compile(_ANSI.pattern.encode())
_HITS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPart:
    """A part of a log: whole lines, without the codes that colour terminals.

    Attributes:
        run: The run.
        step: The step.
        text: The part.
        start: Where it begins in the file, in bytes.
        end: Where it ends; ask for what comes later from here.
        size: How long the file is.
        running: Whether more may come.
    """

    run: str
    step: str
    text: str
    start: int
    end: int
    size: int
    running: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LogHits:
    """Lines of a log that hold a text.

    Attributes:
        lines: Their numbers from 1, their places in bytes, and themselves.
        more: Whether there are more than these.
    """

    lines: list[tuple[int, int, str]]
    more: bool


_From = Annotated[int, msgspec.Meta(description="a place in bytes; negative for the end of the log")]


@operation("runs.logs", "GET", "/runs/{run}/logs/{step}", command="mainspring logs {run} {step}")
def part(
    desk: Desk, run: str, step: str, *, start: _From = -1, before: int | None = None, most: int = 128 * 1024
) -> LogPart:
    """A part of what a step printed and logged: its end, or from a place on, or what is before a place.

    Args:
        before: Give what is before this place, in bytes.
        most: How many bytes to give at most.
    """
    execution = desk.platform.pipelines.records.run(run)
    file = file_of(desk.shared, execution, step)
    size = file.stat().st_size if file.is_file() else 0
    most = max(1, min(most, _MOST))
    running = execution.state is ExecutionState.RUNNING
    begin, end = _bounds(size, start, before, most)
    text, begin, end = _lines(file, begin, end, size, running) if size else ("", 0, 0)
    return LogPart(
        run=str(execution.name), step=step, text=cleaned(text), start=begin, end=end, size=size, running=running
    )


@operation("runs.search_log", "GET", "/runs/{run}/logs/{step}/search", command="mainspring logs {run} {step}")
def search(desk: Desk, run: str, step: str, text: str) -> LogHits:
    """The lines of a step's log that hold a text, in any letter case.

    Args:
        text: What to look for.
    """
    file = file_of(desk.shared, desk.platform.pipelines.records.run(run), step)
    wanted = text.lower().encode()
    if not file.is_file() or not wanted:
        return LogHits(lines=[], more=False)
    found = list(itertools.islice(_matching(file, wanted), _HITS + 1))
    return LogHits(lines=found[:_HITS], more=len(found) > _HITS)


def _matching(file: Path, wanted: bytes) -> Iterator[tuple[int, int, str]]:
    """Lines with a text. Large pieces are looked at as a whole: in most of a long log there is nothing."""
    number, place = 1, 0
    with file.open("rb") as opened:
        while raw := opened.read(_MOST):
            raw += opened.readline()
            if wanted in _ANSI_BYTES.sub(b"", raw).lower():
                at = place
                for count, line in enumerate(io.BytesIO(raw)):
                    if wanted in _ANSI_BYTES.sub(b"", line).lower():
                        yield number + count, at, cleaned(line.decode("utf-8", "replace")).rstrip("\n")[:500]
                    at += len(line)
            number += raw.count(b"\n")
            place += len(raw)


def file_of(shared: Shared, run: Execution, step: str) -> Path:
    """Where the log of a step lies.

    Raises:
        NotFoundError: If the run has no such step.
    """
    records, name = shared.platform.pipelines.records, str(run.name)
    nodes = run.custom.get("nodes")
    known = [str(one) for one in nodes] if isinstance(nodes, (list, tuple)) else []
    if step not in known and step not in {one.node for one in records.steps(name)}:
        raise NotFoundError(f"run {name} has no step {step!r}", expected="one of " + ", ".join(known))
    return folder_of(shared, name) / f"{step}.log"


def folder_of(shared: Shared, run: str) -> Path:
    """Where the logs of a run lie."""
    settings = shared.platform.settings
    return settings.path(settings.run.home) / "runs" / run


def stamp(shared: Shared, rest: str) -> Hashable:
    """Another value whenever a log grows, or a metric is logged; ``rest`` is ``RUN/STEP``."""
    run, _, step = rest.rpartition("/")
    folder = folder_of(shared, "").resolve()
    file = (folder / run / f"{step}.log").resolve()
    if folder not in file.parents:
        return ()
    return tuple(one.stat().st_size for one in (file, file_beside(file)) if one.is_file())


def cleaned(text: str) -> str:
    r"""A text without the codes that colour in terminals; of a line that was written over, the last state.

    Example:
        >>> cleaned("\x1b[31mred\x1b[0m"), cleaned("10 %\r50 %\r100 %\n")
        ('red', '100 %\n')
    """
    plain = _ANSI.sub("", text).replace("\r\n", "\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in plain.split("\n"))


def _bounds(size: int, start: int, before: int | None, most: int) -> tuple[int, int]:
    if before is not None:
        end = max(0, min(before, size))
        return max(0, end - most), end
    if start < 0:
        return max(0, size - most), size
    begin = min(start, size)
    return begin, min(size, begin + most)


def _lines(file: Path, begin: int, end: int, size: int, running: bool) -> tuple[str, int, int]:
    """Whole lines only, unless one line alone is longer than the part."""
    with file.open("rb") as opened:
        begin = _line_start(opened, begin)
        opened.seek(begin)
        raw = opened.read(end - begin)
    last = raw.rfind(b"\n") + 1
    if last and (end < size or running):
        raw = raw[:last]
    return raw.decode("utf-8", "replace"), begin, begin + len(raw)


def _line_start(opened: BinaryIO, begin: int) -> int:
    """The start of the first line that begins at a place or after it."""
    if begin == 0:
        return 0
    opened.seek(begin - 1)
    skipped = opened.readline(_MOST)
    return begin - 1 + len(skipped) if skipped.endswith(b"\n") else begin
