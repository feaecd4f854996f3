"""Models side by side: the table of their metrics, and that of their slices."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mainspring.core.slices import Slice
from mainspring.data.viewing.wording import figure, shortened
from mainspring.evaluation.drawing import Line, line_chart
from mainspring.evaluation.evaluation import ALL_ROWS, Evaluation
from mainspring.evaluation.metrics.facts import Better, Facts
from mainspring.evaluation.metrics.measured import Measured
from mainspring.evaluation.viewing.figures import COUNTS, between, change, hint, side_of, sort_key, tone, words
from mainspring.evaluation.viewing.material import Column, Entry, Grid, Picture, Section
from mainspring.evaluation.viewing.metrics import is_many, of_class

MOST_LINES = 3
"""So many models are drawn over each other."""

_MOST_SLICES = 1000
_MOST_DOTS = 60
_FEWEST_SLICES = 3
_NAME = 40


@dataclass(frozen=True, slots=True)
class Contrast:
    """Models that were judged on the same rows, and the metric that counts most.

    Attributes:
        evaluations: Name to evaluation; changes are those of the last against the first.
        main: The metric.
    """

    evaluations: Mapping[str, Evaluation]
    main: str

    @property
    def models(self) -> dict[str, Evaluation]:
        """The evaluations by names that are short enough for heads and legends."""
        return {shortened(name, _NAME): one for name, one in self.evaluations.items()}

    @property
    def first(self) -> Evaluation:
        """What the others are held against."""
        return next(iter(self.evaluations.values()))

    @property
    def last(self) -> Evaluation:
        """The candidate."""
        return list(self.evaluations.values())[-1]

    @property
    def own(self) -> Facts:
        """What is known of metrics that are not Mainspring's."""
        return self.last.facts

    def figures(self, key: Slice) -> list[float]:
        """The main figure of a slice by each model; NaN for a model that was not judged on it."""
        found = [one.measured.get(key) for one in self.evaluations.values()]
        return [math.nan if one is None else one.values.get(self.main, math.nan) for one in found]

    def moves(self) -> tuple[int, int, int]:
        """How many slices got better, how many worse, and how many are alike, among those that both know."""
        sides = []
        for key in self.last.measured:
            if key != ALL_ROWS and key in self.first.measured:
                figures = self.figures(key)
                sides.append(tone(self.main, figures[-1], figures[0], self.own))
        return sides.count("better"), sides.count("worse"), sides.count("")


def metrics_section(found: Contrast) -> Section:
    """All metrics over all rows, a column for each model."""
    many = is_many(found.last)
    names = [
        name for name in found.last.overall if name not in {"count", *COUNTS} and not of_class(name, many=many)
    ]
    columns = [Column(name="Metric"), *(Column(name=name, number=True) for name in found.models)]
    grid = Grid(
        caption="",
        columns=[*columns, Column(name="Change", number=True)],
        rows=[_metric_row(found, name, many=many) for name in names],
    )
    lead = "The best figure of each row is marked; the change is that of the last model against the first."
    return Section(key="metrics", title="Metrics", lead=lead, grids=[grid])


def slices_section(found: Contrast) -> Section:
    """The main metric of every slice, a column for each model, what got worse first."""
    keys = [key for key in found.last.measured if key != ALL_ROWS]
    if not keys:
        empty = 'No slice was judged. Name columns when you evaluate: slices=["sex", "sex * race"].'
        return Section(key="slices", title="Slices", empty=empty)
    lower = side_of(found.main, found.own) is Better.LOWER
    rows = sorted((_slice_row(found, key) for key in keys), key=lambda row: _badness(row[-1], lower=lower))
    grid = Grid(
        caption="",
        find="part of a name",
        columns=[
            Column(name="Slice"),
            Column(name="Rows", number=True),
            *(Column(name=name, number=True) for name in found.models),
            Column(name="Change", number=True),
        ],
        rows=rows[:_MOST_SLICES],
    )
    gained, lost, same = found.moves()
    lead = (
        f"{words(found.main, found.own)} by slice, what got worse first: {gained} better, {lost} worse, "
        f"{same} alike. Where the intervals of two models overlap widely, the change may be chance."
    )
    return Section(key="slices", title="Slices", lead=lead, grids=[grid], pictures=_dots(found, keys))


