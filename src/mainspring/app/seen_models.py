"""What the watch saw of a project's models, gathered for pages and metrics."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from mainspring.app.alerting import causes_of
from mainspring.app.watching import RegisteredVersions, alert_book, declared_in
from mainspring.core.clock import now
from mainspring.core.errors import MainspringError, NotFoundError
from mainspring.core.records import Execution
from mainspring.core.verdicts import Verdict
from mainspring.monitoring.alerts import Alert, Cause, State
from mainspring.monitoring.ledger import WatchLedger
from mainspring.monitoring.metrics import WatchedModel
from mainspring.monitoring.monitor import DecisionLog
from mainspring.monitoring.profiles import FigureHistory, ProfileArchive
from mainspring.monitoring.seen import Series
from mainspring.monitoring.viewing import SeenWindow, Watch

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring
    from mainspring.data import TableStatistics

RECENT: Final = 720
"""Windows that are shown if nothing else is asked for: a month of hours."""

LAST: Final = 24
"""Windows that are told in full, and whose rows are taken together for distributions."""


class SeenModels:
    """Reads what monitors of a project wrote, also while they write. It changes nothing.

    Args:
        opened: The project.
        file: Another monitoring file than that of the settings.
    """

    def __init__(self, opened: Mainspring, file: Path | None = None) -> None:
        self._opened, self._file = opened, file
        self._home = opened.settings.path(opened.settings.monitoring.home)
        self._ledger = WatchLedger(opened.store.record, opened.store.blobs)
        self._versions = RegisteredVersions(opened)
        self._histories: dict[str, FigureHistory] = {}
        self._counts: dict[str, _Counts] = {}
        self._guard = threading.Lock()

    def names(self) -> Sequence[str]:
        """The models that are declared, and others of which something was seen.

        A monitoring file of the project that is missing or wrong hides nothing: `mainspring monitor check` tells.

        Raises:
            InputError: If a file that was given is wrong.
        """
        try:
            declared = list(declared_in(self._opened, self._file))
        except MainspringError:
            if self._file is not None:
                raise
            declared = []
        seen = [path.parent.name for path in self._home.glob("*/history")]
        return list(dict.fromkeys([*declared, *sorted(seen)]))

    def history(self, model: str) -> FigureHistory:
        """The figures of a model."""
        if model not in self._histories:
            self._histories[model] = FigureHistory(self._home / model / "history")
        return self._histories[model]

    def watch(
        self, model: str, *, since: float | None = None, until: float | None = None, full: bool = True
    ) -> Watch:
        """What was seen of a model.

        Args:
            model: The model.
            since: From this time on, in seconds since the epoch; by default the last :data:`RECENT` windows.
            until: Up to this time; up to the last window by default.
            full: Whether also what only the page of the model shows: the last verdicts, distributions, changes.

        Raises:
            NotFoundError: If there is no such model.
        """
        if model not in self.names():
            raise NotFoundError(
                f"nothing is known of a model {model!r}",
                expected="one of " + ", ".join(self.names()) if self.names() else "",
                fix="name it in the monitoring file: mainspring monitor init",
            )
        told = self._verdicts(model, since, until) if full else {}
        windows = [seen_window(one, told) for one in self._ledger.windows(model, since=since, until=until)]
        if since is None and len(windows) > RECENT:
            windows = windows[-RECENT:]
            since = windows[0].since
        latest = reference = None
        if full and windows:
            begin = windows[-min(len(windows), LAST)].since
            latest = ProfileArchive(self._home / "profiles").merged(model, since=begin, until=windows[-1].until)
            reference = self.reference(model, windows[-1].version)
        return Watch(
            model=model,
            windows=windows,
            figures=self.history(model).all_series(since=since, until=until),
            alerts=self.alerts(model),
            changes=self.changes(model, windows) if full else (),
            decisions=DecisionLog(self._home / model).read(since=since, until=until),
            latest=latest,
            reference=reference,
            window=window_length(windows),
            since=since,
            until=until,
            now=now(),
        )

    def alerts(self, model: str) -> Sequence[Alert]:
        """All alerts of a model, the most pressing first."""
        return alert_book(self._opened).alerts(states=tuple(State), matcher={"model": model})

    def metrics(self) -> Sequence[WatchedModel]:
        """What metrics of all models are made from; what did not change since the last time is not read again."""
        with self._guard:
            return [self._metrics_of(model) for model in self.names()]

    def _metrics_of(self, model: str) -> WatchedModel:
        counts = self._counts.setdefault(model, _Counts())
        fresh = list(self._ledger.judgements(model, after=counts.last))
        for event in fresh:
            counts.take(event)
        if fresh or not counts.figures:
            history = self.history(model)
            counts.figures = {name: _last_known(history.series(name)) for name in history.names()}
        newest = counts.newest
        noted = Counter(str(one.outcome) for one in DecisionLog(self._home / model).read())
        return WatchedModel(
            model=model,
            judged=(counts.ok, counts.failed),
            since=None if newest is None else newest.since,
            until=None if newest is None else newest.until,
            rows=0 if newest is None else newest.rows,
            ok=newest is None or newest.ok,
            figures=counts.figures,
            alerts=self.alerts(model),
            decisions=noted,
        )

    def _verdicts(self, model: str, since: float | None, until: float | None) -> dict[float, Verdict]:
        found = self._ledger.verdicts(model, since=since, until=until, limit=2 * LAST)
        return {_number(event, "since"): verdict for event, verdict in found}

    def reference(self, model: str, version: str) -> TableStatistics | None:
        """What windows of a version are held against: training, or the first windows; ``None`` without either."""
        known = self._versions.known(model, version).reference
        if known is not None:
            return known.statistics
        from mainspring.evaluation.reference import Reference

        folder = self._home / model / "references" / (version or "unknown")
        return Reference.load(folder).statistics if folder.is_dir() else None

    def changes(self, model: str, windows: Sequence[SeenWindow]) -> Sequence[Cause]:
        """What changed upstream while windows were judged: deployments, versions, data."""
        if not windows:
            return ()
        begin, end = windows[0].since, windows[-1].until
        causes = causes_of(self._opened, self._versions.names)
        return causes.find(model, windows[-1].version, end, lookback=end - begin, window=0.0)


@dataclass(slots=True)
class _Counts:
    """What was counted of a model so far.

    Attributes:
        last: The number of the last execution that was counted.
        ok: Times that a window was judged to be in order.
        failed: Times that one was not.
        newest: The newest window.
        figures: What checks measured last, each as it was known in one window.
    """

    last: int = 0
    ok: int = 0
    failed: int = 0
    newest: SeenWindow | None = None
    figures: Mapping[str, Series] = field(default_factory=dict)

    def take(self, event: Execution) -> None:
        """Count one."""
        window = seen_window(event)
        self.last = max(self.last, event.id or 0)
        self.ok, self.failed = self.ok + window.ok, self.failed + (not window.ok)
        if self.newest is None or window.since >= self.newest.since:
            self.newest = window


def _last_known(series: Series) -> Series:
    """A figure in the last window that measured it; one without windows if none did."""
    import numpy as np

    known = np.flatnonzero(np.isfinite(series.values))[-1:]
    names = ("times", "values", "low", "high", "least", "most")
    return Series(**{name: getattr(series, name)[known].copy() for name in names})


def seen_window(event: Execution, told: Mapping[float, Verdict] | None = None) -> SeenWindow:
    """A window as the record has it, with what was said of it where that was read.

    Args:
        event: What the record has.
        told: Verdicts by the beginning of their windows.
    """
    since = _number(event, "since")
    return SeenWindow(
        since=since,
        until=_number(event, "until"),
        ok=bool(event.properties["ok"]),
        rows=int(_number(event, "rows")),
        version=str(event.properties["version"]),
        revision=int(_number(event, "revision")),
        judged_at=event.created_at,
        verdict=(told or {}).get(since),
    )


def _number(event: Execution, name: str) -> float:
    return float(cast("float", event.properties[name]))


def window_length(windows: Sequence[SeenWindow]) -> float | None:
    """How long windows are, if most are of one length: those by count are not."""
    lengths = sorted(round(one.until - one.since, 3) for one in windows)
    middle = lengths[len(lengths) // 2] if lengths else 0.0
    same = sum(one == middle for one in lengths)
    return middle if middle > 0 and same * 2 > len(lengths) else None
