"""Which part of the old data is still right: models are trained on different parts, and the newest rows decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from mainspring.core.clock import iso, seconds_of
from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.evaluation.losses import row_losses
from mainspring.monitoring.retraining.changes import Change, last_change
from mainspring.monitoring.retraining.ranking import Contender, Fit, Judge, Ranking, rank
from mainspring.monitoring.retraining.timeline import Timeline

ALL: Final = "all"
SINCE_CHANGE: Final = "since the change"
CANDIDATES: Final = ("7d", "30d", ALL)
LEAST_ROWS: Final = 200
MOST_TESTED: Final = 1000
_PROBE_SHARE: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowChoice:
    """Which part of the old data to train on.

    Attributes:
        window: The candidate that was chosen: a length, ``all``, or ``since the change``.
        since: Where the rows to train on begin, in seconds since the epoch; ``None`` for all.
        tested_since: Where the rows begin that the candidates were tested on.
        ranking: The candidates on them, the longest window first: it is the simplest, as nothing is forgotten
            without need.
        change: The last change of the losses, if there was one: ``place`` counts labelled rows in order.
        changed: When that was, at least and at most, in seconds since the epoch.
        notes: What was not tried, in sentences.
    """

    window: str
    since: float | None
    tested_since: float
    ranking: Ranking
    change: Change | None = None
    changed: tuple[float, float, float] | None = None
    notes: tuple[str, ...] = ()

    @property
    def because(self) -> str:
        """Sentences for people."""
        told = self.ranking.because
        if self.change is not None and self.changed is not None:
            told += (
                f"; the losses changed from {self.change.before:.3g} to {self.change.after:.3g} at "
                f"{iso(self.changed[0])} (between {iso(self.changed[1])} and {iso(self.changed[2])})"
            )
        return told

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "window": self.window,
            "since": self.since,
            "tested_since": self.tested_since,
            "because": self.because,
            "ranking": self.ranking.as_dict(),
            "change": None if self.change is None else self.change.as_dict(),
            "changed": None if self.changed is None else list(self.changed),
            "notes": list(self.notes),
        }


def choose_window(
    rows: Table,
    fit: Fit,
    *,
    label: str,
    time: str = "request.time",
    candidates: Sequence[str] = CANDIDATES,
    metric: str = "",
    positive: str | None = None,
    test_share: float = 0.2,
    most_tested: int = MOST_TESTED,
    least_rows: int = LEAST_ROWS,
    losses: str = "",
    level: float = 0.95,
    seed: int = 0,
) -> WindowChoice:
    """Find out which part of the old data is still right, by testing it.

    The newest labelled rows are held out. A model is trained on each candidate window of those before them: the
    lengths asked for, all, and what came since the last change of the losses, if they changed. All are judged on
    the rows held out; of those that are not surely worse than the best, the longest window is chosen, since it
    forgets nothing without need.

    Args:
        rows: Labelled rows, in any order; those without a label are left out.
        fit: Trains a model on rows.
        label: The column of the truth.
        time: The column that says when a row was.
        candidates: Lengths of windows back from the rows held out, such as ``30d``, and ``all``.
        metric: What the models are compared by; a usual one without it.
        positive: The class that a binary task is about.
        test_share: The share of rows that are held out; at least ``least_rows`` are.
        most_tested: No more rows are held out: the newest count.
        least_rows: Windows with fewer rows are not tried.
        losses: A column of what each row cost the model in use. Without it a model that is trained on the oldest
            quarter is watched instead.
        level: The confidence of intervals.
        seed: Of what is drawn.

    Raises:
        InputError: If there are fewer than twice ``least_rows`` labelled rows, or a candidate cannot be read.

    References:
        R. Klinkenberg and T. Joachims, "Detecting concept drift with support vector machines", ICML 2000 (windows
        tested on the newest batch).

        L. I. Kuncheva and I. Žliobaitė, "On the window size for classification in changing environments",
        Intelligent Data Analysis 13(6), 2009.

        I. Žliobaitė, "Combining similarity in time and space for training set formation under concept drift",
        Intelligent Data Analysis 15(4), 2011 (FISH).
    """
    line = Timeline.of(rows, time=time, label=label)
    held_out = max(least_rows, min(most_tested, round(test_share * len(line))))
    cut = len(line) - held_out
    if cut < least_rows:
        raise InputError(
            f"{len(line)} labelled rows are too few to test windows",
            expected=f"at least {held_out + least_rows}",
            fix="wait for more labels, or train on all rows",
        )
    tested_since = float(line.times[cut])
    judge = Judge(label=label, metric=metric, positive=positive, level=level, seed=seed)
    change = _change(line, fit, judge, cut, least_rows, losses)
    starts, notes = _starts(line, candidates, cut, change)
    models, sizes = {}, {}
    for name, first in starts.items():
        if cut - first < least_rows:
            notes.append(f"{name} has only {cut - first} rows, fewer than {least_rows}, and was not tried")
            continue
        models[name], sizes[name] = fit(line.rows.rows(first, cut)), cut - first
    if not models:
        raise InputError("no candidate has enough rows: " + "; ".join(notes), expected=f"{least_rows} rows in one")
    ranking = rank(models, line.rows.rows(cut, len(line)), judge)
    sized: tuple[Contender, ...] = tuple(replace(one, rows=sizes[one.name]) for one in ranking.contenders)
    ranking = replace(ranking, contenders=sized)
    return WindowChoice(
        window=ranking.chosen,
        since=None if ranking.chosen == ALL else _since(ranking.chosen, line, starts, cut),
        tested_since=tested_since,
        ranking=ranking,
        change=change,
        changed=None if change is None else _times(line, change),
        notes=tuple(notes),
    )


def _starts(
    line: Timeline, candidates: Sequence[str], cut: int, change: Change | None
) -> tuple[dict[str, int], list[str]]:
    """The first row of each window, the longest window first; windows that hold the same rows are one."""
    first = {one: 0 if one == ALL else line.place(float(line.times[cut]) - seconds_of(one)) for one in candidates}
    if change is not None and change.place < cut:
        first[SINCE_CHANGE] = change.place
    starts: dict[str, int] = {}
    notes: list[str] = []
    for name in sorted(first, key=lambda one: (first[one], one != ALL)):
        same = next((one for one, place in starts.items() if place == first[name]), None)
        if same is None:
            starts[name] = first[name]
        else:
            notes.append(f"{name} holds the same rows as {same}")
    return starts, notes


def _since(name: str, line: Timeline, starts: dict[str, int], cut: int) -> float:
    """Where the rows to train on begin: a length counts back from the newest row, as it will when it is used."""
    if name == SINCE_CHANGE:
        return float(line.times[starts[name]])
    return float(line.times[-1]) - seconds_of(name)


def _times(line: Timeline, change: Change) -> tuple[float, float, float]:
    places = (change.place, change.low, change.high)
    last = len(line) - 1
    at, low, high = (float(line.times[min(one, last)]) for one in places)
    return at, low, high


def _change(
    line: Timeline,
    fit: Fit,
    judge: Judge,
    cut: int,
    least_rows: int,
    column: str,
) -> Change | None:
    """The last change of the losses of the model in use, or of one that was trained on the oldest rows."""
    begin = 0
    if column:
        losses = line.rows.column(column)
    else:
        begin = max(least_rows, int(_PROBE_SHARE * cut))
        if len(line) - begin < least_rows:
            return None
        probe = fit(line.rows.rows(0, begin))
        found = row_losses(probe, line.rows.rows(begin, len(line)), label=judge.label, positive=judge.positive)
        losses = np.full(len(line) - begin, np.nan)
        losses[found.kept] = found.values
    known = np.flatnonzero(np.isfinite(losses))
    change = last_change(losses[known])
    if change is None:
        return None
    places = begin + np.append(known, len(losses))
    return replace(
        change, place=int(places[change.place]), low=int(places[change.low]), high=int(places[change.high])
    )
