"""Pictures of data: distributions of columns, and the timeline of spans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mainspring.app.api.subjects.data.figures import Bar, ColumnFigures
from mainspring.app.api.subjects.data.nouns import DataSet, Version
from mainspring.app.api.subjects.data.one_column import ColumnPage, Moment
from mainspring.app.web.figures import percent
from mainspring.evaluation.drawing import Line, histogram, line_chart, mini_bars
from mainspring.evaluation.drawing.lettering import escaped, shortened

_TIMELINE: Final = 120
_LEFT: Final = 150.0
_ROW: Final = 24.0


def tiny(column: ColumnFigures, over: str = "") -> str:
    """The distribution of a column for a cell of a table; what is laid over as an outline."""
    if not column.bars:
        return ""
    top = max(column.bars, key=lambda bar: bar.one)
    outline = f"; the outline is {over}" if over else ""
    title = f"{column.name}: most at {top.name}, {percent(top.one, 0)}{outline}"
    beside = [bar.other for bar in column.bars]
    return mini_bars([bar.one for bar in column.bars], beside if any(beside) else (), title=title)


def moment(column: str, one: Moment) -> str:
    """The distribution of a column in one version, over the bins that all versions share."""
    return mini_bars(one.shares, title=f"{column} in {one.version.title}", size=(180, 30)) if one.shares else ""


def distribution(page: ColumnPage, here: str) -> str:
    """The distribution of a column, beside what is laid over."""
    bars = page.figures.bars
    if not bars:
        return ""
    names = (here, page.over) if page.over else ("", "")
    if bars[0].low is None or bars[-1].high is None:
        return word_bars(bars, names, title=page.figures.name)
    edges = [bar.low for bar in bars if bar.low is not None] + [bars[-1].high]
    return histogram(
        edges,
        [bar.one * 100 for bar in bars],
        [bar.other * 100 for bar in bars] if page.over else (),
        title=f"Distribution of {page.figures.name}",
        x=shortened(page.figures.name, 12, 300),
        y="% of the values",
        names=names,
        size=(560, 300),
    )


def word_bars(bars: Sequence[Bar], names: tuple[str, str], *, title: str) -> str:
    """Words with their shares, those of another set of rows below each."""
    top = max([*(bar.one for bar in bars), *(bar.other for bar in bars)], default=0.0) or 1.0
    wide, two = 560.0, bool(names[1])
    tall = _ROW + (10 if two else 0)
    room = wide - _LEFT - 70
    parts = []
    for place, bar in enumerate(bars):
        y = place * tall + (22 if two else 4)
        text = escaped(shortened(bar.name, 12.5, _LEFT - 14))
        parts.append(
            f'<text x="{_LEFT - 8:g}" y="{y + 13:g}" text-anchor="end" font-size="12.5">{text}</text>'
            f'<rect class="f1 pale" x="{_LEFT:g}" y="{y + 3:g}" height="12" width="{_part(bar.one, top, room)}"/>'
            f'<text class="q" x="{_LEFT + bar.one / top * room + 6:.1f}" y="{y + 13:g}" font-size="11.5">'
            f"{percent(bar.one)}</text>"
        )
        if two:
            parts.append(
                f'<rect class="f2 pale" x="{_LEFT:g}" y="{y + 17:g}" width="{bar.other / top * room:.1f}"'
                f' height="8" rx="2"/>'
            )
    legend = ""
    if two:
        legend = (
            f'<rect class="f1 pale" x="{_LEFT:g}" y="4" width="10" height="10" rx="2"/>'
            f'<text class="q" x="{_LEFT + 15:g}" y="13" font-size="11.5">{escaped(names[0])}</text>'
            f'<rect class="f2 pale" x="{_LEFT + 200:g}" y="4" width="10" height="10" rx="2"/>'
            f'<text class="q" x="{_LEFT + 215:g}" y="13" font-size="11.5">{escaped(names[1])}</text>'
        )
    high = len(bars) * tall + (26 if two else 8)
    told = ", ".join(f"{bar.name} {percent(bar.one, 0)}" for bar in bars[:6])
    return (
        f'<svg class="ms-pic" role="img" aria-label="{escaped(title)}" width="{wide:g}" height="{high:g}"'
        f' viewBox="0 0 {wide:g} {high:g}"><title>{escaped(title)}</title><desc>{escaped(told)}</desc>'
        f"{legend}{''.join(parts)}</svg>"
    )


def _part(share: float, top: float, room: float) -> str:
    return f"{share / top * room:.1f}"


def over_time(page: ColumnPage) -> str:
    """The share of missing values over the versions; nothing where none is missing."""
    points = [(float(place), one.missing * 100) for place, one in enumerate(page.moments, 1)]
    if len(points) < 2 or not any(missing for _, missing in points):
        return ""
    return line_chart(
        [Line(name="missing", points=points, dots=True)],
        title=f"Missing values of {page.figures.name}",
        x="the versions above, the oldest first",
        y="% missing",
        x_bounds=(1.0, float(len(points))),
        y_bounds=(0.0, max(missing for _, missing in points) * 1.15),
        size=(420, 220),
    )


def timeline(data: DataSet, address: dict[int, str]) -> str:
    """The spans of a data set in a row, each as its version passed or did not.

    Args:
        data: The data set.
        address: The page of each version, by its number.
    """
    by_span: dict[int, Version] = {}
    for version in reversed(data.versions):
        for span in version.spans:
            by_span[span] = version
    spans = sorted(by_span)[-_TIMELINE:]
    if not spans:
        return ""
    first, last = spans[0], spans[-1]
    dense = last - first + 1 <= _TIMELINE
    places = {span: (span - first if dense else place) for place, span in enumerate(spans)}
    count = max(places.values()) + 1
    step = min(30.0, max(7.0, 1100 / count))
    parts = [_span(by_span[span], span, place * step, step, address) for span, place in places.items()]
    names = [_label(by_span[span], span) for span in (first, last)]
    wide = max(count * step, 170.0)
    ends = f'<text class="q" x="0" y="50" font-size="11.5">{escaped(names[0])}</text>'
    if last > first:
        ends += (
            f'<text class="q" x="{wide:g}" y="50" font-size="11.5" text-anchor="end">{escaped(names[1])}</text>'
        )
    return (
        f'<svg class="ms-pic timeline" role="group" aria-label="Spans of {escaped(data.name)}" width="{wide:g}"'
        f' height="56" viewBox="0 0 {wide:g} 56">{"".join(parts)}{ends}</svg>'
    )


def _span(version: Version, span: int, x: float, step: float, address: dict[int, str]) -> str:
    check = version.check
    state = "unknown" if check is None else "passed" if check.ok else "stopped"
    words = {"unknown": "not validated", "passed": "passed", "stopped": "did not pass"}[state]
    label = f"{_label(version, span)}: {words}, {version.total:,} rows"
    mark = f'<path class="cross" d="M{x + step / 2 - 3:g} 15l6 6m0-6l-6 6"/>' if state == "stopped" else ""
    return (
        f'<a href="{escaped(address[version.number])}" aria-label="{escaped(label)}">'
        f'<rect class="span {state}" x="{x + 1:g}" y="4" width="{step - 2:g}" height="28" rx="3"/>{mark}'
        f"<title>{escaped(label)}</title></a>"
    )


def _label(version: Version, span: int) -> str:
    place = version.spans.index(span)
    return version.labels[place] if place < len(version.labels) else str(span)
