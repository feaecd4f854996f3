"""The table of an error analysis: what the errors have in common, and what is worth mending first."""

from __future__ import annotations

import math

from mainspring.data.viewing.wording import counted, figure, percent
from mainspring.evaluation.drawing import interval_bar
from mainspring.evaluation.errors.analysis import ErrorAnalysis, TagRow
from mainspring.evaluation.viewing.figures import sort_key
from mainspring.evaluation.viewing.material import Entry, Grid, Section
from mainspring.evaluation.viewing.sections.entries import (
    counted_entry,
    figure_entry,
    number,
    picture,
    share_entry,
    text,
)

_MOST_EXAMPLES = 40
_BY_TAG = 3


def errors_section(found: ErrorAnalysis) -> Section:
    """The section of an error analysis."""
    name = found.metric.replace("_", " ")
    lead = f"{name[:1].upper()}{name[1:]} is {figure(found.loss)} over {counted(found.count, 'row')}. "
    if found.reference:
        lead += f"Room is what lies between it and that of {found.reference} ({figure(found.reference_rate)}). "
    if found.sampled is not None:
        lead += f"Tags are those of a sample of {counted(found.sampled, 'error')}. "
    rows = [*found.tags, found.untagged]
    grids = [_tags(found, rows, name)]
    examples = _examples(rows)
    return Section(
        key="errors",
        title="Errors",
        lead=lead + "The priority is the room times the share of the data: what mending the tag would gain.",
        grids=[*grids, examples] if examples.rows else grids,
        remarks=found.notes,
        empty=""
        if found.tags
        else "No row has a tag: look at some errors, and write down what they have in common.",
    )


def _tags(found: ErrorAnalysis, rows: list[TagRow], name: str) -> Grid:
    columns = [
        text("Tag"),
        number("Rows"),
        number("Share of the errors"),
        picture("Bar"),
        number(f"{name} inside"),
    ]
    more = [number("Share of the data"), number("Room"), number("Priority"), number(f"{name} if mended")]
    return Grid(caption="By tag", columns=[*columns, *more], rows=[_tag(one, found) for one in rows if one.rows])


def _tag(one: TagRow, found: ErrorAnalysis) -> list[Entry]:
    interval = one.error_share_interval
    ends = f"{percent(interval.low)} to {percent(interval.high)}" if interval is not None else ""
    low, high = interval or (None, None)
    bar = interval_bar(one.error_share, low, high, title=f"{one.tag}: {percent(one.error_share)} of the errors")
    reference = f"{found.reference} {figure(one.reference_rate)}" if math.isfinite(one.reference_rate) else ""
    return [
        Entry(text=one.tag),
        counted_entry(one.rows),
        Entry(text=percent(one.error_share), sort=sort_key(one.error_share), more=ends),
        Entry(text="", svg=bar),
        Entry(text=figure(one.error_rate), sort=sort_key(one.error_rate), more=reference),
        share_entry(one.data_share),
        figure_entry(one.room),
        figure_entry(one.priority),
        figure_entry(one.mended),
    ]


def _examples(rows: list[TagRow]) -> Grid:
    """Mistakes to look at, a few of each tag."""
    found = [
        [
            Entry(text=one.id if one.id is not None else f"row {one.row:,}", more=tag.tag),
            Entry(text=one.label),
            Entry(text=one.answer),
            figure_entry(one.confidence),
        ]
        for tag in rows
        for one in tag.examples[:_BY_TAG]
    ]
    columns = [text("Row"), text("Label"), text("Answer"), number("Confidence")]
    return Grid(caption="Mistakes to look at", columns=columns, rows=found[:_MOST_EXAMPLES], folded=True)
