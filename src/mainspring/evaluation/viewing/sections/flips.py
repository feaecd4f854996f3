"""Where two models answer otherwise, and if rightly."""

from __future__ import annotations

import math
from typing import Final

from mainspring.core.slices import Slice
from mainspring.data.viewing.wording import counted, figure
from mainspring.evaluation.evaluation import ALL_ROWS, Evaluation
from mainspring.evaluation.metrics.flips import FACTS
from mainspring.evaluation.metrics.measured import Measured
from mainspring.evaluation.viewing.figures import between
from mainspring.evaluation.viewing.material import Entry, Grid, Section, Told
from mainspring.evaluation.viewing.sections.entries import counted_entry, figure_entry, number, text

_BY_SLICE: Final = ("flip_rate", "right_to_wrong", "wrong_to_right", "net_gain", "closer", "farther")
_MOST_SLICES = 500


def flips_section(found: Evaluation) -> Section:
    """The section of flips from one model to another; slices that lose most come first."""
    overall = found.measured[ALL_ROWS]
    facts = [
        Told(name=FACTS[name].title, value=figure(value), more=between(overall.intervals.get(name)))
        for name, value in overall.values.items()
        if name in FACTS and math.isfinite(value)
    ]
    names = [name for name in _BY_SLICE if name in overall.values]
    slices = sorted(
        ((key, one) for key, one in found.measured.items() if key != ALL_ROWS), key=lambda pair: _losing(pair[1])
    )
    return Section(
        key="flips",
        title="Flips",
        lead=f"Rows that the two models answer otherwise, among {counted(overall.count, 'row')}: a row that was "
        "right and is wrong now may be noticed, however good the mean is.",
        facts=facts,
        grids=[
            Grid(
                caption="By slice",
                columns=[text("Slice"), number("Rows"), *(number(FACTS[name].title) for name in names)],
                rows=[_row(key, one, names) for key, one in slices[:_MOST_SLICES]],
                find="part of a name" if len(slices) > 20 else "",
            )
        ]
        if slices and names
        else [],
        remarks=found.notes,
    )


def _losing(measured: Measured) -> float:
    gain = measured.values.get("net_gain", math.nan)
    return math.inf if math.isnan(gain) else gain


def _row(key: Slice, measured: Measured, names: list[str]) -> list[Entry]:
    figures = [
        figure_entry(
            measured.values.get(name, math.nan), measured.intervals.get(name), measured.reasons.get(name, "")
        )
        for name in names
    ]
    return [Entry(text=str(key)), counted_entry(measured.count), *figures]
