"""The threshold of a binary model: where it is, and what would change elsewhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from mainspring.data.viewing.wording import figure
from mainspring.evaluation.curves import Curves
from mainspring.evaluation.evaluation import Evaluation
from mainspring.evaluation.viewing import pictures
from mainspring.evaluation.viewing.classes import cells_of
from mainspring.evaluation.viewing.figures import words
from mainspring.evaluation.viewing.material import Confusion, Picture, Thresholds, Told

USUAL: Final = 0.5
"""Where a model of two classes answers with the more probable one."""

_PER: Final = 1000


class Stop(NamedTuple):
    """A threshold with the weight of the positives and of the negatives at it and above."""

    threshold: float
    hits: float
    alarms: float


class Ground(NamedTuple):
    """All thresholds, rising, and the weight of positives and negatives; ``own`` is where the model stands."""

    stops: tuple[Stop, ...]
    positives: float
    negatives: float
    own: int


def ground_of(evaluation: Evaluation) -> Ground | None:
    """The thresholds of a binary evaluation; ``None`` where there are no scores to move along."""
    name, classes = evaluation.positive, evaluation.classes or ()
    curves = evaluation.curves.get(name) if name is not None else None
    if curves is None or name is None or not curves.histogram or not evaluation.confusion:
        return None
    place = classes.index(name)
    hits, actual = evaluation.confusion[place][place], sum(evaluation.confusion[place])
    chosen, total = sum(row[place] for row in evaluation.confusion), sum(map(sum, evaluation.confusion))
    if not 0 < actual < total:
        return None
    answered = Stop(USUAL if evaluation.cutoff is None else evaluation.cutoff, hits, chosen - hits)
    stops = sorted([*(stop for stop in _stops(curves) if stop.threshold != answered.threshold), answered])
    if not _falling(stops):  # its answers follow no single threshold
        stops.remove(answered)
        answered = min(stops, key=lambda stop: abs(stop.hits + stop.alarms - chosen))
    return Ground(tuple(stops), actual, total - actual, stops.index(answered))


def thresholds_of(evaluation: Evaluation, pairs: pictures.Pairs) -> Thresholds | None:
    """What moves with the threshold, as it is where the model stands."""
    ground = ground_of(evaluation)
    if ground is None or evaluation.positive is None:
        return None
    name = evaluation.positive
    others = [one for one in evaluation.classes or () if one != name]
    other = others[0] if len(others) == 1 else f"not {name}"
    stop = ground.stops[ground.own]
    missed, rest = ground.positives - stop.hits, ground.negatives - stop.alarms
    rows = cells_of([other, name], [[rest, stop.alarms], [missed, stop.hits]])
    return Thresholds(
        positive=name,
        other=other,
        threshold=figure(stop.threshold),
        place=ground.own,
        stops=len(ground.stops),
        confusion=Confusion(classes=[other, name], rows=rows),
        figures=_figures(stop, ground),
        pictures=_marked(pairs, name, stop, ground),
        payload={
            "stops": [[float(f"{one.threshold:.6g}"), one.hits, one.alarms] for one in ground.stops],
            "positives": ground.positives,
            "negatives": ground.negatives,
            "own": ground.own,
        },
    )


def gains(ground: Ground) -> list[tuple[float, float]]:
    """(share of rows taken, share of positives among them), highest scores first."""
    total = ground.positives + ground.negatives
    taken = [((stop.hits + stop.alarms) / total, stop.hits / ground.positives) for stop in reversed(ground.stops)]
    return [(0.0, 0.0), *taken, (1.0, 1.0)]


def _stops(curves: Curves) -> list[Stop]:
    """The kept counts, or the edges of the histogram where an older evaluation has no more."""
    if curves.counts:
        return [Stop(threshold, hits, alarms) for threshold, hits, alarms, _, _ in curves.counts]
    stops, hits, alarms = [Stop(1.0, 0.0, 0.0)], 0.0, 0.0
    for left, positives, negatives in reversed(curves.histogram):
        hits, alarms = hits + positives, alarms + negatives
        stops.append(Stop(left, hits, alarms))
    return stops


def _falling(stops: Sequence[Stop]) -> bool:
    slack = 1e-6
    return all(
        later.hits <= one.hits + slack and later.alarms <= one.alarms + slack for one, later in pairwise(stops)
    )


def _figures(stop: Stop, ground: Ground) -> list[tuple[str, Told]]:
    chosen, total = stop.hits + stop.alarms, ground.positives + ground.negatives
    missed = ground.positives - stop.hits
    values = {
        "precision": stop.hits / chosen if chosen else math.nan,
        "recall": stop.hits / ground.positives,
        "false_positive_rate": stop.alarms / ground.negatives,
        "positive_rate": chosen / total,
        "accuracy": (stop.hits + ground.negatives - stop.alarms) / total,
        "f1": 2 * stop.hits / (ground.positives + chosen),
    }
    found = [(key, Told(name=words(key), value=figure(value))) for key, value in values.items()]
    cost = (missed + stop.alarms) / total * _PER
    return [*found, ("cost", Told(name=f"cost of {_PER:,} rows", value=figure(cost)))]


def _marked(pairs: pictures.Pairs, name: str, stop: Stop, ground: Ground) -> list[Picture]:
    chosen = stop.hits + stop.alarms
    recall = stop.hits / ground.positives
    place = (stop.alarms / ground.negatives, recall)
    found = [
        pictures.roc(pairs, name, mark=place),
        pictures.precision_recall(pairs, name, mark=(recall, stop.hits / chosen if chosen else 1.0)),
        pictures.scores(pairs[0][1], name, mark=stop.threshold),
    ]
    return [one for one in found if one is not None]