def _metric_row(found: Contrast, name: str, *, many: bool) -> list[Entry]:
    measured = [one.measured[ALL_ROWS] for one in found.evaluations.values()]
    values = [one.values.get(name, math.nan) for one in measured]
    cells = [
        _cell(one, name, value, best=_is_best(name, value, values, found.own))
        for one, value in zip(measured, values, strict=True)
    ]
    first = Entry(text=words(name, found.own), more=hint(name, found.own, many=many))
    return [first, *cells, _moved(name, values, found.own)]


def _slice_row(found: Contrast, key: Slice) -> list[Entry]:
    values = found.figures(key)
    cells = [
        _cell(one.measured.get(key), found.main, value, best=_is_best(found.main, value, values, found.own))
        for one, value in zip(found.evaluations.values(), values, strict=True)
    ]
    count = found.last.measured[key].count
    first = [Entry(text=str(key)), Entry(text=f"{count:,}", sort=str(count))]
    return [*first, *cells, _moved(found.main, values, found.own)]


def _cell(measured: Measured | None, name: str, value: float, *, best: bool) -> Entry:
    if measured is None:
        return Entry(text=figure(math.nan), more="not judged")
    why = measured.reasons.get(name, "") if math.isnan(value) else ""
    more = between(measured.intervals.get(name)) or why
    return Entry(text=figure(value), sort=sort_key(value), more=more, tone="best" if best else "")


def _is_best(name: str, value: float, values: Sequence[float], own: Facts) -> bool:
    side, known = side_of(name, own), [one for one in values if math.isfinite(one)]
    if side is Better.NEITHER or not math.isfinite(value) or len(set(known)) < 2:
        return False
    return value == (max(known) if side is Better.HIGHER else min(known))


def _moved(name: str, values: Sequence[float], own: Facts) -> Entry:
    difference = values[-1] - values[0]
    side = tone(name, values[-1], values[0], own)
    return Entry(text=change(difference), sort=sort_key(difference), tone=side, more=side)


def _badness(entry: Entry, *, lower: bool) -> tuple[bool, float]:
    value = float(entry.sort) if entry.sort else math.nan
    return (True, 0.0) if math.isnan(value) else (False, -value if lower else value)


def _dots(found: Contrast, keys: Sequence[Slice]) -> list[Picture]:
    """The figure of every slice, in the order of the first model: how evenly each model does."""
    shared = [key for key in keys if all(map(math.isfinite, found.figures(key)))]
    ranked = sorted(shared, key=lambda key: found.figures(key)[0])
    if len(ranked) < _FEWEST_SLICES:
        return []
    by_model = list(zip(*(found.figures(key) for key in ranked), strict=True))
    lines = [
        Line(name=name, points=list(enumerate(figures, start=1)), dots=len(ranked) <= _MOST_DOTS)
        for name, figures in zip(found.models, by_model, strict=True)
    ]
    name = words(found.main, found.own)
    whole = zip(found.models, found.figures(ALL_ROWS), strict=True)
    told = ", ".join(f"{model} {figure(value)}" for model, value in whole)
    drawn = line_chart(
        lines[:MOST_LINES],
        title=f"{name} of every slice",
        description=f"Over all rows: {told}",
        x=f"slices, by {name} of the first model",
        y=name,
        x_bounds=(1.0, float(len(ranked))),
        y_bounds=None,
        size=(640, 300),
    )
    return [Picture(svg=drawn, caption="Every slice, in the order of the first model: how evenly each model does")]
