"""A graph of steps or artifacts as an SVG picture: layered, accessible, for light and dark."""

from __future__ import annotations

from collections.abc import Sequence

from mainspring.core.digests import digest_text
from mainspring.evaluation.drawing.colours import STATES, standing_alone
from mainspring.evaluation.drawing.graphs.layout import Layout, place
from mainspring.evaluation.drawing.graphs.nouns import Edge, Node
from mainspring.evaluation.drawing.lettering import escaped, shortened, width
from mainspring.evaluation.drawing.lettering import number as _n

_HEIGHT, _STEP, _MARGIN = 46.0, 88.0, 12.0
_NARROWEST, _WIDEST = 96.0, 216.0
_NAME, _SMALL = 13.0, 11.5
_BOLD = 1.08  # how much wider letters are that are bold
_BOXES = frozenset({"gate", "approval", "artifact", "perhaps"})
_LETTERS = 11.0
_ROWS = 13.0

_MARKS = {
    "complete": "M-3.6 .2L-1.1 2.8L3.8-2.7",
    "cached": "M-3.6 .2L-1.1 2.8L3.8-2.7",
    "running": "M-1.9-3.2L3.4 0L-1.9 3.2Z",
    "failed": "M-2.8-2.8L2.8 2.8M2.8-2.8L-2.8 2.8",
    "held": "M-1.8-3V3M1.8-3V3",
    "waiting": "M0-4V0L2.8 1.8",
    "skipped": "M-3.4 0H3.4M1 -2.4L3.4 0L1 2.4",
    "canceled": "M-2.4-2.4H2.4V2.4H-2.4Z",
    "lost": "M-2.1-1.7A2.1 2.1 0 1 1 .8 .2Q0 .6 0 1.5M0 4V4.05",
}


def draw(
    nodes: Sequence[Node], edges: Sequence[Edge], *, title: str, description: str = "", alone: bool = True
) -> str:
    """Draw a graph from top to bottom.

    Args:
        nodes: The boxes.
        edges: The arrows; one whose ends are not both among the boxes is left out.
        title: What the picture shows, for people who do not see it.
        description: More words for them; without it, every box with its state.
        alone: Put the style sheet into the picture; a page that shows many has it once
            (:func:`mainspring.evaluation.drawing.colours.picture_rules`).

    Returns:
        SVG markup, the same for the same graph.
    """
    widths = [_width(node) for node in nodes]
    at = {node.id: place for place, node in enumerate(nodes)}
    drawn = [edge for edge in edges if edge.source in at and edge.target in at and edge.source != edge.target]
    pairs = [(at[edge.source], at[edge.target]) for edge in drawn]
    step = _STEP + 2 * _ROWS * any(edge.shown for edge in drawn)
    layout = place(widths, pairs)
    ports = _ports(widths, pairs, layout)
    body = [
        _arrow(edge, pair, ports[place], layout.bends[place], layout, step)
        for place, (edge, pair) in enumerate(zip(drawn, pairs, strict=True))
    ]
    body += [_box(node, layout.x[i], layout.layer[i] * step, widths[i]) for i, node in enumerate(nodes)]
    words_drawn, furthest = _words(drawn, pairs, ports, layout, step)
    body += words_drawn
    ends = [layout.x[i] + widths[i] / 2 for i in range(len(nodes))] + [x for bend in layout.bends for x in bend]
    ends.append(furthest)
    size = (max(ends, default=0.0) + 2 * _MARGIN, max(layout.layers - 1, 0) * step + _HEIGHT + 2 * _MARGIN)
    words = description or "; ".join(f"{node.label} {node.state}".strip() for node in nodes)
    name = "g" + digest_text(title + "".join(body))[7:15]
    linked = any(node.href for node in nodes)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="ms-pic ms-graph" role="{"group" if linked else "img"}"'
        f' aria-labelledby="{name}t {name}d" viewBox="0 0 {_n(size[0])} {_n(size[1])}"'
        f' width="{_n(size[0])}" height="{_n(size[1])}">'
        f'<title id="{name}t">{escaped(title)}</title><desc id="{name}d">{escaped(words)}</desc>'
        f'<g transform="translate({_n(_MARGIN)} {_n(_MARGIN)})">{"".join(body)}</g></svg>'
    )
    return standing_alone(svg) if alone else svg


