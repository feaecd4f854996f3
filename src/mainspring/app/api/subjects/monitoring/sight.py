"""What the console remembers of what the watch saw, so that a look costs what is new, not what there is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from mainspring.app.seen_models import SeenModels, seen_window, window_length
from mainspring.app.watching import RegisteredVersions, alert_book, declared_in
from mainspring.core.clock import from_iso, now
from mainspring.core.errors import InputError, MainspringError, NotFoundError
from mainspring.monitoring.ledger import WatchLedger
from mainspring.monitoring.viewing import SeenWindow, Watch
from mainspring.serving.deploying.document import examine
from mainspring.serving.deploying.problems import DeclarationError

if TYPE_CHECKING:
    from mainspring.app.api.shared import Shared
    from mainspring.core.records import Execution
    from mainspring.monitoring.alerts import AlertBook
    from mainspring.monitoring.declaration import Declared

T = TypeVar("T")

RANGES: Final[Mapping[str, float]] = {
    "day": 86_400.0,
    "week": 7 * 86_400.0,
    "month": 30 * 86_400.0,
    "year": 365 * 86_400.0,
}
"""Stretches of time up to the last window, by what they are called."""

USUAL: Final = "month"
ALIVE: Final = 150.0
"""A monitor that looked so many seconds ago is taken to be at work: it looks every 30 seconds."""


class JudgedWindows:
    """The windows of a model that were judged, each as it was judged last. Safe for threads.

    What was read once is kept: a year of hourly windows is read once, and then only what came.

    Args:
        ledger: Where they are.
        model: The model.
    """

    def __init__(self, ledger: WatchLedger, model: str) -> None:
        self._ledger, self._model = ledger, model
        self._last = 0
        self._known: dict[float, SeenWindow] = {}
        self._numbers: dict[float, Execution] = {}
        self._sorted: list[SeenWindow] = []
        self._guard = threading.Lock()

    def all(self) -> Sequence[SeenWindow]:
        """All of them, by when they begin."""
        with self._guard:
            fresh = False
            for event in self._ledger.judgements(self._model, after=self._last):
                window = seen_window(event)
                self._known[window.since], self._numbers[window.since] = window, event
                self._last, fresh = max(self._last, event.id or 0), True
            if fresh:
                self._sorted = [self._known[since] for since in sorted(self._known)]
            return self._sorted

    def told(self, since: float) -> SeenWindow | None:
        """A window with what was said of it; ``None`` if none begins then."""
        self.all()
        found = self._known.get(since)
        if found is None:
            return None
        return replace(found, verdict=self._ledger.verdict(self._numbers[since]))


class Sight:
    """What the watch saw of a project's models.

    Args:
        shared: What all requests share.
    """

    def __init__(self, shared: Shared) -> None:
        opened = shared.platform
        self._shared = shared
        self.home: Path = opened.settings.path(opened.settings.monitoring.home)
        self.file: Path = opened.settings.path(opened.settings.monitoring.file)

    def remembered(self, key: Hashable, stamp: Hashable, make: Callable[[], T]) -> T:
        """What was made before for this key, if the stamp is still the same; else it is made now."""
        return self._shared.remembered(key, stamp, make)

    @property
    def seen(self) -> SeenModels:
        """Reads what monitors wrote."""
        return self._shared.remembered("monitoring.seen", "", lambda: SeenModels(self._shared.platform))

    @property
    def book(self) -> AlertBook:
        """The alerts; one object, so that what was read once is not read again."""
        return self._shared.remembered("alerts.book", "", lambda: alert_book(self._shared.platform))

    @property
    def versions(self) -> RegisteredVersions:
        """What is known of the versions that answer; packages that were read once are kept."""
        return self._shared.remembered(
            "monitoring.versions", "", lambda: RegisteredVersions(self._shared.platform)
        )

    @property
    def ledger(self) -> WatchLedger:
        """The verdicts of windows."""
        store = self._shared.platform.store
        return WatchLedger(store.record, store.blobs)

    @property
    def declared(self) -> Mapping[str, Declared]:
        """What the monitoring file says; nothing while there is none.

        Raises:
            DeclarationError: If it is wrong.
        """
        stamp = stat_of(self.file)
        if not stamp:
            return {}
        return self._shared.remembered("monitoring.declared", stamp, lambda: declared_in(self._shared.platform))

    @property
    def named(self) -> Sequence[str]:
        """The models that the monitoring file names, also while what it says of them is wrong.

        Checks are not made for it: the packages that they need take a second to load.
        """
        return self._shared.remembered("monitoring.named", stat_of(self.file), self._named)

    def _named(self) -> Sequence[str]:
        try:
            document, _ = examine(self.file.read_text(encoding="utf-8"), self.file.name)
        except (OSError, UnicodeDecodeError, DeclarationError):
            return []
        return [str(name) for name in document.plain]

    def names(self) -> Sequence[str]:
        """The models that the monitoring file names, and others of which something was seen."""
        seen = (path.parent.name for path in self.home.glob("*/history"))
        return list(dict.fromkeys([*self.named, *sorted(seen)]))

    def known(self, model: str) -> str:
        """The model, if anything is known of it.

        Raises:
            NotFoundError: If there is no such model.
        """
        if model not in self.names():
            raise NotFoundError(
                f"nothing is known of a model {model!r}",
                expected="one of " + ", ".join(self.names()) if self.names() else None,
                fix="name it in the monitoring file: mainspring monitor init",
            )
        return model

    def windows(self, model: str) -> JudgedWindows:
        """Its windows that were judged."""
        return self._shared.remembered(
            ("monitoring.windows", model), "", lambda: JudgedWindows(self.ledger, model)
        )

    def stamp(self, model: str) -> Hashable:
        """Another value after every window, alert and decision about a model."""
        folder = self.home / model
        written = [stat_of(folder / name) for name in ("memory.json", "decisions.jsonl")]
        history = folder / "history"
        parts = sorted(history.iterdir()) if history.is_dir() else []
        return (*written, *(stat_of(one) for one in parts), self.alerts_stamp(), stat_of(self.file))

    def alerts_stamp(self) -> Hashable:
        """Another value after everything that happens to alerts."""
        folder = self.book.folder
        return stat_of(folder / "journal.jsonl"), stat_of(folder / "book.json")

    def looked_at(self, model: str) -> float | None:
        """When a monitor looked at the log for a model last, in seconds since the epoch."""
        try:
            return (self.home / model / "windows" / "reader.json").stat().st_mtime
        except OSError:
            return None

    def bounds(self, model: str, within: str, since: str, until: str) -> tuple[float | None, float | None]:
        """The time that is asked for: a stretch up to the last window, or two moments.

        Args:
            model: The model.
            within: One of :data:`RANGES`, ``all``, or empty.
            since: A day or moment (ISO 8601), or seconds since the epoch; it counts more than the stretch.
            until: Likewise.

        Raises:
            InputError: If one of them cannot be read.
        """
        if since or until:
            return moment(since), moment(until)
        if within == "all":
            return None, None
        if within and within not in RANGES:
            raise InputError(f"there is no range {within!r}", expected="one of " + ", ".join([*RANGES, "all"]))
        windows = self.windows(model).all()
        if not windows:
            return None, None
        return max(windows[-1].until - RANGES[within or USUAL], windows[0].since), None

    def watch(self, model: str, since: float | None, until: float | None) -> Watch:
        """What was seen of a model between two times, without what only single pages show."""
        self.known(model)
        # One stretch of a model is remembered: a year of figures is large.
        stamp = (since, until, self.stamp(model))
        return self._shared.remembered(
            ("monitoring.watch", model), stamp, lambda: self._watch(model, since, until)
        )

    def _watch(self, model: str, since: float | None, until: float | None) -> Watch:
        from mainspring.monitoring.monitor import DecisionLog

        begin, end = since if since is not None else float("-inf"), until if until is not None else float("inf")
        windows = [one for one in self.windows(model).all() if begin <= one.since < end]
        return Watch(
            model=model,
            windows=windows,
            figures=self.seen.history(model).all_series(since=since, until=until),
            alerts=self.seen.alerts(model),
            decisions=DecisionLog(self.home / model).read(since=since, until=until),
            window=window_length(windows),
            since=since if windows or since is not None else None,
            until=until,
            now=now(),
        )

    def problems(self) -> MainspringError | None:
        """What is wrong with the monitoring file; ``None`` if nothing is, or there is none."""
        try:
            _ = self.declared
        except MainspringError as error:
            return error
        return None


def moment(text: str) -> float | None:
    """A day, a moment or seconds since the epoch; nothing for an empty text.

    Example:
        >>> moment("1970-01-02"), moment("12.5"), moment("")
        (86400.0, 12.5, None)

    Raises:
        InputError: If it is neither.
    """
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        return from_iso(text)


def stat_of(path: Path) -> tuple[int, ...]:
    """Another value when a file was written again; nothing if it is not there."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size
