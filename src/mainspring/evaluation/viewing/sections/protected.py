"""Whether rows are answered otherwise when nothing but a protected value of them changes."""

from __future__ import annotations

import math

from mainspring.data.viewing.wording import counted, figure, percent
from mainspring.evaluation.fairness.flipped import Flip, Flipped, Flips
from mainspring.evaluation.viewing.figures import change, sort_key
from mainspring.evaluation.viewing.material import Entry, Grid, Section, Told
from mainspring.evaluation.viewing.sections.entries import change_entry, counted_entry, number, text

_MOST_CHANGES = 300


def protected_section(found: Flips) -> Section:
    """The section of counterfactual flips."""
    changed = ", ".join(found.protected)
    interval = found.interval
    ends = f"{percent(interval.low)} to {percent(interval.high)}" if interval is not None else ""
    return Section(
        key="protected",
        title="Other values of the same rows",
        lead=f"Every row was asked again with other values of {changed} and nothing else changed: this shows "
        "whether the model itself uses them. It is no proof of fairness: columns that tell the group stay as they "
        "were.",
        facts=[
            Told(
                name="Answered otherwise",
                value=percent(found.share) if math.isfinite(found.share) else figure(found.share),
                more=ends or f"{found.flipped:,} of {counted(found.count, 'row')}",
            )
        ],
        grids=[grid for grid in (_changes(found), _proxies(found), _examples(found)) if grid.rows],
        remarks=found.notes,
    )


def _changes(found: Flips) -> Grid:
    columns = [text("Group"), text("As"), number("Rows"), number("Answered otherwise")]
    more = [number("To yes"), number("To no"), number("Mean change"), number("Largest"), number("p")]
    return Grid(
        caption="Group by group",
        columns=[*columns, *more],
        rows=[_changed(one) for one in found.changes[:_MOST_CHANGES]],
        find="part of a name" if len(found.changes) > 20 else "",
    )


def _changed(one: Flipped) -> list[Entry]:
    interval = one.interval
    ends = f"{percent(interval.low)} to {percent(interval.high)}" if interval is not None else ""
    return [
        Entry(text=str(one.group)),
        Entry(text=str(one.to)),
        counted_entry(one.count),
        Entry(text=percent(one.share), sort=sort_key(one.share), more=ends),
        counted_entry(one.to_yes),
        counted_entry(one.to_no),
        change_entry(one.mean),
        change_entry(one.largest),
        Entry(text=figure(one.chance), sort=sort_key(one.chance)),
    ]


def _proxies(found: Flips) -> Grid:
    rows = [
        [Entry(text=column), Entry(text=protected), Entry(text=figure(strength), sort=sort_key(strength))]
        for protected, columns in found.proxies.items()
        for column, strength in columns.items()
    ]
    return Grid(
        caption="Columns that tell the group",
        columns=[text("Column"), text("Tells"), number("Cramér's V")],
        rows=rows,
    )


def _examples(found: Flips) -> Grid:
    columns = [text("Row"), text("Group"), text("As"), text("Before"), text("After"), number("Change")]
    return Grid(
        caption="Rows that moved furthest", columns=columns, rows=list(map(_example, found.examples)), folded=True
    )


def _example(one: Flip) -> list[Entry]:
    return [
        Entry(text=f"row {one.row + 1:,}", sort=str(one.row)),
        Entry(text=str(one.group)),
        Entry(text=str(one.to)),
        Entry(text=one.before),
        Entry(text=one.after),
        Entry(text=change(one.change), sort=sort_key(one.change)),
    ]
