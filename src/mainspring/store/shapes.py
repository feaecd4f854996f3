"""What a node and an edge must look like before they may be stored; every adapter asks here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from mainspring.core.errors import ConflictError, InputError
from mainspring.core.records import Artifact, Context, Execution, Kind, LinkKind, Node, Value, kind_of
from mainspring.store.ports import Edge
from mainspring.store.properties import MAX_ADDRESS, MAX_NAME, check_text, is_keepable
from mainspring.store.states import LEASED

ENDS: Final[Mapping[LinkKind, tuple[Kind, Kind]]] = {
    LinkKind.INPUT: (Kind.ARTIFACT, Kind.EXECUTION),
    LinkKind.OUTPUT: (Kind.EXECUTION, Kind.ARTIFACT),
    LinkKind.ATTRIBUTION: (Kind.ARTIFACT, Kind.CONTEXT),
    LinkKind.ASSOCIATION: (Kind.EXECUTION, Kind.CONTEXT),
    LinkKind.PARENT: (Kind.CONTEXT, Kind.CONTEXT),
}
"""The kinds of node that a link goes from and to."""


_TEXTS: Final[Mapping[Kind, Sequence[tuple[str, int]]]] = {
    Kind.ARTIFACT: [(what, MAX_NAME) for what in ("type", "name", "external_id", "digest")]
    + [("uri", MAX_ADDRESS)],
    Kind.EXECUTION: [(what, MAX_NAME) for what in ("type", "name", "external_id")],
    Kind.CONTEXT: [(what, MAX_NAME) for what in ("type", "name", "external_id")],
}
"""The texts of each kind of node, and how long they may be."""


def title(node: Node) -> str:
    """How messages call a node.

    Example:
        >>> title(Artifact(type="Model", name="taxi"))
        "artifact Model 'taxi'"
    """
    words = [kind_of(node).value, node.type or "without type"]
    if node.id is not None:
        words.append(str(node.id))
    if node.name:
        words.append(repr(node.name))
    return " ".join(words)


def check_node(node: Node) -> None:
    """Refuse a node whose texts no database could keep.

    Raises:
        InputError: Says which part is wrong.
    """
    if not isinstance(node, Artifact | Execution | Context):
        raise InputError(f"{node!r:.60} is no node", expected="an Artifact, an Execution or a Context")
    if not _is_fine(node):
        for what, longest in _TEXTS[kind_of(node)]:
            check_text(getattr(node, what), f"the {what}", title(node), longest)
        if isinstance(node, Context) and node.name is None:
            raise InputError("a context needs a name", where=title(node))
    if isinstance(node, Execution) and (node.worker is not None or node.lease_until is not None):
        _check_lease(node, title(node))


def check_edge(edge: Edge) -> None:
    """Refuse an edge between nodes of the wrong kinds.

    Raises:
        InputError: Says what the edge would have to look like.
    """
    source, target = kind_of(edge.source), kind_of(edge.target)
    wanted = ENDS[edge.kind]
    if source is not wanted[0] or target is not wanted[1]:
        expected = " to ".join(kind.value for kind in ENDS[edge.kind])
        raise InputError(f"{edge.kind.value} from {source.value} to {target.value}", expected=expected)
    if edge.name and not is_keepable(edge.name):
        check_text(edge.name, "the name of the edge", edge.kind.value)
    if not -(2**31) <= edge.position < 2**31:
        raise InputError(f"the position {edge.position} of an edge", expected="a whole number of 32 bits")


def located(error: InputError, where: str) -> InputError:
    """The same error, with the place."""
    return InputError(error.found, expected=error.expected, where=where, fix=error.fix)


def stored(
    node: Node,
    node_id: int,
    properties: Mapping[str, Value],
    custom: Mapping[str, Value],
    created_at: float,
    updated_at: float,
) -> Node:
    """The node with what the store gave it; ``dataclasses.replace`` does the same in twice the time."""
    match node:
        case Artifact():
            return Artifact(
                type=node.type,
                name=node.name,
                uri=node.uri,
                digest=node.digest,
                state=node.state,
                properties=properties,
                custom=custom,
                external_id=node.external_id,
                type_version=node.type_version,
                id=node_id,
                created_at=created_at,
                updated_at=updated_at,
            )
        case Execution():
            return Execution(
                type=node.type,
                name=node.name,
                state=node.state,
                properties=properties,
                custom=custom,
                external_id=node.external_id,
                type_version=node.type_version,
                worker=node.worker,
                lease_until=None if node.lease_until is None else round(node.lease_until * 1e6) / 1e6,
                id=node_id,
                created_at=created_at,
                updated_at=updated_at,
            )
        case Context():
            return Context(
                type=node.type,
                name=node.name,
                properties=properties,
                custom=custom,
                external_id=node.external_id,
                type_version=node.type_version,
                id=node_id,
                created_at=created_at,
                updated_at=updated_at,
            )


def check_walk(kind: Kind, hops: int | None) -> None:
    """Refuse a question about lineage that means nothing.

    Raises:
        InputError: For contexts, and for fewer than no hops.
    """
    if kind is Kind.CONTEXT:
        raise InputError("contexts have no lineage", expected="artifacts or executions")
    if hops is not None and hops < 0:
        raise InputError(f"hops is {hops}", expected="0 or more, or None for all")


def taken(node: Node | None, detail: str) -> ConflictError:
    """The error for a node whose name or external id belongs to another.

    Args:
        detail: The words of the store, in which ``external_id`` stands if that is what is taken.
    """
    if node is None:
        return ConflictError(f"it exists already: {detail}")
    if node.external_id is not None and "external_id" in detail:
        found = f"an {kind_of(node).value} with external_id {node.external_id!r} exists already"
        return ConflictError(found.replace("an context", "a context"), where=title(node))
    return ConflictError(
        f"{kind_of(node).value} {node.name!r} of type {node.type!r} exists already",
        where=title(node),
        fix="publish it with its id to change it",
    )


def _is_fine(node: Node) -> bool:
    """Whether all texts of a node can be kept; the quick way, for the many that are."""
    name, external_id = node.name, node.external_id
    if not is_keepable(node.type) or not (external_id is None or is_keepable(external_id)):
        return False
    if isinstance(node, Context):
        return is_keepable(name)
    if not (name is None or is_keepable(name)):
        return False
    if isinstance(node, Execution):
        return True
    uri, digest = node.uri, node.digest
    return (uri is None or is_keepable(uri, MAX_ADDRESS)) and (digest is None or is_keepable(digest))


def _check_lease(node: Execution, where: str) -> None:
    if (node.worker is None) != (node.lease_until is None):
        raise InputError("worker and lease_until go together", where=where)
    check_text(node.worker, "the worker", where)
    if node.id is None and node.worker is not None and node.state not in LEASED:
        raise InputError(
            f"a new {node.state.value} execution with a lease",
            expected="a lease only for " + ", ".join(sorted(state.value for state in LEASED)),
            where=where,
        )
