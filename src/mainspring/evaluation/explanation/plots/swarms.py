"""Contributions of many rows: how large, which way, and with which values of the feature."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.drawing import scatter_chart
from mainspring.evaluation.drawing.frames import fitted
from mainspring.evaluation.drawing.lettering import number
from mainspring.evaluation.explanation.attributions import Attributions, Cell
from mainspring.evaluation.explanation.importance import LEVEL, Importance
from mainspring.evaluation.explanation.plots.lanes import (
    FIGURE,
    MOST,
    WIDE,
    Lanes,
    about,
    plain,
    signed,
    spread,
    told,
)

Floats = npt.NDArray[np.float64]

DOTS = 800
"""So many rows are drawn of each feature, evenly spread over its contributions."""

SHADES = 8
_DOT = 4.4
_PITCH = 2.6


def importance_bars(found: Importance | Attributions | Mapping[str, float], *, most: int = MOST) -> str:
    """One bar for each feature, the longest first.

    Args:
        found: How much worse a metric gets; contributions, of which the mean size is drawn; or figures by feature.
        most: So many features are drawn.
    """
    errors: Mapping[str, float] = {}
    if isinstance(found, Importance):
        figures, errors = found.means, found.standard_errors
        axis = title = f"how much worse {found.metric} gets"
    elif isinstance(found, Attributions):
        figures = found.importance()
        axis = f"mean size of contributions to the {about(found.output, found.scale)}"
        title = f"{found.method}: importance"
    else:
        figures, axis, title = dict(found), "importance", "Importance"
    ranked = sorted(figures, key=lambda name: (-abs(figures[name]) if figures[name] == figures[name] else 0, name))
    names = ranked[:most]
    reach = [(figures[name], LEVEL * errors.get(name, math.nan)) for name in names]
    ends = [value + side for value, error in reach for side in (0.0, error, -error) if math.isfinite(value + side)]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    high = high if high > low else 1.0
    air = (high - low) * 0.14
    lanes = Lanes(names, (low - air if low < 0 else 0.0, high + air))
    body = lanes.drawn(axis, zero=True)
    for lane, (value, error) in enumerate(reach):
        body += _bar(lanes, lane, value, error)
    words = "; ".join(f"{name} {signed(figures[name])}" for name in names[:6])
    left = f" {len(ranked) - most} more features matter less." if len(ranked) > most else ""
    return lanes.whole(title, words + "." + left, body + _more(lanes, len(ranked) - most))


def beeswarm(attributions: Attributions, *, most: int = MOST) -> str:
    """Every row's contribution of the features that matter most, coloured by the feature's value.

    Args:
        attributions: Contributions of many rows.
        most: So many features are drawn.
    """
    importance = attributions.importance()
    names = list(importance)[:most]
    places = [attributions.features.index(name) for name in names]
    shown = attributions.contributions[:, places]
    low, high = fitted([*shown[np.isfinite(shown)].ravel().tolist(), 0.0])
    lanes = Lanes(names, (low, high), head=20, high=_height(len(names)))
    body = lanes.drawn(f"contribution to the {about(attributions.output, attributions.scale)}", zero=True)
    words = False
    for lane, place in enumerate(places):
        shades = _shades([row[place] for row in attributions.values])
        words |= bool((shades == SHADES).any())
        body += _swarm(lanes, lane, attributions.contributions[:, place], shades)
    told_ = "; ".join(f"{name}: mean size {plain(importance[name])}" for name in names[:6])
    drawn = f" {DOTS} of {len(attributions):,} rows are drawn." if len(attributions) > DOTS else ""
    body += _key(words=words) + _more(lanes, len(attributions.features) - most)
    return lanes.whole(f"{attributions.method}: {len(attributions):,} rows", told_ + "." + drawn, body)


def dependence(attributions: Attributions, feature: str, *, most: int = MOST) -> str:
    """What each value of a feature adds, row by row.

    Args:
        attributions: Contributions of many rows.
        feature: The feature.
        most: So many different words have a line of their own, the most frequent ones.

    Raises:
        InputError: If there is no such feature.
    """
    if feature not in attributions.features:
        raise InputError(f"there is no feature {feature!r}", expected="one of " + ", ".join(attributions.features))
    place = attributions.features.index(feature)
    cells = [row[place] for row in attributions.values]
    amounts = attributions.contributions[:, place]
    axis = f"contribution to the {about(attributions.output, attributions.scale)}"
    title = f"{attributions.method}: {feature}"
    if _is_number(cells):
        known = [
            (float(cell), float(amount))
            for cell, amount in zip(cells, amounts.tolist(), strict=True)
            if isinstance(cell, int | float) and not isinstance(cell, bool)
        ]
        gaps = [amount for cell, amount in zip(cells, amounts.tolist(), strict=True) if cell is None]
        missing = f" (missing in {len(gaps)} rows: {signed(float(np.mean(gaps)))})" if gaps else ""
        shown = [known[at] for at in spread(len(known), 4 * DOTS)]
        words = f"{len(known)} rows{missing}; contributions {_range(amounts)}"
        return scatter_chart(
            shown, title=title, x=feature + missing, y=axis, description=words, level=0.0, size=(WIDE, 300)
        )
    groups: dict[str, list[float]] = {}
    for cell, amount in zip(cells, amounts.tolist(), strict=True):
        groups.setdefault(told(cell), []).append(amount)
    ranked = sorted(groups, key=lambda word: (-len(groups[word]), word))
    names = ranked[:most]
    low, high = fitted([*amounts[np.isfinite(amounts)].tolist(), 0.0])
    counted = [f"{word} ({len(groups[word]):,})" for word in names]
    lanes = Lanes(counted, (low, high), high=_height(len(names)))
    body = lanes.drawn(axis, zero=True)
    for lane, word in enumerate(names):
        body += _swarm(lanes, lane, np.array(groups[word]), np.full(len(groups[word]), SHADES))
    words = "; ".join(f"{word}: mean {signed(float(np.mean(groups[word])))}" for word in names[:6])
    return lanes.whole(title, words, body + _more(lanes, len(ranked) - most))


def _bar(lanes: Lanes, lane: int, value: float, error: float) -> str:
    y = lanes.y(lane)
    if not math.isfinite(value):
        at = f'x="{number(lanes.x(0) + 6)}" y="{number(y + 4)}"'
        return f'<text class="q" {at} font-size="{FIGURE}">\N{EM DASH}</text>'
    start, end = sorted((lanes.x(0), lanes.x(value)))
    edge = end
    body = (
        f'<rect class="f1 bar" x="{number(start)}" y="{number(y - 7)}" width="{number(max(end - start, 0.6))}"'
        f' height="14" rx="1.5"/>'
    )
    if math.isfinite(error) and error > 0:
        left, right = lanes.x(value - error), lanes.x(value + error)
        edge = max(right, end)
        body += (
            f'<path class="whisker" d="M{number(left)} {number(y)}H{number(right)}'
            f'M{number(left)} {number(y - 4)}v8M{number(right)} {number(y - 4)}v8"/>'
        )
    text = plain(value)
    return body + f'<text x="{number(edge + 6)}" y="{number(y + 4.2)}" font-size="{FIGURE}">{text}</text>'


def _height(lanes: int) -> float:
    """Few lines are higher, so that their dots have room."""
    return 25.0 if lanes > 8 else 38.0


def _more(lanes: Lanes, left: int) -> str:
    if left <= 0:
        return ""
    return (
        f'<text class="q" x="{number(lanes.left - 10)}" y="{number(lanes.bottom + 15)}" text-anchor="end"'
        f' font-size="{FIGURE}">{left:,} more</text>'
    )


def _is_number(cells: Sequence[Cell]) -> bool:
    known = [cell for cell in cells if cell is not None]
    return bool(known) and all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in known)


def _shades(cells: Sequence[Cell]) -> npt.NDArray[np.int64]:
    """For each cell its shade from low to high, by rank; :data:`SHADES` for words and missing values."""
    shades = np.full(len(cells), SHADES)
    if not (_is_number(cells) or all(isinstance(cell, bool) for cell in cells if cell is not None)):
        return shades
    known = np.array([place for place, cell in enumerate(cells) if cell is not None], dtype=np.int64)
    values = np.array([float(cells[place] or 0) for place in known])
    distinct, ranks = np.unique(values, return_inverse=True)
    if not len(distinct):
        return shades
    # The share of rows below, and half of those that are equal, as ranks of few values go.
    counts = np.bincount(ranks)
    below = (np.cumsum(counts) - counts / 2) / len(values)
    span = below[-1] - below[0]
    level = (below - below[0]) / span if span > 0 else np.full(len(below), 0.5)
    shades[known] = np.minimum((level[ranks] * SHADES).astype(np.int64), SHADES - 1)
    return shades


def _swarm(lanes: Lanes, lane: int, amounts: Floats, shades: npt.NDArray[np.int64]) -> str:
    """Dots that make room for each other, up and down; one path for each shade."""
    rows = np.argsort(amounts, kind="stable")
    rows = rows[np.isfinite(amounts[rows])]
    rows = rows[spread(len(rows), DOTS)]
    x = np.array([lanes.x(float(amounts[row])) for row in rows])
    columns = np.round(x / _PITCH).astype(np.int64)
    # Within a column dots go to the middle first, then above and below in turn.
    _, which, counts = np.unique(columns, return_inverse=True, return_counts=True)
    first = np.concatenate(([0], np.cumsum(counts)[:-1]))
    rank = np.arange(len(rows)) - first[which]
    offset = np.where(rank % 2 == 1, (rank + 1) // 2, -(rank // 2)).astype(np.float64)
    room = (lanes.high - _DOT) / 2 - 0.5
    tallest = max(float(counts.max(initial=1)) / 2, 1.0)
    y = lanes.y(lane) + offset * min(_PITCH, room / tallest)
    drawn = ""
    for shade in range(SHADES + 1):
        inside = shades[rows] == shade
        path = "".join(f"M{number(a)} {number(b)}h0" for a, b in zip(x[inside], y[inside], strict=True))
        if path:
            drawn += f'<path class="dots" style="stroke:{_colour(shade)};{_STROKE}" d="{path}"/>'
    return drawn


_STROKE = f"stroke-width:{_DOT};stroke-opacity:.72"


def _colour(shade: int) -> str:
    if shade == SHADES:
        return "var(--quiet)"
    return f"color-mix(in oklab,var(--second) {round(100 * shade / (SHADES - 1))}%,var(--accent))"


def _key(*, words: bool) -> str:
    """What the colours mean."""
    right = WIDE - 14.0
    body, x = "", right
    if words:
        x -= 98
        body += (
            f'<path class="dots" style="stroke:{_colour(SHADES)};stroke-width:7;stroke-opacity:1"'
            f' d="M{number(x + 8)} 12h0"/>'
            f'<text x="{number(x + 15)}" y="16" font-size="{FIGURE}">word, missing</text>'
        )
        x -= 14
    body += f'<text x="{number(x)}" y="16" text-anchor="end" font-size="{FIGURE}">high value</text>'
    x -= 70 + SHADES * 8
    for shade in range(SHADES):
        body += f'<rect style="fill:{_colour(shade)}" x="{number(x + 8 * shade)}" y="7" width="8.3" height="9"/>'
    return body + f'<text x="{number(x - 5)}" y="16" text-anchor="end" font-size="{FIGURE}">low</text>'


def _range(amounts: Floats) -> str:
    known = amounts[np.isfinite(amounts)]
    return f"from {signed(float(known.min()))} to {signed(float(known.max()))}" if len(known) else "unknown"
