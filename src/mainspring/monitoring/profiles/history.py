"""The figures of all windows: what checks measured, by name and time, on the disk.

What is new stands window after window in a file that grows; when that is large it becomes a segment, in which
every figure lies in one piece. A segment is mapped, never read as a whole: a year of hourly windows with a
thousand figures is open in some milliseconds.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np

from mainspring.core.errors import InputError
from mainspring.monitoring.profiles.segments import Segment, write_segment
from mainspring.monitoring.profiles.tails import FIELDS, Figures, Rows, Tail, frame
from mainspring.monitoring.seen import Figure, Series
from mainspring.serving.payloads.exclusive import claim

_SEGMENT, _TAIL = ".figures", ".tail"
_MOST_BYTES: Final = 16 << 20
_MOST_FRAMES: Final = 4096


class FigureHistory:
    """Keeps figures of windows; a :class:`mainspring.monitoring.seen.History`.

    One process appends, any number read, also while it does. Safe for threads that read.

    Args:
        folder: Where it lies; made when something is appended.

    Example:
        >>> from tempfile import mkdtemp
        >>> history = FigureHistory(Path(mkdtemp()))
        >>> history.append(0.0, {"drift/age": Figure(value=0.1, most=0.2)})
        >>> history.append(3600.0, {"drift/age": Figure(value=0.3, most=0.2)})
        >>> history.series("drift/age").values.tolist()
        [0.1, 0.3]
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._guard = folder, threading.Lock()
        self._segments: dict[str, Segment] = {}
        self._tails: dict[str, Tail] = {}
        self._lock = -1

    # ----------------------------------------------------------------- writing

    def append(self, time: float, figures: Mapping[str, Figure]) -> None:
        """Keep the figures of a window; safe on the disk when this comes back.

        Of figures with the same name and time, the one that was appended last counts; others of that time stay.

        Args:
            time: Where the window begins, in seconds since the epoch.
            figures: By name, such as ``drift/age``.

        Raises:
            InputError: If the time is no number.
            ConflictError: If another process appends.
        """
        if not np.isfinite(time):
            raise InputError(f"figures of the time {time}", expected="seconds since the epoch")
        if not figures:
            return
        with self._guard:
            self._begin()
            name, tail = self._last()
            tail.append(frame(time, figures, tail.names))
            if tail.size > _MOST_BYTES or len(tail.frames) >= _MOST_FRAMES:
                self._seal(name, tail)

    def close(self) -> None:
        """Let another process append."""
        with self._guard:
            for tail in self._tails.values():
                tail.close()
            self._tails.clear()
            if self._lock >= 0:
                os.close(self._lock)
                self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ----------------------------------------------------------------- reading

    def names(self, prefix: str = "") -> Sequence[str]:
        """The names of figures that were ever kept, sorted.

        Args:
            prefix: Only names that begin with this.
        """
        return sorted({name for block in self._blocks() for name in block.find(prefix)})

    def series(self, name: str, *, since: float | None = None, until: float | None = None) -> Series:
        """A figure over time; empty arrays if there is none of that name.

        Args:
            name: Such as ``drift/age`` or ``quality/accuracy|sex=Female``.
            since: Only windows that begin at this time or later.
            until: Only windows that begin before this time.
        """
        return _series([block.read(name) for block in self._blocks()], since, until)

    def all_series(
        self, prefix: str = "", *, since: float | None = None, until: float | None = None
    ) -> dict[str, Series]:
        """The figures whose names begin alike, over time, by name.

        Args:
            prefix: How they begin; an empty text for all.
            since: As for :meth:`series`.
            until: Likewise.
        """
        parts: dict[str, list[Figures]] = {}
        for block in self._blocks():
            for name in dict.fromkeys(block.find(prefix)):
                parts.setdefault(name, []).append(block.read(name))
        return {name: _series(parts[name], since, until) for name in sorted(parts)}

    # ------------------------------------------------------------------- files

    def _blocks(self) -> list[Segment | Rows]:
        """What there is now, oldest first."""
        with self._guard:
            while True:
                try:
                    self._refresh()
                    break
                except FileNotFoundError:
                    continue  # it became a segment since it was listed
            files = {name: tail.snapshot() for name, tail in self._tails.items()} | self._segments
            return [files[name] for name in sorted(files)]

    def _refresh(self) -> None:
        try:
            names = [path.name for path in self._folder.iterdir()]
        except FileNotFoundError:
            return
        for name in names:
            if name.endswith(_SEGMENT) and (stem := name.removesuffix(_SEGMENT)) not in self._segments:
                self._segments[stem] = Segment(self._folder / name)
        for name in names:
            if name.endswith(_TAIL) and (stem := name.removesuffix(_TAIL)) not in self._segments:
                tail = self._tails.get(stem) or Tail(self._folder / name)
                tail.refresh()
                self._tails[stem] = tail
        for stem in self._tails.keys() & self._segments.keys():
            self._tails.pop(stem).close()

    def _begin(self) -> None:
        """Be the one who appends."""
        if self._lock >= 0:
            return
        self._lock = claim(self._folder, "another process appends to this history", fix="stop it first")
        self._refresh()
        for left in self._folder.glob(f"*{_TAIL}"):
            if left.name.removesuffix(_TAIL) in self._segments:
                left.unlink()  # killed between making the segment and removing this

    def _last(self) -> tuple[str, Tail]:
        """The tail that grows."""
        if not self._tails:
            name = f"{max((int(stem) for stem in self._segments), default=0) + 1:08d}"
            self._tails[name] = Tail(self._folder / f"{name}{_TAIL}")
        name = max(self._tails)
        return name, self._tails[name]

    def _seal(self, name: str, tail: Tail) -> None:
        """Turn a tail into a segment."""
        write_segment(tail.frames, self._folder / f"{name}{_SEGMENT}")
        self._segments[name] = Segment(self._folder / f"{name}{_SEGMENT}")
        (self._folder / f"{name}{_TAIL}").unlink()
        self._tails.pop(name).close()


def _series(
    parts: Sequence[Figures],
    since: float | None,
    until: float | None,
) -> Series:
    """One series of those of several files, in which later ones count more."""
    times = np.concatenate([np.empty(0), *(part[0] for part in parts)])
    figures = np.concatenate([np.empty((len(FIELDS), 0)), *(part[1] for part in parts)], axis=1)
    if len(times) > 1 and not (times[1:] > times[:-1]).all():
        order = np.argsort(times, kind="stable")
        times, figures = times[order], figures[:, order]
        last = np.append(times[1:] != times[:-1], True)
        times, figures = times[last], figures[:, last]
    if since is not None or until is not None:
        first = 0 if since is None else int(np.searchsorted(times, since))
        end = len(times) if until is None else int(np.searchsorted(times, until))
        # A copy: a part of an array would keep all of it.
        times, figures = times[first:end].copy(), figures[:, first:end].copy()
    values, low, high, least, most = figures
    return Series(times=times, values=values, low=low, high=high, least=least, most=most)
