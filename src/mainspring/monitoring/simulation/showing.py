"""A simulation as one offline page."""

from __future__ import annotations

import math
from collections.abc import Iterator
from importlib.metadata import version
from typing import Final

from mainspring.data.viewing.page import Page
from mainspring.data.viewing.wording import counted, moment
from mainspring.evaluation.drawing import Line, line_chart
from mainspring.evaluation.viewing.figures import words
from mainspring.evaluation.viewing.material import Column, Entry, Grid, Material, Picture, Section, Told
from mainspring.evaluation.viewing.page import render
from mainspring.monitoring.simulation.outcome import Outcome, Simulation

_DAY: Final = 86_400.0
_MOST: Final = 300
_WIDE: Final = (900.0, 320.0)
_COUNTED: Final = ("runs", "won", "lost", "blocked", "cost", "alerts", "messages")
_KINDS: Final = {
    "asked": "a run is asked for",
    "blocked": "a run is called for, and blocked",
    "promoted": "the new model comes into use",
    "rejected": "the champion stays",
    "fired": "an alert fires",
    "reopened": "an alert fires again",
    "worse": "an alert gets worse",
    "resolved": "an alert is over",
    "message": "somebody is told",
}


def view(found: Simulation) -> Page:
    """The page of a simulation: what each policy would have come to, quality and cost over time, and every event.

    Args:
        found: The simulation.
    """
    page = Material(
        kind="Simulation",
        title=found.model,
        sentence=_sentence(found),
        facts=[
            Told(name="from", value=moment(found.since)),
            Told(name="to", value=moment(found.until)),
            Told(name="rows", value=f"{found.rows:,}"),
            Told(name="labelled", value=f"{found.labelled:,}"),
            Told(name="windows", value=f"{found.windows:,}"),
        ],
        verdict=None,
        judgement=None,
        thresholds=None,
        sections=[_policies(found), *_over_time(found), *_events(found)],
        origin=[],
        version=version("mainspring"),
    )
    return render("comparison.html.j2", page)


def _sentence(found: Simulation) -> str:
    told = [f"{one.name}: {counted(one.runs, 'run')}" for one in found.outcomes[1:]]
    return "What would have happened. " + "; ".join(told) + "."


def _policies(found: Simulation) -> Section:
    columns = [
        Column(name="policy"),
        *(
            Column(name=name, number=True)
            for name in ("runs", "won", "lost", "blocked", "cost", "alerts", "messages")
        ),
        Column(name=words(found.metric) if found.metric else "quality", number=True),
        Column(name="gain over what was recorded", number=True),
        Column(name="labels needed", number=True),
    ]
    return Section(
        key="policies",
        title="Policies",
        grids=[Grid(caption="", columns=columns, rows=[_row(one) for one in found.outcomes])],
        remarks=found.notes,
    )


def _row(one: Outcome) -> list[Entry]:
    gain = "" if math.isnan(one.gain) else f"{one.gain:+.4g}"
    between = "" if math.isnan(one.gain_low) else f"{one.gain_low:+.3g} to {one.gain_high:+.3g}"
    tone = "better" if one.gain_low > 0 else "worse" if one.gain_high < 0 else ""
    counts = (one.runs, one.count("promoted"), one.count("rejected"), one.blocked)
    told = (one.alerts, one.count("message"))
    return [
        Entry(text=one.name),
        *(Entry(text=str(number), sort=str(number)) for number in counts),
        Entry(text=f"{one.cost:g}", sort=f"{one.cost}"),
        *(Entry(text=str(number), sort=str(number)) for number in told),
        Entry(text="" if math.isnan(one.value) else f"{one.value:.4g}", sort=f"{one.value}"),
        Entry(text=gain, sort=f"{one.gain}", more=between, tone=tone),
        Entry(text=str(one.labels) if one.labels else "", sort=str(one.labels)),
    ]


def _over_time(found: Simulation) -> Iterator[Section]:
    quality = [
        Line(
            name=one.name,
            points=[(_along((q.since + q.until) / 2, found), q.value) for q in one.quality],
            dots=True,
        )
        for one in found.outcomes
        if one.quality
    ]
    costs = [
        Line(name=one.name, points=_costs(one, found), step=True)
        for one in found.outcomes
        if one.cost and one.runs
    ]
    pictures = []
    if quality:
        title = f"{words(found.metric)} over time"
        chart = line_chart(
            quality,
            title=title,
            x=_unit(found)[0],
            y=words(found.metric),
            x_bounds=None,
            y_bounds=None,
            size=_WIDE,
        )
        pictures.append(Picture(svg=chart, caption="On the truth that became known in the end."))
    if costs:
        chart = line_chart(
            costs, title="Cost over time", x=_unit(found)[0], y="cost", x_bounds=None, y_bounds=None, size=_WIDE
        )
        pictures.append(Picture(svg=chart, caption="What the runs would have cost, added up."))
    if pictures:
        yield Section(key="time", title="Over time", pictures=pictures)


def _values(one: Outcome, found: Simulation) -> list[tuple[float, float]]:
    return [(_along((period.since + period.until) / 2, found), period.value) for period in one.quality]


def _costs(one: Outcome, found: Simulation) -> list[tuple[float, float]]:
    points, total = [(0.0, 0.0)], 0.0
    for happening in one.happenings:
        if happening.kind == "asked":
            total += float(happening.details.get("cost", 0.0))
            points.append((_along(happening.at, found), total))
    return [*points, (_along(found.until, found), total)]


def _events(found: Simulation) -> Iterator[Section]:
    columns = [Column(name="when"), Column(name="what", words=True), Column(name="why", words=True)]
    for place, one in enumerate(found.outcomes):
        if not one.happenings:
            continue
        shown = one.happenings[:_MOST]
        rows = [
            [Entry(text=moment(event.at)), Entry(text=_KINDS.get(event.kind, event.kind)), Entry(text=event.text)]
            for event in shown
        ]
        left_out = len(one.happenings) - len(shown)
        yield Section(
            key=f"events-{place}",
            title=one.name[:1].upper() + one.name[1:],
            grids=[Grid(caption="", columns=columns, rows=rows, find="drift", folded=False)],
            remarks=[f"{left_out} later events are not shown"] if left_out else (),
        )


def _along(time: float, found: Simulation) -> float:
    return (time - found.since) / _unit(found)[1]


def _unit(found: Simulation) -> tuple[str, float]:
    """The unit of the time axis: the largest of which there are at least two."""
    length = found.until - found.since
    units = (("days", _DAY), ("hours", 3600.0), ("minutes", 60.0))
    return next((one for one in units if length >= 2 * one[1]), ("seconds", 1.0))
