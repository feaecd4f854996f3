"""How a model treats groups: their rates, the gaps between them, rates over thresholds, calibration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from mainspring.core.slices import Slice
from mainspring.data.viewing.wording import counted, figure, shortened
from mainspring.evaluation.drawing import Line, difference_bar, line_chart
from mainspring.evaluation.drawing.frames import STYLES
from mainspring.evaluation.fairness.fairness import Fairness, Group
from mainspring.evaluation.fairness.figures import FACTS as FIGURES
from mainspring.evaluation.fairness.gaps import Gap
from mainspring.evaluation.fairness.notions import NOTIONS
from mainspring.evaluation.metrics.facts import MetricName
from mainspring.evaluation.viewing.material import Entry, Grid, Picture, Section, Told
from mainspring.evaluation.viewing.sections.entries import (
    NOT_ESTIMABLE,
    counted_entry,
    figure_entry,
    number,
    picture,
    text,
)
from mainspring.evaluation.viewing.slices import bounds_of

_CLASSIFIED: Final = (
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "positive_predictive_value",
    "accuracy",
)
_MEASURED: Final = ("mean_error", "mae", "mean_prediction", "mean_label")
HEADLINES: Final = (
    "demographic_parity_difference",
    "equalized_odds_difference",
    "predictive_parity_difference",
    "mean_error_difference",
)
"""The notions that are told first."""

_ASKED_FOR: Final = frozenset(
    {
        *HEADLINES,
        "demographic_parity_ratio",
        "equal_opportunity_difference",
        "accuracy_difference",
        "mae_difference",
        "statistical_parity_difference",
        "disparate_impact",
    }
)
_OVER_THRESHOLDS: Final = ("selection_rate", "true_positive_rate", "false_positive_rate")
_MOST_GAPS = 60
_MOST_GROUPS = 200
_NAME = 60


def fairness_section(fairness: Fairness) -> Section:
    """The section of a model's fairness."""
    grids = []
    for protected in fairness.protected:
        groups = fairness.of(protected)
        if groups:
            pictures = _curves(fairness, groups, protected)
            grids += [_groups(fairness, groups, protected), *_gaps(fairness, protected, pictures)]
    return Section(
        key="fairness",
        title="Fairness",
        lead=_lead(fairness),
        facts=_facts(fairness),
        grids=grids,
        remarks=fairness.notes,
        empty="" if fairness.groups else "No group has enough rows: lower min_group_size, or name other columns.",
    )


def notion(name: str) -> str:
    """The name of a gap for people."""
    parsed = MetricName.parse(name)
    found = NOTIONS.get(parsed.stem)
    title = found.fact.title if found is not None else parsed.stem.replace("_", " ")
    return title + (f" of {parsed.of}" if parsed.of is not None else "")


def _lead(fairness: Fairness) -> str:
    about = f"; to be answered {fairness.positive} is what counts" if fairness.positive is not None else ""
    return (
        f"{len(fairness.groups)} groups by {', '.join(fairness.protected)}, as the model answers{about}. "
        f"Figures behind which there are fewer than {fairness.min_group_size} rows are not compared."
    )


def _facts(fairness: Fairness) -> list[Told]:
    facts = []
    for name in HEADLINES:
        if not fairness.gaps_of(name):
            continue
        gap = fairness.gap(name)
        known = not math.isnan(gap.value)
        facts.append(
            Told(
                name=notion(name),
                value=figure(gap.value) if known else NOT_ESTIMABLE,
                more=shortened(pair(gap) if known else gap.reason, 120),
            )
        )
    return facts


def pair(gap: Gap) -> str:
    """The two groups that make a gap, in words; nothing for one that cannot be estimated."""
    if gap.groups is None:
        return ""
    word = "against" if _signed(gap) else "highest, lowest"
    one, other = map(str, gap.groups)
    return f"{one} against {other}" if word == "against" else f"{one} highest, {other} lowest"


def _signed(gap: Gap) -> bool:
    found = NOTIONS.get(MetricName.parse(gap.name).stem)
    return found is not None and found.signed


def _groups(fairness: Fairness, groups: Sequence[Group], protected: str) -> Grid:
    wanted = _MEASURED if fairness.task == "regression" else _CLASSIFIED
    names = [name for name in wanted if name in fairness.overall.figures]
    shown = [fairness.overall, *sorted(groups, key=lambda one: -one.count)[:_MOST_GROUPS]]
    columns = [text("Group"), number("Rows"), *(number(FIGURES[name].title) for name in names)]
    first = names[0] if names else None
    if first is not None:
        columns.insert(3, picture(f"{FIGURES[first].title} against all rows"))
    bounds = bounds_of(
        [end for one in shown if one.enough for end in _ends(one, first)], _value(fairness.overall, first)
    )
    rows = []
    for one in shown:
        entries = [
            Entry(text=str(one.key), more="" if one.enough else "too few rows to be compared"),
            counted_entry(one.count),
            *(_figure(one, name) for name in names),
        ]
        if first is not None:
            entries.insert(3, _bar(one, fairness.overall, first, bounds))
        rows.append(entries)
    return Grid(
        caption=f"Groups by {protected}",
        columns=columns,
        rows=rows,
        find="part of a name" if len(rows) > 20 else "",
    )


