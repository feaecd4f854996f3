"""The ways between two artifacts, and what both came from."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, Literal

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.lineage.naming import CODE
from mainspring.app.api.subjects.lineage.nouns import Box, Ways
from mainspring.app.api.subjects.lineage.showing import walked
from mainspring.app.api.subjects.lineage.walking import Walk

_MOST: Final = 50
_TOLD: Final = 5

Relation = Literal["down", "up", "same", "related", "none"]


@operation("lineage.path", "GET", "/lineage/path/{source}/{target}")
def between(desk: Desk, source: str, target: str) -> Ways:
    """How two artifacts or executions hang together: the shortest ways between them, and what both came from.

    Args:
        desk: Whose.
        source: ``artifact:12`` or ``execution:7``.
        target: The same for the other.
    """
    above, beside = walked(desk, source, "up", None), walked(desk, target, "up", None)
    one, other = above.boxes[0], beside.boxes[0]
    relation, count, found = _found(above, beside, source, target)
    shared, everything = _shared(above, beside)
    return Ways(
        source=one,
        target=other,
        relation=relation if relation != "none" or not everything else "related",
        count=count,
        ways=found or _related(above, beside, shared),
        words=[sentence(way) for way in found[:_TOLD]],
        shared=shared,
        shared_all=everything,
    )


def shortest(walk: Walk, start: str, end: str) -> tuple[int, list[list[Box]]]:
    """How many shortest ways there are from an earlier to a later node, and the first few dozen of them."""
    if start not in walk.place or end not in walk.place:
        return 0, []
    first, last = walk.place[start], walk.place[end]
    far, counts, before = {first: 0}, {first: 1}, dict[int, list[int]]()
    ahead = deque([first])
    while ahead:
        at = ahead.popleft()
        if last in far and far[at] >= far[last]:
            break
        for target in dict.fromkeys(target for target, _ in walk.below[at]):
            if target not in far:
                far[target], counts[target], before[target] = far[at] + 1, 0, []
                ahead.append(target)
            if far[target] == far[at] + 1:
                counts[target] += counts[at]
                before[target].append(at)
    if last not in far:
        return 0, []
    return counts[last], [[walk.boxes[at] for at in way] for way in _traced(before, first, last)]


def sentence(way: Sequence[Box]) -> str:
    """A way in words, from the earlier to the later.

    Example:
        >>> a, s, b = Box(id="artifact:1", label="File", detail="a.csv"), Box(id="execution:1", label="read",
        ... family="step"), Box(id="artifact:2", label="Examples")
        >>> sentence([a, s, b])
        'File (a.csv) was used by read, which made Examples.'
    """
    words = ""
    for place, box in enumerate(way):
        name = f"{box.label} ({box.detail})" if box.detail and box.family != "step" else box.label
        if not place:
            words = name if box.family != "step" else f"The step {name}"
        elif box.family == "step":
            words += f" was used by {name}" if place == 1 else f", used by {name}"
        else:
            words += f", which made {name}" if way[place - 1].family == "step" and place > 1 else f" made {name}"
    return words + "."


def _found(above: Walk, beside: Walk, source: str, target: str) -> tuple[Relation, int, list[list[Box]]]:
    if source == target:
        return "same", 1, [[above.boxes[0]]]
    count, ways = shortest(beside, source, target)
    if count:
        return "down", count, ways
    count, ways = shortest(above, target, source)
    return ("up", count, ways) if count else ("none", 0, [])


def _shared(above: Walk, beside: Walk) -> tuple[list[Box], int]:
    """What both came from, and after which they part: nothing that both came from was made of it."""
    common = {
        at
        for at, box in enumerate(beside.boxes)
        if box.id in above.place and box.family != "step" and box.type != CODE
    }
    led: set[int] = set()
    ahead = [source for at in common for source, _ in beside.above[at]]
    while ahead:
        at = ahead.pop()
        if at not in led:
            led.add(at)
            ahead += [source for source, _ in beside.above[at]]
    own = {above.boxes[0].id, beside.boxes[0].id}
    last = [beside.boxes[at] for at in sorted(common - led) if beside.boxes[at].id not in own]
    return last[:_MOST], len(common)


def _related(above: Walk, beside: Walk, shared: Sequence[Box]) -> list[list[Box]]:
    """For two that only have something in common: from that to the one, and to the other."""
    if not shared:
        return []
    ends = [walk.boxes[0].id for walk in (above, beside)]
    ways = [shortest(walk, shared[0].id, end)[1] for walk, end in zip((above, beside), ends, strict=True)]
    return [found[0] for found in ways if found]


def _traced(before: dict[int, list[int]], first: int, last: int) -> list[list[int]]:
    found: list[list[int]] = []
    ahead = [[last]]
    while ahead and len(found) < _MOST:
        way = ahead.pop()
        if way[-1] == first:
            found.append(way[::-1])
        else:
            ahead += [[*way, at] for at in before[way[-1]]]
    return found
