"""``runs.curves``: what steps logged, and what trainings watched, step by step."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Final

from msgspec import Meta

from mainspring.app.api.desk import Desk
from mainspring.app.api.memo import Memo
from mainspring.app.api.operation import operation
from mainspring.app.api.shared import Shared
from mainspring.app.api.subjects.comparing.choosing import Last, Named, OfPipeline, chosen, read
from mainspring.app.api.subjects.comparing.reading import ComparedRun
from mainspring.core.errors import MainspringError
from mainspring.models.training_record import TrainingRecord
from mainspring.pipelines.series import Point, file_beside, read_series
from mainspring.store.ports import BlobStore

_POINTS: Final = 40_000
_FEWEST: Final = 60
_MOST: Final = 2000
_KEPT: Final = 2000
_RECORD: Final = "training.json"
_NONE: list[str] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A metric of a run, over its training. Of long ones some points are left out, peaks never.

    Attributes:
        run: The run.
        step: Which step of the pipeline logged it.
        metric: Its name.
        steps: Steps of the training, rising.
        values: The value at each; ``None`` where it is no number.
        seconds: Seconds since its first point; empty where nobody knows, as of what a training record keeps.
        epochs: The pass over the data at each point; empty where the step did not say.
    """

    run: str
    step: str
    metric: str
    steps: Sequence[int]
    values: Sequence[float | None]
    seconds: Sequence[float]
    epochs: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """Metrics over trainings.

    Attributes:
        metrics: The names of all metrics that runs have curves of, and how many runs.
        metric: The one that was asked for.
        curves: Its curves.
    """

    metrics: Mapping[str, int]
    metric: str
    curves: Sequence[Curve]


@operation("runs.curves", "GET", "/compare/curves")
def curves(
    desk: Desk,
    run: Named = _NONE,
    *,
    metric: Annotated[str, Meta(description="Which; by default the one that most runs have.")] = "",
    last: Last = 0,
    pipeline: OfPipeline = "",
) -> Curves:
    """Metrics over steps, epochs and time: what steps logged with ``log_metric``, and what trainings watched."""
    rows = chosen(desk, run, last=last, pipeline=pipeline)
    memo: Memo = desk.shared.remembered("comparing.series", 0, lambda: Memo(_KEPT))
    found = [(one.row.name, step, series) for one in read(desk, rows) for step, series in _series(desk, memo, one)]
    counts: dict[str, set[str]] = {}
    for name, _, series in found:
        for one in series:
            counts.setdefault(one, set()).add(name)
    asked = metric if metric in counts else max(counts, key=lambda one: len(counts[one]), default="")
    chosen_ones = [(name, step, series[asked]) for name, step, series in found if asked in series]
    most = min(max(_POINTS // max(len(chosen_ones), 1), _FEWEST), _MOST)
    return Curves(
        metrics={name: len(runs) for name, runs in counts.items()},
        metric=asked,
        curves=[_curve(name, step, asked, thinned(points, most)) for name, step, points in chosen_ones],
    )


def stamp(shared: Shared, run: str) -> object:
    """Another value after something was logged for a run."""
    folder = shared.platform.settings.path(shared.platform.settings.run.home) / "runs" / run
    return [(one.name, one.stat().st_size) for one in sorted(folder.glob("*.metrics.jsonl"))]


def _curve(run: str, step: str, metric: str, points: Sequence[Point]) -> Curve:
    timed = bool(points) and all(one.at for one in points)
    within = bool(points) and all(one.epoch is not None for one in points)
    return Curve(
        run=run,
        step=step,
        metric=metric,
        steps=[one.step for one in points],
        values=[float(f"{one.value:.7g}") if math.isfinite(one.value) else None for one in points],
        seconds=[round(one.at - points[0].at, 3) for one in points] if timed else [],
        epochs=[one.epoch for one in points if one.epoch is not None] if within else [],
    )


def _series(desk: Desk, memo: Memo, run: ComparedRun) -> Iterator[tuple[str, Mapping[str, Sequence[Point]]]]:
    """What the steps of a run logged; of steps that did not, what the trainings in their models watched."""
    for place in run.around.series:
        logged = _logged(memo, place.log) if place.log else {}
        if logged:
            yield place.step, logged
            continue
        for digest in place.models:
            watched = memo.get(digest, 0, partial(_watched, desk.platform.store.blobs, digest))
            if watched:
                yield place.step, watched


def _logged(memo: Memo, log: str) -> Mapping[str, Sequence[Point]]:
    try:
        seen = file_beside(Path(log)).stat()
    except OSError:
        return {}
    return memo.get(log, (seen.st_mtime_ns, seen.st_size), lambda: _short(read_series(Path(log))))


def _short(series: Mapping[str, Sequence[Point]]) -> Mapping[str, Sequence[Point]]:
    return {name: thinned(points, _MOST) for name, points in series.items()}


def _watched(blobs: BlobStore, digest: str) -> Mapping[str, Sequence[Point]]:
    """The curves that the record of a training has: a point for each iteration, from 1 on."""
    try:
        with blobs.open(digest, _RECORD) as file:
            record = TrainingRecord.from_json(file.read().decode())
    except (MainspringError, OSError, ValueError, KeyError):
        return {}
    return _short(
        {
            name: [Point(place, value, 0.0) for place, value in enumerate(curve, start=1)]
            for name, curve in record.curves.items()
        }
    )


def thinned(points: Sequence[Point], most: int) -> Sequence[Point]:
    """At most about so many points: of every stretch the least and the greatest, in order, and both ends.

    Example:
        >>> peak = [Point(place, 9.0 if place == 57 else 0.0, 0.0) for place in range(100)]
        >>> [one.step for one in thinned(peak, 10) if one.value]
        [57]
    """
    if len(points) <= most:
        return points
    stretches = max(most // 2 - 1, 1)
    inner = range(1, len(points) - 1)
    kept = {0, len(points) - 1}
    for place in range(stretches):
        some = inner[place * len(inner) // stretches : (place + 1) * len(inner) // stretches]
        finite = [one for one in some if math.isfinite(points[one].value)] or list(some[:1])
        if finite:
            kept |= {
                min(finite, key=lambda one: points[one].value),
                max(finite, key=lambda one: points[one].value),
            }
    return [points[place] for place in sorted(kept)]