def _value(group: Group, name: str | None) -> float:
    found = group.figures.get(name) if name is not None else None
    return found.value if found is not None else math.nan


def _ends(group: Group, name: str | None) -> list[float]:
    """A figure with the ends of its interval."""
    found = group.figures.get(name) if name is not None else None
    return [] if found is None else [found.value, *(found.interval or ())]


def _figure(group: Group, name: str) -> Entry:
    found = group.figures.get(name)
    return figure_entry(math.nan) if found is None else figure_entry(found.value, found.interval, found.reason)


def _bar(group: Group, overall: Group, name: str, bounds: tuple[float, float]) -> Entry:
    value, whole = _value(group, name), _value(overall, name)
    interval = group.figures[name].interval if name in group.figures else None
    title = f"{FIGURES[name].title} of {group.key}: {figure(value)}, over all rows {figure(whole)}"
    low, high = interval or (None, None)
    return Entry(
        text="", svg=difference_bar(value, low, high, whole=whole, title=title, bounds=bounds, size=(140, 18))
    )


def _gaps(fairness: Fairness, protected: str, pictures: Sequence[Picture]) -> list[Grid]:
    """The gaps that are asked for most, and all others folded up below."""
    found = [gap for gap in fairness.gaps if gap.protected == protected and gap.at is None]
    first = [gap for gap in found if MetricName.parse(gap.name).stem in _ASKED_FOR][:_MOST_GAPS]
    others = [gap for gap in found if gap not in first][:_MOST_GAPS]
    grids = [
        Grid(
            caption=f"Gaps between groups by {protected}", **_gap_table(first), pictures=() if others else pictures
        ),
        Grid(
            caption=f"{counted(len(others), 'more notion')}, by {protected}",
            folded=True,
            **_gap_table(others),
            pictures=pictures,
        ),
    ]
    return [grid for grid in grids if grid.rows]


def _gap_table(found: Sequence[Gap]) -> dict[str, Any]:
    rows = []
    for gap in found:
        known = NOTIONS.get(MetricName.parse(gap.name).stem)
        out = ", ".join(f"{key} ({why})" for key, why in gap.left_out.items())
        rows.append(
            [
                Entry(text=notion(gap.name), more=known.fact.says if known is not None else ""),
                figure_entry(gap.value, gap.interval, gap.reason),
                Entry(text=pair(gap) if not math.isnan(gap.value) else ""),
                Entry(text=shortened(out, 400)),
            ]
        )
    columns = [text("Notion"), number("Gap"), text("Between"), text("Not estimable for")]
    width = len(columns) if any(row[-1].text for row in rows) else len(columns) - 1
    return {"columns": columns[:width], "rows": [row[:width] for row in rows]}


def _curves(fairness: Fairness, groups: Sequence[Group], protected: str) -> list[Picture]:
    """Rates over thresholds, and calibration, of the largest groups."""
    largest = sorted((one for one in groups if one.enough), key=lambda one: -one.count)[:STYLES]
    told = ", the largest groups" if len(groups) > len(largest) else ""
    found = []
    for name in _OVER_THRESHOLDS:
        lines = [Line(name=_short(one.key), points=one.curve(name)) for one in largest if len(one.curve(name)) > 1]
        if len(lines) > 1:
            title = f"{FIGURES[name].title} by {protected}, over thresholds"
            drawn = line_chart(lines, title=title, x="threshold", y=FIGURES[name].title, mark=_mark(fairness))
            found.append(
                Picture(svg=drawn, caption=f"{FIGURES[name].title} by {protected} as the threshold moves{told}")
            )
    name = fairness.positive or ""
    lines = [
        Line(name=_short(one.key), points=[(mean, share) for mean, share, _ in one.calibration[name]], dots=True)
        for one in largest
        if one.calibration.get(name)
    ]
    if len(lines) > 1:
        drawn = line_chart(
            lines, title=f"Calibration by {protected}", x="mean score", y=f"share of {name}"[:40], diagonal=True
        )
        found.append(
            Picture(
                svg=drawn, caption=f"Calibration by {protected}: on the dashed line a score means what it says"
            )
        )
    return found


def _mark(fairness: Fairness) -> tuple[float, float]:
    return (fairness.cutoff if fairness.cutoff is not None else 0.5, math.nan)


def _short(key: Slice) -> str:
    return shortened(", ".join(value for _, value in key.values), _NAME)
