"""What of a walk is shown: filters, folding, and many in one box."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from mainspring.app.api.subjects.lineage import grouping
from mainspring.app.api.subjects.lineage.collecting import without_collecting
from mainspring.app.api.subjects.lineage.naming import CODE, is_constant
from mainspring.app.api.subjects.lineage.nouns import Arrow, Box, Graph, View
from mainspring.app.api.subjects.lineage.walking import Walk
from mainspring.core.records import Artifact, Execution, ExecutionState

_MOST_STEPS: Final = 3_000_000
"""How many links are followed through what is hidden, before ways through it are left out."""


class Part(Enum):
    """What becomes of a node."""

    SHOWN = auto()
    FOLDED = auto()
    """It is an arrow between its neighbours."""
    PASSED = auto()
    """It is hidden; a broken arrow leads past it."""
    GONE = auto()
    """It is hidden, and so are the ways through it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is to be shown of a walk.

    Attributes:
        view: As what.
        types: Only artifacts of these types, with or without ``mainspring.`` before them; empty for all.
        runs: Only what these runs made.
        states: Only what is in these states.
        since: Only what was made since then, in seconds since the epoch.
        until: Only what was made before then.
        code: Whether code is shown, which every step uses.
        constants: Whether plain values are shown.
        cached: Whether steps are shown that were not run again.
    """

    view: View = "things"
    types: Sequence[str] = ()
    runs: Sequence[str] = ()
    states: Sequence[str] = ()
    since: float | None = None
    until: float | None = None
    code: bool = False
    constants: bool = False
    cached: bool = False

    def __post_init__(self) -> None:
        full = tuple(one if "." in one else f"mainspring.{one}" for one in self.types)
        object.__setattr__(self, "types", full)
        object.__setattr__(self, "states", tuple(one.lower() for one in self.states))


def chosen(walk: Walk, subject: str, choice: Choice) -> Graph:
    """What is to be shown of a walk; what was asked about is shown in any case."""
    with without_collecting():
        return _chosen(walk, subject, choice)


def _chosen(walk: Walk, subject: str, choice: Choice) -> Graph:
    start = walk.place[subject]
    why = [_hidden(node, box, choice) for node, box in zip(walk.nodes, walk.boxes, strict=True)]
    why[start] = ""
    parts = [_part(walk, at, why[at], choice.view) for at in range(len(walk.nodes))]
    parts[start] = Part.SHOWN
    shown = [at for at, part in enumerate(parts) if part is Part.SHOWN]
    arrows = _arrows(walk, parts, shown)
    boxes: Sequence[Box] = [walk.boxes[at] for at in shown]
    if choice.view in ("runs", "types", "pipeline"):
        subject, boxes, arrows = grouping.grouped(boxes, arrows, subject, choice.view)
    return Graph(
        subject=subject,
        boxes=boxes,
        arrows=arrows,
        total=len(walk.nodes),
        hidden=dict(Counter(one for one in why if one)),
        types=_counted(walk.boxes, lambda box: box.type),
        runs=_counted(walk.boxes, lambda box: box.run),
        states=_counted(walk.boxes, lambda box: box.state),
    )


def _hidden(node: Artifact | Execution, box: Box, choice: Choice) -> str:
    """Why a node is not shown; nothing if it is."""
    if isinstance(node, Artifact):
        if node.type == CODE and not choice.code and CODE not in choice.types:
            return "code"
        if is_constant(node) and not choice.constants:
            return "constants"
    elif node.state is ExecutionState.CACHED and not choice.cached:
        return "cached"
    fits = (
        (not choice.types or box.type in choice.types)
        and (not choice.runs or box.run in choice.runs)
        and (not choice.states or box.state in choice.states)
        and (choice.since is None or box.at >= choice.since)
        and (choice.until is None or box.at < choice.until)
    )
    return "" if fits else "filtered"


def _part(walk: Walk, at: int, why: str, view: View) -> Part:
    if why:
        return Part.PASSED if why == "filtered" else Part.GONE
    step = isinstance(walk.nodes[at], Execution)
    if view in ("things", "types") and step and walk.below[at]:
        return Part.FOLDED
    return Part.FOLDED if view == "steps" and not step else Part.SHOWN


def _arrows(walk: Walk, parts: Sequence[Part], shown: Sequence[int]) -> list[Arrow]:
    """From each node that is shown to the next ones that are, past those that are not."""
    names = [box.id for box in walk.boxes]
    left = _MOST_STEPS
    found: list[Arrow] = []
    for start in shown:
        reached: dict[int, tuple[bool, str]] = {}
        ahead: list[tuple[int, bool, str]] = []
        for target, name in walk.below[start]:
            if parts[target] is Part.SHOWN:
                reached.setdefault(target, (False, name))
            elif parts[target] is not Part.GONE:
                ahead.append((target, False, name))
        seen: set[int] = set()
        while ahead and left:
            left -= 1
            at, through, label = ahead.pop()
            part = parts[at]
            if part is Part.SHOWN:
                if at not in reached or (reached[at][0] and not through):
                    reached[at] = (through, label)
                continue
            if part is Part.GONE or at in seen:
                continue
            seen.add(at)
            further = through or part is Part.PASSED
            word = walk.boxes[at].label if part is Part.FOLDED else label
            ahead += [(target, further, word) for target, _ in walk.below[at]]
        found += [Arrow(names[start], names[at], label, through) for at, (through, label) in reached.items()]
    return found


def _counted(boxes: Sequence[Box], named: Callable[[Box], str]) -> Mapping[str, int]:
    counts = Counter(map(named, boxes))
    return {name: count for name, count in counts.most_common() if name}
