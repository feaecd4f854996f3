"""The stale-model curve as one offline page."""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

from mainspring.data.viewing.page import Page
from mainspring.data.viewing.wording import moment
from mainspring.evaluation.drawing import Line, line_chart
from mainspring.evaluation.viewing.figures import words
from mainspring.evaluation.viewing.material import Column, Entry, Grid, Material, Picture, Section, Told
from mainspring.evaluation.viewing.page import render
from mainspring.monitoring.retraining.aging import StaleCurve, describe

_DAY: Final = 86_400.0
_WIDE: Final = (900.0, 340.0)


def view_curve(curve: StaleCurve, *, title: str = "How models grow stale", margin: float = 0.0) -> Page:
    """The page of a stale-model curve.

    Args:
        curve: The curve.
        title: What it is about.
        margin: How much of the metric may be lost.
    """
    name = words(curve.metric)
    begin = curve.points[0].start
    lines = [
        Line(
            name=f"trained to {moment(start, day=True)}",
            points=[((one.since - begin) / _DAY, one.value) for one in curve.line(start)],
            dots=True,
        )
        for start in curve.starts
    ]
    losses = [
        Line(name="mean loss", points=[(one.age / _DAY, one.loss) for one in curve.ages], dots=True),
        Line(name="at most", points=[(one.age / _DAY, one.high) for one in curve.ages]),
        Line(name="at least", points=[(one.age / _DAY, one.low) for one in curve.ages]),
    ]
    pictures = [
        Picture(
            svg=line_chart(
                lines,
                title=f"{name} over time",
                x="days",
                y=name,
                x_bounds=None,
                y_bounds=None,
                size=_WIDE,
            ),
            caption="Each line is a model that is never trained again.",
        ),
        Picture(
            svg=line_chart(
                losses,
                title="What a model loses with age",
                x="age in days",
                y=f"loss of {name}",
                x_bounds=None,
                y_bounds=None,
                size=_WIDE,
            ),
            caption="Against a model that is fresh, on the same rows.",
        ),
    ]
    columns = [
        Column(name="trained to"),
        Column(name="tested from"),
        Column(name="age in days", number=True),
        Column(name=name, number=True),
        Column(name="loss against a fresh model", number=True),
        Column(name="rows", number=True),
    ]
    rows = [[Entry(text=text) for text in row] for row in describe(curve)]
    page = Material(
        kind="Stale models",
        title=title,
        sentence=told(curve, margin),
        facts=[
            Told(name="models", value=str(len(curve.starts))),
            Told(name="stretches of", value=f"{curve.period / _DAY:.4g} days"),
            Told(name="metric", value=name),
        ],
        verdict=curve.verdict(margin),
        judgement=None,
        thresholds=None,
        sections=[
            Section(key="curve", title="The curve", pictures=pictures, remarks=curve.notes),
            Section(key="figures", title="Figures", grids=[Grid(caption="", columns=columns, rows=rows)]),
        ],
        origin=[],
        version=version("mainspring"),
    )
    return render("comparison.html.j2", page)


def told(curve: StaleCurve, margin: float = 0.0) -> str:
    """What follows, in one sentence."""
    fresh = curve.fresh_for(margin)
    oldest = max((one.age for one in curve.ages), default=0.0) / _DAY
    if fresh is None:
        return f"Up to {oldest:.4g} days after training nothing is surely lost beyond {margin:g}."
    if not fresh:
        return f"Models surely lose more than {margin:g} from the beginning."
    return (
        f"Models stay fresh for about {fresh / _DAY:.4g} days: from then on they surely lose more than {margin:g}."
    )
