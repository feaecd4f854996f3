"""What a picture of a graph is made from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """A box.

    Attributes:
        id: Unique within the picture.
        label: Its name, the first line.
        kind: ``step``, ``gate``, ``approval``, ``resolver`` are boxes; ``artifact`` is a pill; ``perhaps`` is a
            box with a broken line.
        state: ``complete``, ``cached``, ``running``, ``failed``, ``skipped``, ``waiting``, ``held``,
            ``lost``, ``canceled`` or nothing, in any letter case.
        detail: A second line in a quieter voice: a duration, a version, a digest.
        href: Where a click leads.
        mark: ``f1`` to ``f6``, the colour of a strip at the left of a box.
    """

    id: str
    label: str
    kind: str = "step"
    state: str = ""
    detail: str = ""
    href: str | None = None
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow between two boxes.

    Attributes:
        source: The id of the box where it starts.
        target: The id of the box where it ends.
        label: What flows along it; shown when pointed at.
        shown: What is written beside it.
        dashed: Whether nothing flows along it, and one only waits for the other.
    """

    source: str
    target: str
    label: str = ""
    shown: str = ""
    dashed: bool = False
