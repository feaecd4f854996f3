"""Reading a delimited file line by line, where the engine refused it: to mend what is unusual but unambiguous
(mixed line ends, very long lines), and to say everything that is wrong, with line numbers.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.dialects import TextFile, open_text, unreadable

LONGEST_LINE: Final = 1 << 28
"""How many bytes a line may have, if it is read line by line."""

LINE_ENDS: Final = {"\n": "\ufdd0", "\r": "\ufdd1"}
"""What stands for line ends inside the cells of a copy: characters that Unicode keeps out of texts."""

_CAP: Final = 10


class Rejects:
    """Rows that are left out, written to a CSV file: the file they are from, the line, the reason and the text."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer

    @classmethod
    @contextmanager
    def to(cls, path: Path) -> Iterator[Rejects]:
        """Rejects in a file that appears when all is read. It is written even if there are none."""
        part = path.with_name(path.name + ".part")
        try:
            with part.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(["file", "line", "reason", "text"])
                yield cls(writer)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def add(self, path: Path, line: int, reason: str, text: str) -> None:
        """Write one row."""
        self._writer.writerow([str(path), line, reason, text])


def mended(file: TextFile, *, rejects: Rejects | None = None) -> engine.Scratch:
    """A copy of the file in the plainest form.

    Args:
        rejects: Takes the rows that cannot be read; without it they are an error.

    Raises:
        InputError: Listing what is wrong with the rows of the file.
    """
    limit = csv.field_size_limit(LONGEST_LINE)
    found = _Problems(file, rejects)
    try:
        clean = engine.Scratch(".csv")
        with clean.path.open("w", encoding="utf-8", newline="") as target:
            _copy(file, target, found)
    except (UnicodeDecodeError, OSError, EOFError) as problem:
        raise unreadable(file.path, file.dialect, problem) from None
    finally:
        csv.field_size_limit(limit)
    if found.count and not rejects:
        raise _broken_rows(file.path, found.first, found.count, len(file.names))
    return clean


class _Problems:
    def __init__(self, file: TextFile, rejects: Rejects | None) -> None:
        self.first: list[str] = []
        self.count = 0
        self._file = file
        self._rejects = rejects

    def note(self, line: int, reason: str, text: str) -> None:
        self.count += 1
        if self.count <= _CAP:
            self.first.append(f"line {line}: {reason}")
        if self._rejects:
            self._rejects.add(self._file.path, line, reason, text)


def _copy(file: TextFile, target: TextIO, problems: _Problems) -> None:
    dialect, width = file.dialect, len(file.names)
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(range(width))  # a first line by which the engine knows how lines end
    with open_text(file.path, dialect.encoding) as source:
        lines = _Lines(source)
        reader = csv.reader(
            lines,
            delimiter=file.delimiter,
            quotechar=dialect.quote,
            skipinitialspace=dialect.trim,
            strict=True,
        )
        header = dialect.header
        line = 1
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                problems.note(line, str(error), lines.taken())
                line = reader.line_num + 1
                continue
            text = lines.taken()
            if row and header:
                header = False
            elif row and len(row) != width:
                problems.note(line, f"{len(row)} cells", text)
            elif row:
                writer.writerow([_in_one_line(cell.strip() if dialect.trim else cell) for cell in row])
            elif width == 1:
                writer.writerow([""])
            line = reader.line_num + 1


class _Lines:
    """The lines of a text, and those that were taken since somebody asked last."""

    def __init__(self, source: TextIO) -> None:
        self._source = source
        self._taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._source:
            self._taken.append(line)
            yield line

    def taken(self) -> str:
        text = "".join(self._taken).rstrip("\r\n")
        self._taken.clear()
        return text


def _in_one_line(cell: str) -> str:
    for end, stand_in in LINE_ENDS.items():
        cell = cell.replace(end, stand_in)
    return cell


def _broken_rows(path: Path, problems: Sequence[str], count: int, width: int) -> InputError:
    quoted = any("expected after" in problem or "unexpected end" in problem for problem in problems)
    rest = f"; and {count - _CAP} more" if count > _CAP else ""
    return InputError(
        f"{count} rows cannot be read: " + "; ".join(problems) + rest
        if count > 1
        else f"a row cannot be read: {problems[0]}",
        where=str(path),
        expected=f"{width} cells in every row",
        fix="mend these lines (a cell that holds the delimiter must be in quotes), "
        "or leave them out with rejects=PATH"
        + ("; if quotes are plain characters here: quote='\\x01' (--quote none)" if quoted else ""),
    )
