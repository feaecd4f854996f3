"""A walk through the record, with its nodes numbered so that it can be worked with quickly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

from mainspring.app.api.subjects.lineage.collecting import without_collecting
from mainspring.app.api.subjects.lineage.naming import box_of
from mainspring.core.records import Artifact, Direction, Execution, Kind, LinkKind

if TYPE_CHECKING:
    from mainspring.app.api.desk import Desk
    from mainspring.app.api.shared import Shared
    from mainspring.app.api.subjects.lineage.nouns import Box, Way
    from mainspring.store.ports import Lineage

_KEPT: Final = 4
"""How many walks are remembered: each may be large."""

Start = tuple[Kind, tuple[int, ...]]


@dataclass(frozen=True)
class Walk:
    """What a walk met.

    Attributes:
        nodes: Artifacts and executions; the ones it started from come first.
        links: ``(from, to, name)`` by the places in ``nodes``, in the direction in which things flow.
    """

    nodes: Sequence[Artifact | Execution]
    links: Sequence[tuple[int, int, str]]

    @cached_property
    def place(self) -> dict[str, int]:
        """The place of each node by its id in pictures."""
        return {id_of(node): at for at, node in enumerate(self.nodes)}

    @cached_property
    def below(self) -> list[list[tuple[int, str]]]:
        """For each node, what it flowed into, and as what."""
        found: list[list[tuple[int, str]]] = [[] for _ in self.nodes]
        for source, target, name in self.links:
            found[source].append((target, name))
        return found

    @cached_property
    def above(self) -> list[list[tuple[int, str]]]:
        """For each node, what flowed into it, and as what."""
        found: list[list[tuple[int, str]]] = [[] for _ in self.nodes]
        for source, target, name in self.links:
            found[target].append((source, name))
        return found

    @cached_property
    def boxes(self) -> list[Box]:
        """The nodes in short; artifacts know who made them."""
        makers: dict[int, Execution] = {}
        for source, target, _ in self.links:
            maker = self.nodes[source]
            if isinstance(maker, Execution):
                makers[target] = maker
        return [
            box_of(node, *_named(makers.get(at))) if isinstance(node, Artifact) else box_of(node)
            for at, node in enumerate(self.nodes)
        ]


def id_of(node: Artifact | Execution) -> str:
    """How a node is named in addresses and pictures: ``artifact:12``."""
    return f"{'artifact' if isinstance(node, Artifact) else 'execution'}:{node.id}"


def walk(desk: Desk, start: Start, way: Way, hops: int | None) -> Walk:
    """Walk through the record; what was walked a moment ago is remembered while nothing changes.

    Raises:
        NotFoundError: If there is nothing of that id.
    """
    question = (*start, way, hops)
    key = ("lineage.walk", hash((start[1], way, hops)) % _KEPT)

    def make() -> Walk:
        kind, ids = start
        with without_collecting():
            found = desk.platform.store.record.lineage(kind, list(ids), direction=Direction(way), hops=hops)
            return numbered(found)

    return desk.shared.remembered(key, (question, stamp(desk.shared)), make)


def numbered(lineage: Lineage) -> Walk:
    """A lineage with its nodes numbered."""
    places = {key: at for at, key in enumerate(lineage.nodes)}
    links = []
    for link in lineage.links:
        ends = (Kind.ARTIFACT, Kind.EXECUTION) if link.kind is LinkKind.INPUT else (Kind.EXECUTION, Kind.ARTIFACT)
        links.append((places[ends[0], link.source], places[ends[1], link.target], link.name))
    return Walk(nodes=[cast("Artifact | Execution", node) for node in lineage.nodes.values()], links=links)


def stamp(shared: Shared) -> tuple[Any, ...]:
    """Another value after every change of an artifact or an execution."""
    return _last(shared, "updated_at")


def newest(shared: Shared, _: str = "") -> tuple[Any, ...]:
    """Another value after every new artifact or execution; asked every second, so it looks at ids alone."""
    return _last(shared, "id")


def _last(shared: Shared, order: str) -> tuple[Any, ...]:
    record = shared.platform.store.record
    found = [
        record.find(kind, order_by=order, descending=True, limit=1).items
        for kind in (Kind.ARTIFACT, Kind.EXECUTION)
    ]
    return tuple((one.id, one.updated_at) for items in found for one in items)


def _named(maker: Execution | None) -> tuple[str, str]:
    if maker is None:
        return "", ""
    return str(maker.properties.get("run") or ""), str(maker.properties.get("node") or "")