def reduced(nodes: Sequence[Node], edges: Sequence[Edge]) -> tuple[Edge, ...]:
    """The arrows without those that a longer way already implies (the transitive reduction)."""
    below: dict[str, list[str]] = {node.id: [] for node in nodes}
    for edge in edges:
        if edge.source in below and edge.target in below:
            below[edge.source].append(edge.target)
    kept = []
    for edge in edges:
        stack = [n for n in below.get(edge.source, ()) if n != edge.target]
        seen = set(stack)
        while stack and edge.target not in seen:
            for node in below[stack.pop()]:
                if node not in seen and node != edge.source:
                    seen.add(node)
                    stack.append(node)
        if edge.target not in seen:
            kept.append(edge)
    return tuple(kept)


def glyph(state: str, x: float, y: float) -> str:
    """The round sign of a state, 18 pixels wide, with its centre at (x, y); nothing for no state."""
    if state not in STATES:
        return ""
    return (
        f'<g class="{state}" transform="translate({_n(x)} {_n(y)})">'
        f'<circle class="disc" r="8" stroke-width="1.5"/>'
        f'<path class="mark" d="{_MARKS[state]}"/></g>'
    )


def _width(node: Node) -> float:
    icon = 26.0 if node.state.lower() in STATES else 0.0
    text = max(_BOLD * width(node.label, _NAME), width(_second(node), _SMALL))
    return round(min(_WIDEST, max(_NARROWEST, text + icon + 26)), 1)


def _second(node: Node) -> str:
    return " · ".join(part for part in (node.state.lower(), node.detail) if part)


def _box(node: Node, centre: float, top: float, wide: float) -> str:
    state = node.state.lower()
    left = centre - wide / 2
    kind = f" {node.kind}" if node.kind in _BOXES else ""
    radius = _HEIGHT / 2 if node.kind == "artifact" else 9
    icon = glyph(state, left + 20, top + _HEIGHT / 2)
    start = left + (36 if icon else 14)
    room = left + wide - 11 - start
    second = _second(node)
    lines = [
        (
            f'<text class="b" x="{_n(start)}" y="{_n(top + (19.5 if second else 27.5))}" font-size="{_n(_NAME)}">'
            f"{escaped(shortened(node.label, _NAME, room))}</text>"
        )
    ]
    if second:
        lines.append(
            f'<text class="q" x="{_n(start)}" y="{_n(top + 35)}" font-size="{_n(_SMALL)}">'
            f"{escaped(shortened(second, _SMALL, room))}</text>"
        )
    words = " – ".join(part for part in (node.label, second) if part)  # noqa: RUF001 (a dash for readers)
    inner = (
        f"<g><title>{escaped(words)}</title>"
        f'<rect class="box{kind}" x="{_n(left)}" y="{_n(top)}" width="{_n(wide)}" height="{_n(_HEIGHT)}"'
        f' rx="{_n(radius)}"/>{_strip(node.mark, left, top)}{icon}{"".join(lines)}</g>'
    )
    return f'<a href="{escaped(node.href)}">{inner}</a>' if node.href else inner


def _strip(mark: str, left: float, top: float) -> str:
    if not mark:
        return ""
    return f'<rect class="{mark}" x="{_n(left)}" y="{_n(top + 9)}" width="4" height="{_n(_HEIGHT - 18)}" rx="2"/>'


