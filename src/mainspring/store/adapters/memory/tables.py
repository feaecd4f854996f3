"""What the twin keeps, and how a change that fails is undone."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from mainspring.core.errors import NotFoundError
from mainspring.core.records import Kind, Link, LinkKind, Node, kind_of
from mainspring.store.catalogue import Catalogue
from mainspring.store.shapes import ENDS, taken

K = TypeVar("K")
V = TypeVar("V")


class Tables:
    """Nodes and links with their indexes; every change goes through here and can be undone."""

    def __init__(self) -> None:
        self.types = Catalogue()
        self.nodes: dict[Kind, dict[int, Node]] = {kind: {} for kind in Kind}
        self.links: dict[LinkKind, dict[tuple[int, int, str, int], Link]] = {kind: {} for kind in LinkKind}
        self.outgoing: defaultdict[tuple[LinkKind, int], dict[Link, None]] = defaultdict(dict)
        self.incoming: defaultdict[tuple[LinkKind, int], dict[Link, None]] = defaultdict(dict)
        self._names: dict[tuple[Kind, str, str, str], int] = {}
        self._external: dict[tuple[Kind, str], int] = {}
        self._last = dict.fromkeys(Kind, 0)
        self._undo: list[Callable[[], Any]] = []

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes within happen as a whole or not at all."""
        self._undo = []
        try:
            yield
        except BaseException:
            for step in reversed(self._undo):
                step()
            raise
        finally:
            self._undo = []

    def next_id(self, kind: Kind) -> int:
        """An id that no stored node ever had."""
        self._set(self._last, kind, self._last[kind] + 1)
        return self._last[kind]

    def get(self, kind: Kind, node_id: int) -> Node:
        """A node.

        Raises:
            NotFoundError: If it does not exist.
        """
        found = self.nodes[kind].get(node_id)
        if found is None:
            raise NotFoundError(f"there is no {kind.value} {node_id}")
        return found

    def named(self, kind: Kind, type_name: str, version: str, name: str) -> Node | None:
        """The node of that type and name."""
        found = self._names.get((kind, type_name, version, name))
        return None if found is None else self.nodes[kind][found]

    def write(self, node: Node) -> None:
        """Insert or replace a node.

        Raises:
            ConflictError: If its name or external id belongs to another.
        """
        kind, node_id = kind_of(node), node.id or 0
        self._unlist(kind, node_id)
        if node.external_id is not None:
            if (kind, node.external_id) in self._external:
                raise taken(node, "external_id")
            self._set(self._external, (kind, node.external_id), node_id)
        if node.name is not None:
            key = (kind, node.type, node.type_version, node.name)
            if key in self._names:
                raise taken(node, "name")
            self._set(self._names, key, node_id)
        self._set(self.nodes[kind], node_id, node)

    def remove(self, kind: Kind, node_id: int) -> None:
        """Remove a node with its links."""
        self._unlist(kind, node_id)
        self._pop(self.nodes[kind], node_id)
        for link_kind in LinkKind:
            for index in (self.outgoing, self.incoming):
                if _is_end(link_kind, kind, index is self.outgoing):
                    for link in list(index[link_kind, node_id]):
                        self._unlink(link)

    def link(self, link: Link) -> None:
        """Add a link, unless it is there."""
        key = (link.source, link.target, link.name, link.position)
        if key not in self.links[link.kind]:
            self._set(self.links[link.kind], key, link)
            self._set(self.outgoing[link.kind, link.source], link, None)
            self._set(self.incoming[link.kind, link.target], link, None)

    def _unlink(self, link: Link) -> None:
        self._pop(self.links[link.kind], (link.source, link.target, link.name, link.position))
        self._pop(self.outgoing[link.kind, link.source], link)
        self._pop(self.incoming[link.kind, link.target], link)

    def _unlist(self, kind: Kind, node_id: int) -> None:
        """Free the name and external id of a node."""
        old = self.nodes[kind].get(node_id)
        if old is not None and old.external_id is not None:
            self._pop(self._external, (kind, old.external_id))
        if old is not None and old.name is not None:
            self._pop(self._names, (kind, old.type, old.type_version, old.name))

    def _set(self, table: dict[K, V], key: K, value: V) -> None:
        if key in table:
            old = table[key]
            self._undo.append(lambda: table.__setitem__(key, old))
        else:
            self._undo.append(lambda: table.pop(key))
        table[key] = value

    def _pop(self, table: dict[K, V], key: K) -> None:
        if key in table:
            old = table.pop(key)
            self._undo.append(lambda: table.__setitem__(key, old))


def _is_end(link_kind: LinkKind, kind: Kind, source: bool) -> bool:
    return ENDS[link_kind][0 if source else 1] is kind
