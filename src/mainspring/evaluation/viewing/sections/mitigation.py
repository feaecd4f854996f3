"""Mitigations side by side: how much narrower the gap gets, and what it costs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mainspring.core.slices import Slice
from mainspring.data.viewing.wording import counted, figure, shortened
from mainspring.evaluation.drawing import Line, line_chart
from mainspring.evaluation.fairness.mitigation.constraints import Constraint
from mainspring.evaluation.fairness.mitigation.outcomes import MitigationComparison, Outcome
from mainspring.evaluation.viewing.figures import tone
from mainspring.evaluation.viewing.material import Entry, Grid, Picture, Section
from mainspring.evaluation.viewing.sections.entries import change_entry, counted_entry, figure_entry, number, text


def mitigation_section(found: MitigationComparison) -> Section:
    """The section of mitigations."""
    words = Constraint.of(found.constraint).words
    grids = [_outcomes(found, words)]
    grids += [_turned(one) for one in found.outcomes if one.groups and one.method == found.recommended]
    return Section(
        key="mitigation",
        title="Mitigation",
        lead=f"{words[:1].upper()}{words[1:]} by {', '.join(found.protected)}, on "
        f"{counted(found.count, 'row')} held out. {found.recommendation}",
        grids=grids,
        pictures=_prices(found, words),
        remarks=[*found.notes, *(f"{one.method}: {note}" for one in found.outcomes for note in one.notes)],
    )


def _outcomes(found: MitigationComparison, words: str) -> Grid:
    rows = []
    for one in found.outcomes:
        mark = "recommended" if one.method == found.recommended else ""
        accuracy = one.figures["accuracy"]
        rows.append(
            [
                Entry(text=one.method, more=mark),
                figure_entry(one.gap.value, one.gap.interval, one.gap.reason),
                _changed(one, "gap"),
                figure_entry(accuracy.value, accuracy.interval, accuracy.reason),
                _changed(one, "accuracy"),
                figure_entry(one.cost),
                Entry(text=_names(one.gained)),
                Entry(text=_names(one.lost)),
            ]
        )
    columns = [
        text("Model"),
        number("Gap"),
        number("Change"),
        number("Accuracy"),
        number("Change"),
        number("Cost"),
    ]
    return Grid(
        caption=f"The gap ({words}) and its price",
        columns=[*columns, text("More often yes"), text("Less often yes")],
        rows=rows,
    )


def _changed(one: Outcome, what: str) -> Entry:
    change = one.gap_change if what == "gap" else one.accuracy_change
    if change is None:
        return Entry(text="")
    side = tone("mae" if what == "gap" else "accuracy", change.after, change.before)
    return change_entry(change.by, change.interval, side)


def _turned(one: Outcome) -> Grid:
    rows = [
        [
            Entry(text=str(turned.group)),
            counted_entry(turned.count),
            counted_entry(turned.to_yes),
            counted_entry(turned.to_no),
            change_entry(turned.selection_rate.by, turned.selection_rate.interval),
            change_entry(turned.true_positive_rate.by, turned.true_positive_rate.interval),
            change_entry(turned.accuracy.by, turned.accuracy.interval),
        ]
        for turned in one.groups
    ]
    columns = [text("Group"), number("Rows"), number("No to yes"), number("Yes to no")]
    more = [number("Selection rate"), number("TPR"), number("Accuracy")]
    return Grid(caption=f"What {one.method} changes for whom", columns=[*columns, *more], rows=rows)


def _prices(found: MitigationComparison, words: str) -> list[Picture]:
    lines = [
        Line(name=one.method, points=[(one.gap.value, one.figures["accuracy"].value)], dots=True)
        for one in found.outcomes
        if math.isfinite(one.gap.value) and math.isfinite(one.figures["accuracy"].value)
    ]
    if len(lines) < 2:
        return []
    told = "; ".join(
        f"{line.name}: gap {figure(line.points[0][0])}, accuracy {figure(line.points[0][1])}" for line in lines
    )
    drawn = line_chart(
        lines,
        title="Accuracy against the gap",
        description=told,
        x=f"gap ({words})",
        y="accuracy",
        x_bounds=None,
        y_bounds=None,
        size=(640, 320),
    )
    return [Picture(svg=drawn, caption="The price of a narrower gap: up is more accurate, left is more even")]


def _names(groups: Sequence[Slice]) -> str:
    return shortened("; ".join(map(str, groups)), 200)
