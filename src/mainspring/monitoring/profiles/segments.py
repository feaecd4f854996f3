"""Figures of many windows in one file, each figure in one piece, mapped into memory.

::

    magic, the bytes of the head, the head: JSON with the names, sorted, and how many windows there are
    times           [windows]      of all windows, in the order they were appended
    counts          [names]        in how many of them a figure is
    directory       [names, 6]     where its windows, and its value, low, high, least and most begin; -1 if they
                                   are all windows, or one number
    constants       [names, 5]     those numbers
    data            whatever the directory points to

All numbers have eight bytes, in the byte order of most machines (little).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from mainspring.core.durable import replace_file
from mainspring.core.errors import IntegrityError
from mainspring.monitoring.profiles.tails import FIELDS, Figures, Frame, Rows

_MAGIC: Final = b"MSFIGS01"
_WORD: Final = 8


class Segment:
    """A file of figures. Safe for threads.

    Args:
        path: What :func:`write_segment` wrote.

    Raises:
        IntegrityError: If it is something else.
    """

    def __init__(self, path: Path) -> None:
        self._bytes = np.memmap(path, dtype=np.uint8, mode="r")
        if bytes(self._bytes[:_WORD]) != _MAGIC:
            raise IntegrityError(
                "this is no segment of figures", where=str(path), fix="restore it, or move it away"
            )
        size = int(self._bytes[_WORD : 2 * _WORD].view(np.int64)[0])
        head = json.loads(bytes(self._bytes[2 * _WORD : 2 * _WORD + size]))
        self._names: list[str] = head["names"]
        self._places = {name: place for place, name in enumerate(self._names)}
        words = self._bytes[2 * _WORD + size :].view(np.float64)
        count, windows = len(self._names), int(head["windows"])
        ends = np.cumsum([windows, count, count * (len(FIELDS) + 1), count * len(FIELDS)])
        self._times, counts, directory, constants, self._data = np.split(words, ends)
        self._counts = counts.view(np.int64)
        self._directory = directory.view(np.int64).reshape(count, len(FIELDS) + 1)
        self._constants = constants.reshape(count, len(FIELDS))

    def find(self, prefix: str) -> Iterator[str]:
        """The names that begin with a text."""
        return (name for name in self._names if name.startswith(prefix))

    def read(self, name: str) -> Figures:
        """The times of a figure, ``[windows]``, and itself, ``[5, windows]``, in the order they were appended."""
        place = self._places.get(name)
        if place is None:
            return np.empty(0), np.empty((len(FIELDS), 0))
        count, (windows, *begins) = int(self._counts[place]), self._directory[place].tolist()
        times = self._times if windows < 0 else self._times[self._data[windows : windows + count].view(np.int64)]
        figures = np.empty((len(FIELDS), count))
        for row, begin in enumerate(begins):
            figures[row] = self._constants[place, row] if begin < 0 else self._data[begin : begin + count]
        return times, figures


def write_segment(frames: Sequence[Frame], path: Path) -> None:
    """Write the figures of some windows as a segment; safe on the disk when this comes back."""
    rows = Rows(frames)
    names = sorted(set(rows.find("")))
    times = np.array([one.time for one in frames])
    counts = np.zeros(len(names), dtype=np.int64)
    directory = np.full((len(names), len(FIELDS) + 1), -1, dtype=np.int64)
    constants = np.full((len(names), len(FIELDS)), np.nan)
    data, known_names = _Data(), _sets(frames)
    for place, name in enumerate(names):
        _, figures = rows.read(name)
        counts[place] = figures.shape[1]
        if figures.shape[1] < len(frames):
            there = [window for window, known in enumerate(known_names) if name in known]
            directory[place, 0] = data.add(np.array(there, dtype=np.int64).view(np.float64))
        for row, numbers in enumerate(figures):
            if (numbers == numbers[0]).all() or np.isnan(numbers).all():
                constants[place, row] = numbers[0]
            else:
                directory[place, row + 1] = data.add(numbers)
    head = json.dumps({"names": names, "windows": len(frames)}).encode()
    head += b" " * (-len(head) % _WORD)
    parts = [times, counts, directory, constants, *data.parts]
    replace_file(
        path, _MAGIC + len(head).to_bytes(_WORD, "little") + head + b"".join(part.tobytes() for part in parts)
    )


def _sets(frames: Sequence[Frame]) -> list[frozenset[str]]:
    """The names of each frame; one set for frames one after the other with the same ones."""
    found: list[frozenset[str]] = []
    for before, one in zip([None, *frames], frames, strict=False):
        found.append(found[-1] if before is not None and before.names is one.names else frozenset(one.names))
    return found


class _Data:
    """Numbers one after the other."""

    def __init__(self) -> None:
        self.parts: list[npt.NDArray[np.float64]] = []
        self._size = 0

    def add(self, numbers: npt.NDArray[np.float64]) -> int:
        """Put some at the end; gives where they begin."""
        self.parts.append(np.ascontiguousarray(numbers))
        self._size += len(numbers)
        return self._size - len(numbers)
