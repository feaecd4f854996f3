"""The newest figures, window after window, in a file that grows and survives a kill."""

from __future__ import annotations

import functools
import itertools
import json
import os
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.monitoring.seen import Figure

Figures: TypeAlias = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
"""The times of a figure, ``[windows]``, and itself, ``[5, windows]``: value, low, high, least and most."""
FIELDS: Final = ("value", "low", "high", "least", "most")

_HEAD: Final = struct.Struct("<II")
"""Bytes of what follows, and their checksum."""
_BODY: Final = struct.Struct("<dI")
"""The time, and the bytes of the names; 0 if they are those of the frame before."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The figures of one window.

    Attributes:
        time: Where it begins.
        names: Of the figures.
        figures: ``[5, names]``: value, low, high, least and most; NaN where unknown.
    """

    time: float
    names: tuple[str, ...]
    figures: npt.NDArray[np.float64]


def frame(time: float, figures: Mapping[str, Figure], known: tuple[str, ...]) -> Frame:
    """The figures of one window.

    Args:
        time: Where it begins.
        figures: By name.
        known: Names of the frame before; the same tuple is used if they are the same.
    """
    names = known if len(known) == len(figures) and all(name in figures for name in known) else tuple(figures)
    rows = [[getattr(figures[name], field) for name in names] for field in FIELDS]
    return Frame(float(time), names, np.array(rows, dtype=np.float64))


class Tail:
    """A file of frames. What is torn at its end, because its writer was killed, is not there, and goes with the
    next :meth:`append`. Not safe for threads.

    Attributes:
        frames: What was read.
        size: Bytes of these in the file.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._file = path, -1
        self._rows = Rows(())
        self._shown = 0
        self.frames: list[Frame] = []
        self.size = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the last frame."""
        return self.frames[-1].names if self.frames else ()

    def refresh(self) -> None:
        """Read what is new.

        Raises:
            FileNotFoundError: If it is not there any more.
        """
        with self._path.open("rb") as file:
            if os.fstat(file.fileno()).st_size <= self.size:
                return
            file.seek(self.size)
            self._take(file.read())

    def append(self, new: Frame) -> None:
        """Write a frame; safe on the disk when this comes back."""
        names = b"" if self.frames and new.names == self.names else json.dumps(new.names).encode()
        body = _BODY.pack(new.time, len(names)) + names + new.figures.tobytes()
        data = _HEAD.pack(len(body), zlib.crc32(body)) + body
        if self._file < 0:
            self._file = os.open(self._path, os.O_CREAT | os.O_WRONLY, 0o644)
        os.ftruncate(self._file, self.size)
        os.pwrite(self._file, data, self.size)
        os.fdatasync(self._file)
        self.size += len(data)
        self.frames.append(new)

    def snapshot(self) -> Rows:
        """What was read up to now, for reading."""
        if self._shown != len(self.frames):
            self._rows, self._shown = Rows(self.frames[:]), len(self.frames)
        return self._rows

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _take(self, data: bytes) -> None:
        place = 0
        while len(data) - place >= _HEAD.size:
            length, checksum = _HEAD.unpack_from(data, place)
            body = data[place + _HEAD.size : place + _HEAD.size + length]
            if len(body) < length or length < _BODY.size or zlib.crc32(body) != checksum:
                return
            time, size = _BODY.unpack_from(body)
            begin = _BODY.size + size
            names = tuple(json.loads(body[_BODY.size : begin])) if size else self.names
            figures = np.frombuffer(body[begin:], dtype=np.float64).reshape(len(FIELDS), len(names))
            self.frames.append(Frame(time, names, figures))
            place += _HEAD.size + length
            self.size += _HEAD.size + length


class Rows:
    """Frames, to be read figure by figure. Safe for threads."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        self._runs = [_Run(list(run)) for _, run in itertools.groupby(frames, key=lambda one: one.names)]

    def find(self, prefix: str) -> Iterator[str]:
        """The names that begin with a text; some may come twice."""
        return (name for run in self._runs for name in run.places if name.startswith(prefix))

    def read(self, name: str) -> Figures:
        """The times of a figure, ``[windows]``, and itself, ``[5, windows]``, in the order they were appended."""
        found = [run.read(name) for run in self._runs if name in run.places]
        if len(found) == 1:
            return found[0]
        times, figures = [np.empty(0)], [np.empty((len(FIELDS), 0))]
        times += [one[0] for one in found]
        figures += [one[1] for one in found]
        return np.concatenate(times), np.concatenate(figures, axis=1)


class _Run:
    """Frames one after the other with the same names."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        self.places = {name: place for place, name in enumerate(frames[0].names)}
        self._times = np.array([one.time for one in frames])
        self._frames = frames

    def read(self, name: str) -> Figures:
        return self._times, self._figures[:, self.places[name]]

    @functools.cached_property
    def _figures(self) -> npt.NDArray[np.float64]:
        """``[5, names, windows]``."""
        return np.stack([one.figures for one in self._frames], axis=-1)
