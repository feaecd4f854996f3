"""How good the answers are: slice by slice, estimated beside realised, and the calibration of probabilities."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mainspring.data.viewing.wording import figure
from mainspring.evaluation.drawing import Line, line_chart
from mainspring.evaluation.viewing.figures import words
from mainspring.evaluation.viewing.material import Picture
from mainspring.monitoring.seen import Series
from mainspring.monitoring.viewing.cards import Canvas, Card, round_to
from mainspring.monitoring.viewing.standings import Standing

QUALITY: Final = "quality"
ESTIMATED: Final = "estimated_quality"
CALIBRATION: Final = "calibration"
MOST_METRICS: Final = 4
MOST_SLICES: Final = 7
_MEAN, _SHARE = f"{CALIBRATION}/mean|", f"{CALIBRATION}/share|"
_LAST: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A metric of a slice in the last window: its value, its limit, and whether it is past it."""

    value: str
    limit: str = ""
    bad: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceTable:
    """Metrics across, slices down, all rows first."""

    metrics: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricCards:
    """A metric of all rows and of slices, side by side on the same axes; the worst slices first."""

    metric: str
    cards: Sequence[Card]
    left_out: int = 0


def quality_metrics(found: Sequence[Standing]) -> list[str]:
    """The metrics to show: those with limits, the furthest past theirs first; others if there are none."""
    judged = [one.subject for one in found if one.check == QUALITY and one.limited]
    plain = [one.subject for one in found if one.check == QUALITY and not one.slice and one.subject != "labelled"]
    return list(dict.fromkeys(judged or plain))


def slice_table(found: Sequence[Standing]) -> SliceTable | None:
    """The last value of every metric in every slice; nothing where nothing was measured."""
    mine = [one for one in found if one.check == QUALITY and one.subject != "labelled"]
    if not mine:
        return None
    first = quality_metrics(found)
    metrics = list(dict.fromkeys([*first, *(one.subject for one in mine)]))
    slices = list(dict.fromkeys(["", *(one.slice for one in mine)]))
    by_place = {(one.slice, one.subject): one for one in mine}
    return SliceTable(
        metrics=[words(one) for one in metrics],
        rows=[(part or "all rows", [_cell(by_place.get((part, one))) for one in metrics]) for part in slices],
    )


def slice_cards(found: Sequence[Standing], canvas: Canvas) -> list[MetricCards]:
    """For each metric the charts of all rows and of slices, side by side."""
    made = []
    for metric in quality_metrics(found)[:MOST_METRICS]:
        many = [one for one in found if one.check == QUALITY and one.subject == metric]
        whole = [one for one in many if not one.slice]
        parts = [one for one in many if one.slice]
        shown = [*whole, *parts][:MOST_SLICES]
        made.append(MetricCards(metric=words(metric), cards=canvas.shared(shown), left_out=len(many) - len(shown)))
    return made


def estimated_cards(found: Sequence[Standing], figures: Mapping[str, Series], canvas: Canvas) -> list[Card]:
    """Quality as it was realised and as it was estimated before the truth came, on one chart per metric."""
    made = []
    for one in found:
        beside = figures.get(f"{ESTIMATED}/{one.subject}")
        if one.check == QUALITY and not one.slice and beside is not None:
            made.append(canvas.card(one, beside=beside, names=("realised", "estimated"), title=words(one.subject)))
    return made


def calibration_picture(figures: Mapping[str, Series]) -> Picture | None:
    """What came true against what was said in the last windows, and usually before; nothing without figures."""
    usual, last = [], []
    for name in figures:
        if name.startswith(_MEAN) and (other := _SHARE + name.removeprefix(_MEAN)) in figures:
            means, shares = figures[name].values, figures[other].values
            usual.append((_median(means[:-_LAST]), _median(shares[:-_LAST])))
            last.append((_mean(means[-_LAST:]), _mean(shares[-_LAST:])))
    if not any(math.isfinite(a) and math.isfinite(b) for a, b in last):
        return None
    lines = [Line(name=f"last {_LAST} windows", points=sorted(last), dots=True)]
    if any(math.isfinite(a) and math.isfinite(b) for a, b in usual):
        lines.append(Line(name="before, median", points=sorted(usual), dots=True))
    told = "; ".join(
        f"{figure(round_to(b))} where {figure(round_to(a))} was said" for a, b in sorted(last) if b == b
    )
    return Picture(
        svg=line_chart(
            lines,
            title="Calibration",
            x="probability said",
            y="share that came true",
            diagonal=True,
            description=told,
        ),
        caption="On the dashed line a probability means what it says. Each point is a group of rows of similar "
        "probability, averaged over windows.",
    )


def _cell(one: Standing | None) -> Cell:
    if one is None:
        return Cell(value="")
    limit = ""
    if math.isfinite(one.floor):
        limit = f"\N{GREATER-THAN OR EQUAL TO} {figure(round_to(one.floor))}"
    elif math.isfinite(one.ceiling):
        limit = f"\N{LESS-THAN OR EQUAL TO} {figure(round_to(one.ceiling))}"
    return Cell(
        value=figure(round_to(one.last)) if math.isfinite(one.last) else figure(None), limit=limit, bad=one.bad
    )


def _median(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else math.nan


def _mean(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(np.mean(known)) if known.size else math.nan
