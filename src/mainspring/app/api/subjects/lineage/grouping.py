"""Many artifacts and executions in one box: by run, by type, or by the step of a pipeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mainspring.app.api.subjects.lineage.naming import plain_type
from mainspring.app.api.subjects.lineage.nouns import Arrow, Box, Family, View

_FEW = 5
"""So many of a type that belong to no run are shown one by one beside runs."""

_WORST = ("failed", "lost", "held", "canceled", "running", "waiting")


@dataclass(slots=True)
class _Group:
    label: str
    family: Family
    things: int = 0
    steps: int = 0
    state: str = ""
    at: float = 0.0


def grouped(
    boxes: Sequence[Box], arrows: Sequence[Arrow], subject: str, view: View
) -> tuple[str, list[Box], list[Arrow]]:
    """Groups instead of their members; what belongs to none stays as it is.

    Returns:
        The id of the group of the subject, the boxes, and the arrows between different ones.
    """
    groups: dict[str, _Group] = {}
    member_of: dict[str, str] = {}
    single: dict[str, Box] = {}
    loose = Counter(box.type for box in boxes if not box.run)
    for box in boxes:
        name, label = _group_of(box, view)
        if view == "runs" and not name and loose[box.type] > _FEW and box.id != subject:
            name, label = f"type:{box.type}", plain_type(box.type)
        if not name:
            single[box.id] = box
            member_of[box.id] = box.id
            continue
        member_of[box.id] = name
        _join(groups.setdefault(name, _Group(label, _family_of(name, box))), box)
    flows: dict[tuple[str, str], list[Arrow]] = {}
    for arrow in arrows:
        ends = member_of[arrow.source], member_of[arrow.target]
        if ends[0] != ends[1]:
            flows.setdefault(ends, []).append(arrow)
    order = dict.fromkeys(member_of.values())
    made = [single[name] if name in single else _box(name, groups[name], view) for name in order]
    return member_of[subject], made, [_flow(ends, found) for ends, found in flows.items()]


def _group_of(box: Box, view: View) -> tuple[str, str]:
    if view == "runs":
        return (f"run:{box.run}", box.run) if box.run else ("", "")
    if view == "pipeline" and box.step:
        return f"step:{box.step}", box.step
    return f"type:{box.type}", plain_type(box.type)


def _family_of(name: str, first: Box) -> Family:
    """All of a type are of one family; a run and a step are of many."""
    return first.family if name.startswith("type:") else "group" if name.startswith("run:") else "step"


def _join(group: _Group, box: Box) -> None:
    group.at = max(group.at, box.at)
    if box.family != "step":
        group.things += 1
        return
    group.steps += 1
    worse = [one for one in _WORST if one in (group.state, box.state)]
    group.state = worse[0] if worse else "complete"


def _box(name: str, group: _Group, view: View) -> Box:
    told = [(group.steps, "execution" if name.startswith("type:") else "step"), (group.things, "artifact")]
    detail = ", ".join(f"{count:,} {noun}{'' if count == 1 else 's'}" for count, noun in told if count)
    return Box(
        id=name,
        label=group.label,
        detail=detail,
        state=group.state if view == "runs" else "",
        family=group.family,
        run=group.label if view == "runs" else "",
        step=group.label if name.startswith("step:") else "",
        at=group.at,
        members=group.steps + group.things,
    )


def _flow(ends: tuple[str, str], arrows: Sequence[Arrow]) -> Arrow:
    first = replace(arrows[0], source=ends[0], target=ends[1], through=all(one.through for one in arrows))
    return first if len(arrows) == 1 else replace(first, label=f"{len(arrows):,} links")