def _words(
    edges: Sequence[Edge],
    pairs: Sequence[tuple[int, int]],
    ports: Sequence[tuple[float, float]],
    layout: Layout,
    step: float,
) -> tuple[list[str], float]:
    """What is written beside arrows, before their tips, in rows so that no word lies on another; and how far."""
    found: list[str] = []
    furthest = 0.0
    rows: dict[int, list[list[tuple[float, float]]]] = {}
    for at in sorted(range(len(edges)), key=lambda one: ports[one][1]):
        edge, (source, target) = edges[at], pairs[at]
        if not edge.shown:
            continue
        bends = layout.bends[at]
        start = bends[-1] if bends else ports[at][0]
        middle = (start + ports[at][1]) / 2
        half = width(edge.shown, _LETTERS) / 2 + 3
        middle = max(middle, half)
        taken = rows.setdefault(max(layout.layer[source], layout.layer[target]), [[], [], []])
        row = next(
            (
                one
                for one, spans in enumerate(taken)
                if all(middle + half < a or middle - half > b for a, b in spans)
            ),
            2,
        )
        taken[row].append((middle - half, middle + half))
        top = max(layout.layer[source], layout.layer[target]) * step
        y = top - (step - _HEIGHT) / 2 + 4 + (1, 0, 2)[row] * _ROWS - _ROWS
        found.append(
            f'<text class="q on-line" x="{_n(middle)}" y="{_n(y)}" font-size="{_n(_LETTERS)}"'
            f' text-anchor="middle">{escaped(edge.shown)}</text>'
        )
        furthest = max(furthest, middle + half)
    return found, furthest


def _ports(widths: Sequence[float], pairs: Sequence[tuple[int, int]], layout: Layout) -> list[tuple[float, float]]:
    """Where each arrow leaves its source and meets its target: spread along the side, in the order of the ways."""
    leaving: dict[int, list[tuple[float, int]]] = {}
    meeting: dict[int, list[tuple[float, int]]] = {}
    for edge, (source, target) in enumerate(pairs):
        bends = layout.bends[edge]
        leaving.setdefault(source, []).append((bends[0] if bends else layout.x[target], edge))
        meeting.setdefault(target, []).append((bends[-1] if bends else layout.x[source], edge))
    starts, ends = [0.0] * len(pairs), [0.0] * len(pairs)
    for places, sides in ((starts, leaving), (ends, meeting)):
        for node, ways in sides.items():
            spread = min(16.0, (widths[node] - 40) / max(len(ways) - 1, 1))
            for slot, (_, edge) in enumerate(sorted(ways)):
                places[edge] = layout.x[node] + (slot - (len(ways) - 1) / 2) * spread
    return list(zip(starts, ends, strict=True))


def _arrow(
    edge: Edge,
    pair: tuple[int, int],
    port: tuple[float, float],
    bends: Sequence[float],
    layout: Layout,
    step: float,
) -> str:
    up = layout.layer[pair[0]] > layout.layer[pair[1]]
    x, y = port[0], layout.layer[pair[0]] * step + (0 if up else _HEIGHT)
    path = [f"M{_n(x)} {_n(y)}"]
    way = -1 if up else 1
    for passed, bend in enumerate(bends, start=1):
        top = (layout.layer[pair[0]] + way * passed) * step
        enter, leave = (top + _HEIGHT, top) if up else (top, top + _HEIGHT)
        path += [_curve(x, y, bend, enter), f"V{_n(leave)}"]
        x, y = bend, leave
    tip = layout.layer[pair[1]] * step + (_HEIGHT if up else 0)
    path.append(_curve(x, y, port[1], tip - 6 * way))
    head = f"M{_n(port[1] - 4)} {_n(tip - 7 * way)}h8l-4 {7 * way}z"
    title = f"<title>{escaped(edge.label)}</title>" if edge.label else ""
    kind = "edge dashed" if edge.dashed else "edge"
    return f'<g>{title}<path class="{kind}" d="{"".join(path)}"/><path class="tip" d="{head}"/></g>'


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    middle = (y + to_y) / 2
    return f"C{_n(x)} {_n(middle)} {_n(to_x)} {_n(middle)} {_n(to_x)} {_n(to_y)}"
