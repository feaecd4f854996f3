"""Pictures of traffic: how it is divided, how long it takes, what is believed of arms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from mainspring.app.api.subjects.deployments.explaining import Contribution
from mainspring.app.api.subjects.deployments.figures import Counts
from mainspring.app.api.subjects.deployments.nouns import NodeFigures, Objective, ServedModel
from mainspring.app.api.subjects.deployments.rollouts import Arm, Comparison, Guard, Standing, Told
from mainspring.app.api.subjects.deployments.telling import Known
from mainspring.app.web.figures import number, percent, signed
from mainspring.evaluation.drawing import Line, difference_bar, interval_bar, line_chart
from mainspring.evaluation.drawing.graphs import Edge, Node, draw
from mainspring.evaluation.drawing.lettering import escaped
from mainspring.serving.graphs.graph import Graph
from mainspring.serving.graphs.picture import Stand, svg
from mainspring.serving.rollout.options import Bandit

STYLES: Final = 6
_POINTS: Final = 160


def split_bar(arms: Sequence[tuple[str, float | None]], *, wide: float = 320.0, tall: float = 12.0) -> str:
    """The shares of arms as parts of one bar.

    Args:
        arms: Names and shares; arms whose share depends on the request are drawn alike.
        wide: Width in pixels.
        tall: Height in pixels.
    """
    known = [0.0 if share is None else share for _, share in arms]
    if arms and not sum(known):
        known = [1.0] * len(arms)
    total, x, body = sum(known) or 1.0, 0.0, ""
    for place, ((name, share), part) in enumerate(zip(arms, known, strict=True)):
        width = part / total * wide
        told = "as the request says" if share is None else f"{100 * share:.3g} %"
        if width > 0:
            body += (
                f'<rect class="f{place % STYLES + 1}" x="{x:.1f}" y="0" width="{max(width - 1.5, 0.5):.1f}"'
                f' height="{tall:g}" rx="2"><title>{escaped(name)}: {told}</title></rect>'
            )
        x += width
    words = ", ".join(
        f"{name} {'as the request says' if share is None else f'{100 * share:.3g} %'}" for name, share in arms
    )
    return (
        f'<svg class="ms-pic split-bar" role="img" aria-label="{escaped(words)}" viewBox="0 0 {wide:g} {tall:g}"'
        f' width="{wide:g}" height="{tall:g}" preserveAspectRatio="none"><title>{escaped(words)}</title>'
        f'<rect class="track" width="{wide:g}" height="{tall:g}" rx="2"/>{body}</svg>'
    )


def way_of(model: ServedModel) -> str:
    """Where requests for a model go: to its arms, and what stands in for them."""
    boxes, edges = [Node("request", "requests", "artifact")], []
    standing = model.rollout
    if standing is None or standing.policy == "primary":
        newest = model.versions[-1].version if model.versions else ""
        version = standing.primary["version"] if standing is not None else newest
        boxes.append(Node("primary", version or model.name, detail="answers", mark="f1"))
        edges.append(Edge("request", "primary", shown="100 %"))
        arms: Sequence[Arm] = ()
    else:
        arms = standing.arms
    for place, arm in enumerate(arms):
        boxes.append(Node(arm.arm, arm.arm, detail=f"version {arm.version}", mark=f"f{place % STYLES + 1}"))
        shown = "by request" if arm.share is None else f"{100 * arm.share:.3g} %"
        edges.append(Edge("request", arm.arm, shown=shown, dashed=arm.share == 0))
    answering = [box.id for box in boxes if box.id != "request"]
    if standing is not None and standing.shadow is not None:
        told = f"version {standing.shadow.version}, compared"
        boxes.append(Node("shadow", f"{standing.shadow.arm} (shadow)", "perhaps", detail=told, mark="f6"))
        edges.append(Edge("request", "shadow", shown="copies", dashed=True))
    boxes.append(Node("answer", "answers", "artifact"))
    edges += [
        Edge(one, "answer", dashed=any(arm.arm == one and arm.share == 0 for arm in arms)) for one in answering
    ]
    return draw(boxes, edges, title=f"Where requests for {model.name} go", alone=False)


def graph_of(graph: Graph, nodes: Sequence[NodeFigures], title: str) -> str:
    """A graph with how long each of its nodes takes, and how often it fails."""
    stands = {one.node: Stand(_told(one), one.trouble) for one in nodes}
    return svg(graph, title=title, stands=stands, alone=False)


def latency_histogram(counts: Counts, *, title: str, size: tuple[float, float] = (520, 190)) -> str:
    """How many requests took how long, over bounds that grow by factors."""
    bars = _bars(counts)
    if not bars:
        return ""
    wide, tall = size
    left, bottom, top = 8.0, tall - 26.0, 8.0
    step = (wide - 2 * left) / len(bars)
    most = max(count for _, count in bars) or 1.0
    body = ""
    for place, (bound, count) in enumerate(bars):
        high = (bottom - top) * count / most
        x = left + place * step
        words = "longer" if math.isinf(bound) else f"up to {seconds_in_words(bound)}"
        if count:
            body += (
                f'<rect class="f1" x="{x + 1:.1f}" y="{bottom - max(high, 1.0):.1f}" width="{step - 2:.1f}"'
                f' height="{max(high, 1.0):.1f}" rx="1.5"><title>{words}: {count:,.0f}</title></rect>'
            )
        label = "∞" if math.isinf(bound) else seconds_in_words(bound)
        if len(bars) <= 12 or place % 2 == 0:
            body += (
                f'<text class="q" x="{x + step:.1f}" y="{tall - 9:.1f}" text-anchor="end" font-size="10.5">'
                f"{label}</text>"
            )
    ground = f'<path class="axis" d="M{left:g} {bottom:.1f}H{wide - left:g}"/>'
    return (
        f'<svg class="ms-pic" role="img" aria-label="{escaped(title)}" viewBox="0 0 {wide:g} {tall:g}"'
        f' width="{wide:g}" height="{tall:g}"><title>{escaped(title)}</title>{body}{ground}</svg>'
    )


def guard_bar(guard: Guard, *, size: tuple[float, float] = (220, 22)) -> str:
    """By how much a candidate is worse: its interval, against none and against what it may be."""
    wide, tall = size
    ends = [
        abs(one)
        for one in (guard.lower, guard.upper)
        if one is not None and abs(one) < 10 * max(guard.worse, 0.05)
    ]
    reach = max(2.0 * guard.worse, *ends, 0.02) * 1.1
    middle = tall / 2

    def at(value: float) -> float:
        return 4 + (max(-reach, min(reach, value)) + reach) / (2 * reach) * (wide - 8)

    low = -reach if guard.lower is None else guard.lower
    high = reach if guard.upper is None else guard.upper
    tone = {"good": "good", "bad": "bad"}.get(guard.answer, "f6")
    words = f"worse by {_signed(guard.lower)} to {_signed(guard.upper)}, may be by {guard.worse:g}"
    return (
        f'<svg class="ms-pic" role="img" aria-label="{escaped(words)}" viewBox="0 0 {wide:g} {tall:g}"'
        f' width="{wide:g}" height="{tall:g}"><title>{escaped(words)}</title>'
        f'<rect class="forbidden" x="{at(guard.worse):.1f}" y="2" width="{wide - 4 - at(guard.worse):.1f}"'
        f' height="{tall - 4:g}" rx="2"/>'
        f'<path class="grid" d="M4 {middle:g}H{wide - 4:g}"/><path class="axis" d="M{at(0):.1f} 2v{tall - 4:g}"/>'
        f'<rect class="{tone}" x="{at(low):.1f}" y="{middle - 3:g}" width="{max(at(high) - at(low), 2):.1f}"'
        f' height="6" rx="3"/><path class="tick" d="M{at(guard.worse):.1f} 1v{tall - 2:g}"/></svg>'
    )


def contributions_chart(
    contributions: Sequence[Contribution], labels: Sequence[str], *, wide: float = 560.0
) -> str:
    """How much each column moved an answer: to the right what raised it, to the left what lowered it."""
    row, left, right = 26.0, 210.0, 64.0
    tall = row * len(contributions) + 8
    most = max((abs(one.amount) for one in contributions), default=0.0) or 1.0
    middle = left + (wide - left - right) / 2
    half = (wide - left - right) / 2
    body = f'<path class="axis" d="M{middle:.1f} 2V{tall - 2:.1f}"/>'
    for place, (one, label) in enumerate(zip(contributions, labels, strict=True)):
        y = 4 + place * row
        length = abs(one.amount) / most * (half - 46)
        x = middle if one.amount >= 0 else middle - length
        colour = "f1" if one.amount >= 0 else "f2"
        end = middle + length + 6 if one.amount >= 0 else middle - length - 6
        anchor = "start" if one.amount >= 0 else "end"
        body += (
            f'<text x="{left - 12:g}" y="{y + 16:.1f}" text-anchor="end" font-size="12.5">{escaped(label)}</text>'
            f'<rect class="{colour}" x="{x:.1f}" y="{y + 4:.1f}" width="{max(length, 1):.1f}" height="{row - 9:g}"'
            f' rx="2"><title>{escaped(one.feature)}: {signed(one.amount)}</title></rect>'
            f'<text class="q" x="{end:.1f}" y="{y + 16:.1f}" text-anchor="{anchor}" font-size="11.5">'
            f"{signed(one.amount, 3)}</text>"
        )
    words = "; ".join(f"{one.feature} {signed(one.amount, 3)}" for one in contributions)
    return (
        f'<svg class="ms-pic" role="img" aria-label="{escaped(words)}" viewBox="0 0 {wide:g} {tall:g}"'
        f' width="{wide:g}" height="{tall:g}"><title>Contributions of columns</title>{body}</svg>'
    )


def believed(standing: Standing, bandit: Bandit) -> str:
    """What a bandit believes of the mean reward of each arm: its posterior, as a curve.

    Of rewards from 0 to 1 it is a Beta distribution; of others a normal one with the standard error as its width.
    """
    lines = []
    for arm in standing.arms:
        said = arm.feedback.get(bandit.reward)
        count, mean = (said.count, said.mean or 0.0) if said is not None else (0, 0.0)
        if bandit.kind == "binary" and 0.0 <= mean <= 1.0:
            good = bandit.prior[0] + mean * count
            bad = bandit.prior[1] + (1.0 - mean) * count
            lines.append(Line(name=arm.arm, points=beta_density(good, bad), area=True))
        elif said is not None and count > 1:
            lines.append(
                Line(name=arm.arm, points=normal_density(mean, said.deviation / math.sqrt(count)), area=True)
            )
    if not lines:
        return ""
    bounds = (0.0, 1.0) if bandit.kind == "binary" else None
    return line_chart(
        lines,
        title="What is believed of each arm",
        x=f"mean {bandit.reward}",
        y="density",
        x_bounds=bounds,
        y_bounds=None,
        size=(520, 240),
    )


def seconds_in_words(seconds: float) -> str:
    """A short time with its unit.

    Example:
        >>> seconds_in_words(0.00025), seconds_in_words(0.0123), seconds_in_words(2.5)
        ('0.25 ms', '12.3 ms', '2.5 s')
    """
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def _bars(counts: Counts) -> list[tuple[float, float]]:
    """Bounds and how many fell below each, without what is empty at either end."""
    parts = [below - lower for lower, below in pairwise([0.0, *counts.times])]
    filled = [place for place, count in enumerate(parts) if count > 0]
    if not filled:
        return []
    first, last = max(filled[0] - 1, 0), min(filled[-1] + 1, len(parts) - 1)
    return list(zip(counts.bounds, parts, strict=True))[first : last + 1]


def _told(one: NodeFigures) -> str:
    said = [one.version] if one.version else []
    said += [seconds_in_words(one.p50)] if one.p50 is not None else []
    said += [f"{one.errors} errors"] if one.errors else []
    return " · ".join(said)


def _signed(value: float | None) -> str:
    return "?" if value is None else signed(value, 3)


def beta_density(good: float, bad: float) -> list[tuple[float, float]]:
    """The density of a Beta distribution, at places between 0 and 1."""
    scale = math.lgamma(good + bad) - math.lgamma(good) - math.lgamma(bad)
    points = []
    for place in range(1, _POINTS):
        at = place / _POINTS
        points.append((at, math.exp(scale + (good - 1) * math.log(at) + (bad - 1) * math.log(1 - at))))
    return points


def normal_density(mean: float, width: float) -> list[tuple[float, float]]:
    """The density of a normal distribution, four standard deviations around its mean."""
    width = width or 1e-9
    places = [mean + width * (8.0 * place / _POINTS - 4.0) for place in range(_POINTS + 1)]
    root = width * math.sqrt(2 * math.pi)
    return [(at, math.exp(-0.5 * ((at - mean) / width) ** 2) / root) for at in places]


SHARES: Final[Mapping[str, str]] = {"error_rate": "share", "accuracy": "share"}
"""Figures that are shares, told in points; others are told relative."""


def shares_of(standing: Standing) -> list[tuple[str, float | None]]:
    """The arms of a rollout with their shares."""
    return [(one.arm, one.share) for one in standing.arms]


def difference_of(found: Comparison) -> str:
    """The difference of two arms with its interval, around none."""
    if found.difference is None:
        return ""
    ends = [abs(one) for one in (found.lower, found.upper, found.difference) if one is not None]
    reach = max(ends, default=1.0) * 1.1 or 1.0
    return difference_bar(
        found.difference,
        found.lower,
        found.upper,
        whole=0.0,
        bounds=(-reach, reach),
        title=signed(found.difference),
        size=(150, 18),
    )


def share_bar(known: Known) -> str:
    """A share with its interval."""
    share = 0.0 if known.share is None else known.share
    return interval_bar(share, known.lower, known.upper, title=percent(share))


def budget_bar(objective: Objective) -> str:
    """How much of an error budget is left."""
    left = max(0.0, min(1.0, objective.budget_left))
    tone = "good" if left > _LOW else "bad"
    words = f"{percent(objective.budget_left)} of the error budget is left"
    return (
        f'<svg class="ms-pic budget" role="img" aria-label="{words}" viewBox="0 0 300 6" width="300" height="6"'
        f' preserveAspectRatio="none"><title>{words}</title><rect class="track" width="300" height="6" rx="3"/>'
        f'<rect class="{tone}" width="{300 * left:.1f}" height="6" rx="3"/></svg>'
    )


def give_or_take(told: Told) -> str:
    """How unsure a mean is: two standard errors."""
    if told.mean is None or told.count < 2:
        return ""
    return f" ± {1.96 * told.deviation / math.sqrt(told.count):.2g}"


def cells(values: Mapping[str, object]) -> str:
    """A few values by name, in words."""
    return ", ".join(f"{name} {number(value, 3)}" for name, value in values.items())


_LOW: Final = 0.2
"""Less of an error budget than this is little."""


def likely(probability: float) -> str:
    """A probability as a bar."""
    return interval_bar(probability, title=percent(probability), size=(96, 12))
