"""Profiles of windows, kept for years: as they are for a while, then day by day, then week by week.

::

    <folder>/<model>/windows/<since>_<until>.profile
                     days/…
                     weeks/…

A file is written under another name, made durable and renamed: readers see all of it or nothing. One of a day
names the windows that it was made of, and their own files stay until the next day is made: whoever reads counts
each window once, whenever the writer is killed.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

from mainspring.core.durable import replace_file
from mainspring.core.errors import InputError, IntegrityError
from mainspring.monitoring.profiles.profile import WindowProfile
from mainspring.monitoring.profiles.rounding import rounded
from mainspring.serving.payloads.exclusive import alone

DAY: Final = 86_400.0
WEEK: Final = 7 * DAY
KEEP_WINDOWS: Final = 7.0
KEEP_DAYS: Final = 90.0

_LEVELS: Final = ("windows", "days", "weeks")
_LENGTHS: Final = {"days": DAY, "weeks": WEEK}
_MONDAY: Final = 4 * DAY
"""The first Monday of the epoch: weeks begin there."""
_NAME: Final = re.compile(r"(\d+\.\d{6})_(\d+\.\d{6})\.profile")
_TOGETHER: Final = 16


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file of the archive."""

    level: str
    since: float
    until: float
    path: Path

    @property
    def key(self) -> str:
        return self.path.stem


class ProfileArchive:
    """Profiles of windows by model and time. One writer and any number of readers, in any processes.

    When the first window of another day (UTC) comes, those that are older than ``keep_windows`` days are merged
    into one profile per day, and those that are older than ``keep_days`` into one per week, beginning on Mondays;
    their quantiles then keep seven digits. A year of windows of an hour with 200 features of different numbers in
    every row takes about 0.3 GB, of features of few different values a tenth of that.

    Args:
        folder: Where it lies; made when something is put into it.
        keep_windows: How many days profiles are kept window by window.
        keep_days: How many days they are kept day by day.

    Raises:
        InputError: If days are not kept as long as windows, or these not at all.
    """

    def __init__(self, folder: Path, *, keep_windows: float = KEEP_WINDOWS, keep_days: float = KEEP_DAYS) -> None:
        if not 0 < keep_windows <= keep_days:
            raise InputError(
                f"windows kept for {keep_windows} days, and days for {keep_days}",
                expected="a positive time, and days for at least as long as windows",
            )
        self._folder, self._keep = folder, {"windows": keep_windows * DAY, "days": keep_days * DAY}

    # ----------------------------------------------------------------- writing

    def put(self, profile: WindowProfile) -> bool:
        """Keep the profile of a window, in the place of an earlier one of the same window; safe on the disk when
        this comes back.

        Returns:
            Whether it was kept: a window that is in the profile of its day already cannot be replaced any more.
        """
        with self._writing(profile.model):
            entry = self._entry(profile, "windows")
            if any(entry.key in _parts(coarse) for coarse in self._around(profile.model, entry.since)):
                return False
            newest = max((one.since for one in self._listed(profile.model, "windows")), default=entry.since)
            _write(entry.path, [entry.key], profile)
            if entry.since // DAY > newest // DAY:
                self._compact(profile.model, entry.since)
            return True

    def compact(self, model: str) -> None:
        """Merge what is old enough now, without waiting for the next day."""
        with self._writing(model):
            newest = max((one.since for one in self._listed(model, "windows")), default=None)
            if newest is not None:
                self._compact(model, newest)

    # ----------------------------------------------------------------- reading

    def models(self) -> list[str]:
        """The models of which there are profiles, by name."""
        return sorted(unquote(path.name) for path in self._folder.glob("*/") if (path / "windows").is_dir())

    def profiles(
        self, model: str, *, since: float | None = None, until: float | None = None
    ) -> Iterator[WindowProfile]:
        """The profiles of a model, oldest first: of weeks, then of days, then of windows.

        Args:
            model: The model.
            since: Only profiles that reach beyond this time.
            until: Only profiles that begin before this time.

        Raises:
            IntegrityError: If a file was damaged.
        """
        return (_profile(data, path) for path, data in self._read(model, since, until))

    def merged(
        self, model: str, *, since: float | None = None, until: float | None = None
    ) -> WindowProfile | None:
        """One profile of all windows in a stretch of time; ``None`` if there are none.

        What is kept by days or weeks only is in it as a whole: its ``since`` and ``until`` say what it covers.

        Args:
            model: The model.
            since: As for :meth:`profiles`.
            until: Likewise.

        Raises:
            IntegrityError: If a file was damaged.
        """
        return _folded(self.profiles(model, since=since, until=until))

    def latest(self, model: str, *, before: float | None = None) -> WindowProfile | None:
        """The profile of the newest window, or of the newest that begins before a time; ``None`` without one."""
        while True:
            entries = [one for one in self._entries(model) if before is None or one.since < before]
            if not entries:
                return None
            newest = max(entries, key=lambda one: one.since)
            try:
                return _profile(newest.path.read_bytes(), newest.path)
            except FileNotFoundError:
                continue  # merged since it was listed

    # ------------------------------------------------------------------- files

    def _entry(self, profile: WindowProfile, level: str) -> _Entry:
        name = f"{profile.since:.6f}_{profile.until:.6f}.profile"
        return _Entry(level, profile.since, profile.until, self._home(profile.model) / level / name)

    def _home(self, model: str) -> Path:
        return self._folder / quote(model, safe="")

    def _listed(self, model: str, level: str) -> list[_Entry]:
        found = []
        for path in (self._home(model) / level).glob("*.profile"):
            match = _NAME.fullmatch(path.name)
            if match is not None:
                found.append(_Entry(level, float(match[1]), float(match[2]), path))
        return sorted(found, key=lambda one: (one.since, -one.until))

    def _around(self, model: str, moment: float) -> Iterator[_Entry]:
        """The profiles of the day and the week that a moment is in."""
        for level in _LENGTHS:
            start = _start(moment, level)
            yield from (one for one in self._listed(model, level) if _start(one.since, level) == start)

    def _entries(self, model: str) -> list[_Entry]:
        """The files that count: those whose windows are not in a coarser one."""
        kept: list[_Entry] = []
        told: set[str] = set()
        for level in reversed(_LEVELS):
            for entry in self._listed(model, level):
                parts = [entry.key] if level == "windows" else _parts(entry)
                if not told.issuperset(parts):
                    kept.append(entry)
                    told.update(parts if level != "windows" else ())
        return sorted(kept, key=lambda one: one.since)

    def _read(self, model: str, since: float | None, until: float | None) -> list[tuple[Path, bytes]]:
        while True:
            wanted = [one for one in self._entries(model) if _overlaps(one, since, until)]
            try:
                return [(one.path, one.path.read_bytes()) for one in wanted]
            except FileNotFoundError:
                continue  # merged since it was listed

    @contextmanager
    def _writing(self, model: str) -> Iterator[None]:
        home = self._home(model)
        with alone(home):
            for level in _LEVELS:
                (home / level).mkdir(exist_ok=True)
            yield

    # ----------------------------------------------------------------- merging

    def _compact(self, model: str, newest: float) -> None:
        self._remove_merged(model)
        for fine, coarse in (("windows", "days"), ("days", "weeks")):
            old: dict[float, list[_Entry]] = {}
            for entry in self._listed(model, fine):
                old.setdefault(_start(entry.since, coarse), []).append(entry)
            for start, entries in old.items():
                if start + _LENGTHS[coarse] <= newest - self._keep[fine]:
                    self._merge(model, entries, start, coarse)

    def _merge(self, model: str, entries: Sequence[_Entry], start: float, level: str) -> None:
        """Put some profiles into the coarser one that they belong to."""
        known = [one for one in self._listed(model, level) if _start(one.since, level) == start]
        parts = list(dict.fromkeys(part for one in (*known, *entries) for part in _parts(one)))
        whole = _folded(_profile(one.path.read_bytes(), one.path) for one in (*known, *entries))
        if whole is None:
            return
        target = self._entry(whole, level)
        _write(target.path, parts, rounded(whole))
        for one in known:
            if one.path != target.path:
                one.path.unlink()

    def _remove_merged(self, model: str) -> None:
        """Remove the files whose windows are in coarser ones."""
        kept = {entry.path for entry in self._entries(model)}
        for level in _LEVELS:
            for entry in self._listed(model, level):
                if entry.path not in kept:
                    entry.path.unlink()


