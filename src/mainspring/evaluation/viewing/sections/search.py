"""The worst slices, found without being named."""

from __future__ import annotations

from mainspring.data.viewing.wording import counted, figure, shortened
from mainspring.evaluation.drawing import interval_bar
from mainspring.evaluation.search.found import FoundSlice, SliceSearch
from mainspring.evaluation.viewing.figures import between
from mainspring.evaluation.viewing.material import Entry, Grid, Section
from mainspring.evaluation.viewing.sections.entries import (
    counted_entry,
    figure_entry,
    number,
    picture,
    share_entry,
    text,
)

_MOST_ALSO = 3


def search_section(found: SliceSearch) -> Section:
    """The section of a search for the worst slices."""
    name = found.metric.replace("_", " ")
    lead = (
        f"{name[:1].upper()}{name[1:]} is {figure(found.loss)} over {counted(found.count, 'row')}. "
        f"{counted(found.looked_at, 'slice')} of {counted(len(found.columns), 'column')} were looked at, up to "
        f"{counted(found.max_columns, 'column')} at once and {counted(found.min_size, 'row')} at least."
    )
    nothing = f"No slice is worse than the rest beyond chance (level {found.level:g})."
    return Section(
        key="search",
        title="Worst slices found",
        lead=lead if found.slices else f"{lead} {nothing}",
        grids=[_slices(found, name)] if found.slices else [],
        remarks=found.notes,
    )


def _slices(found: SliceSearch, name: str) -> Grid:
    top = max(max(one.loss, one.rest + one.difference.high) for one in found.slices)
    return Grid(
        caption="Surely worse than the rest, the surest first",
        columns=[
            text("Slice"),
            number("Rows"),
            number("Share"),
            number(f"{name} inside"),
            picture("Bar"),
            number("Elsewhere"),
            number("Share of the loss"),
            number("p"),
        ],
        rows=[_row(one, top) for one in found.slices],
    )


def _row(one: FoundSlice, top: float) -> list[Entry]:
    also = "; ".join(map(str, one.also[:_MOST_ALSO]))
    low, high = one.rest + one.difference.low, one.rest + one.difference.high
    title = f"{figure(one.loss)} inside, {figure(one.rest)} elsewhere"
    bar = interval_bar(one.loss, low, high, title=title, mark=one.rest, bounds=(0.0, top))
    return [
        Entry(text=str(one.slice), more=f"much the same rows: {shortened(also, 160)}" if also else ""),
        counted_entry(one.count),
        share_entry(one.share),
        Entry(text=figure(one.loss), sort=f"{one.loss:.10g}", more=f"{between(one.difference)} more"),
        Entry(text="", svg=bar),
        figure_entry(one.rest),
        share_entry(one.loss_share),
        Entry(text="< 0.0001" if one.p_value < 1e-4 else figure(one.p_value), sort=f"{one.p_value:.10g}"),
    ]
