"""How the models that are watched stand, and which ones nobody watches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Final

import numpy as np

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.monitoring.nouns import (
    Health,
    Numbers,
    Overview,
    Unwatched,
    WatchedModel,
    WindowLine,
)
from mainspring.app.api.subjects.monitoring.sight import ALIVE, Sight, stat_of
from mainspring.app.monitoring_file import section_of
from mainspring.app.watching import nobody_hears
from mainspring.core.clock import now
from mainspring.monitoring.alerts import Alert
from mainspring.monitoring.monitor import DecisionLog

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring
    from mainspring.monitoring.seen import Series
    from mainspring.monitoring.viewing import SeenWindow

POINTS: Final = 48
"""Of a sparkline."""

_LATE: Final = 3.0
"""A model is silent if no window came for so many of their lengths."""
_RANK: Final[Mapping[Health, int]] = {"failing": 0, "warning": 1, "silent": 2, "waiting": 3, "healthy": 4}


@operation("monitoring.list", "GET", "/monitoring", command="mainspring monitor status")
def listed(desk: Desk) -> Overview:
    """The models that are watched and how each stands, the most pressing first, and those nobody watches."""
    sight = Sight(desk.shared)
    models = [standing_of(sight, name) for name in sight.names()]
    models.sort(key=lambda one: (_RANK[one.health], -sum(one.alerts.values()), one.model))
    looked = max((one.looked_at for one in models if one.looked_at is not None), default=None)
    problem = sight.problems()
    declared = {} if problem else sight.declared
    return Overview(
        models=models,
        unwatched=unwatched(sight, desk.platform, {one.model for one in models}),
        running=any(one.running for one in models),
        looked_at=looked,
        problem="" if problem is None else str(problem),
        unheard=nobody_hears(desk.platform, declared),
    )


@operation("monitoring.show", "GET", "/monitoring/{model:path}/standing", command="mainspring monitor status")
def shown(desk: Desk, model: str) -> WatchedModel:
    """How a model that is watched stands."""
    sight = Sight(desk.shared)
    return standing_of(sight, sight.known(model))


def standing_of(sight: Sight, model: str) -> WatchedModel:
    """How a model stands; what does not hang on the clock is remembered while nothing new comes."""
    kept = sight.remembered(("monitoring.standing", model), sight.stamp(model), lambda: _made(sight, model))
    looked, windows = sight.looked_at(model), sight.windows(model).all()
    silent = _silent_since(windows)
    running = looked is not None and now() - looked < ALIVE
    health: Health = "silent" if silent is not None and kept.health == "healthy" else kept.health
    why = kept.why if health == kept.health else "no window came for longer than it should be"
    return replace(kept, health=health, why=why, silent_since=silent, looked_at=looked, running=running)


def _made(sight: Sight, model: str) -> WatchedModel:
    windows = sight.windows(model).all()
    last = windows[-1] if windows else None
    alerts = [one for one in sight.seen.alerts(model) if one.open]
    health, why = _health(last, alerts)
    figures, names = _sparklines(sight, model, windows[-2 * POINTS :])
    return WatchedModel(
        model=model,
        health=health,
        why=why,
        declared=model in sight.named,
        last=None if last is None else WindowLine.of(last),
        windows=len(windows),
        failed=sum(not one.ok for one in windows),
        silent_since=None,
        alerts=dict(Counter(str(one.severity) for one in alerts)),
        decision=DecisionLog(sight.home / model).last(),
        looked_at=None,
        running=False,
        figures=figures,
        names=names,
    )


def _health(last: SeenWindow | None, alerts: Sequence[Alert]) -> tuple[Health, str]:
    if alerts:
        worst = max(one.severity.rank for one in alerts)
        if worst > 0:
            return "failing" if worst > 1 else "warning", alerts[0].message
    if last is None:
        return "waiting", "no window was judged yet"
    if not last.ok:
        return "warning", "the last window is not in order, and no alert fires yet"
    return "healthy", "the last window is in order, and no alert asks for anything"


def _silent_since(windows: Sequence[SeenWindow]) -> float | None:
    """Since when no window came, if that is too long ago; windows by count come when they are full."""
    if len(windows) < 2:
        return None
    last = windows[-1]
    lengths = sorted(one.until - one.since for one in windows[-9:])
    length = lengths[len(lengths) // 2]
    even = lengths[-1] - lengths[0] < 1.0
    return last.until if even and now() - last.until > max(_LATE * length, 600.0) else None


def _sparklines(
    sight: Sight, model: str, windows: Sequence[SeenWindow]
) -> tuple[dict[str, Numbers], dict[str, str]]:
    if not windows:
        return {}, {}
    history, since = sight.seen.history(model), windows[0].since
    figures: dict[str, Numbers] = {"rows": _fewer([float(one.rows) for one in windows])}
    names = {"rows": "rows a window"}
    quality = history.all_series("quality/", since=since)
    main = _main(quality)
    if main:
        figures["quality"], names["quality"] = _fewer(quality[main].values.tolist()), main.partition("/")[2]
    drift = history.all_series("drift/", since=since)
    if drift:
        figures["drift"], names["drift"] = _fewer(_worst(drift.values())), "worst feature, 1 is its limit"
    return figures, names


def _main(quality: Mapping[str, Series]) -> str:
    """The metric to show: one with a limit, of all rows; any if none has one."""
    whole = [name for name in quality if "|" not in name and name != "quality/labelled"]
    limited = [
        one for one in whole if np.isfinite(quality[one].least).any() or np.isfinite(quality[one].most).any()
    ]
    return next(chain(limited, whole), "")


def _worst(many: Iterable[Series]) -> list[float]:
    """For each window how far the worst feature is, in units of its limit."""
    worst: dict[float, float] = {}
    for one in many:
        share = one.values / one.most
        for time, value in zip(one.times.tolist(), share.tolist(), strict=True):
            if value == value and value > worst.get(time, 0.0):
                worst[time] = value
    return [worst[time] for time in sorted(worst)]


def _fewer(values: Sequence[float]) -> list[float | None]:
    """At most as many values as a sparkline has points, each the mean of some."""
    parts = np.array_split(np.asarray(values, float), min(len(values), POINTS)) if values else []
    known = [one[np.isfinite(one)] for one in parts]
    return [float(one.mean()) if one.size else None for one in known]


def unwatched(sight: Sight, opened: Mainspring, watched: set[str]) -> list[Unwatched]:
    """Models that are served or registered, and not watched."""
    folder = opened.settings.path(opened.settings.serving.deployments)
    served = sorted(one.name for one in folder.iterdir() if one.is_dir()) if folder.is_dir() else []
    served += _pinned(opened)
    found = dict.fromkeys(served, "served")
    for name in opened.models.models():
        found.setdefault(name, "registered")
    lacking = not stat_of(sight.file)
    return [
        Unwatched(
            model=name,
            why=why,
            section=section_of(name),
            command=f"mainspring monitor init {name}" if lacking else "",
        )
        for name, why in found.items()
        if name not in watched and not name.startswith(".")
    ]


def _pinned(opened: Mainspring) -> list[str]:
    """The models of the newest deployment files."""
    from mainspring.app.deploying import deployments_of

    revision = deployments_of(opened).archive.current
    return [] if revision is None else sorted({name for pins in revision.pins.values() for name in pins})