def _start(moment: float, level: str) -> float:
    """Where the day or week of a moment begins."""
    offset = _MONDAY if level == "weeks" else 0.0
    return (moment - offset) // _LENGTHS[level] * _LENGTHS[level] + offset


def _overlaps(entry: _Entry, since: float | None, until: float | None) -> bool:
    begins = until is None or entry.since < until
    return begins and (since is None or entry.since >= since or entry.until > since)


def _folded(profiles: Iterable[WindowProfile]) -> WindowProfile | None:
    """All in one, without holding all: some at a time, so that estimates stay close."""
    levels: list[list[WindowProfile]] = [[]]
    for profile in profiles:
        levels[0].append(profile)
        for place, found in enumerate(levels):
            if len(found) < _TOGETHER:
                break
            if place + 1 == len(levels):
                levels.append([])
            levels[place + 1].append(WindowProfile.merged(found))
            levels[place] = []
    rest = [profile for found in reversed(levels) for profile in found]
    return WindowProfile.merged(rest) if rest else None


def _write(path: Path, parts: Sequence[str], profile: WindowProfile) -> None:
    told = zlib.compress(json.dumps(list(parts)).encode())
    body = len(told).to_bytes(4, "big") + told + profile.to_bytes()
    replace_file(path, zlib.crc32(body).to_bytes(4, "big") + body)


def _parts(entry: _Entry) -> list[str]:
    """The windows that a file was made of."""
    if entry.level == "windows":
        return [entry.key]
    with entry.path.open("rb") as file:
        head = file.read(8)
        found: list[str] = json.loads(zlib.decompress(file.read(int.from_bytes(head[4:], "big"))))
        return found


def _profile(data: bytes, path: Path) -> WindowProfile:
    if len(data) < 8 or zlib.crc32(data[4:]) != int.from_bytes(data[:4], "big"):
        raise IntegrityError("this profile was damaged", where=str(path), fix="remove the file, or restore it")
    return WindowProfile.from_bytes(data[8 + int.from_bytes(data[4:8], "big") :])
