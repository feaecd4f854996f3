"""How the registry is written into the record.

=============================  ==========================================================================
context ``RegisteredModel``    a model; its registrations are associated, its packages attributed to it
execution ``Registration``     a version: named ``taxi#3``, so that the record refuses the second of two
                               who both saw two versions, and numbers always rise; its external id holds
                               the package's digest, so that no package has two; the package is its input
execution ``AliasMove``        a move of an alias: named ``taxi@production#3``
execution ``Blessing``         a blessing: named ``taxi:1.2.0#1``
artifact ``ModelVersion``      the version as a thing, made by whoever registers: a step, or the registry
=============================  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from mainspring.core.records import (
    Artifact,
    Context,
    Execution,
    ExecutionState,
    Kind,
    LinkKind,
    Node,
    NodeType,
    PropertyType,
    Value,
)
from mainspring.models.package import Package
from mainspring.models.registry.decisions import AliasMove
from mainspring.models.registry.model_version import ModelVersion
from mainspring.store.ports import Edge, MetadataStore

MODEL = "mainspring.RegisteredModel"
REGISTRATION = "mainspring.Registration"
ALIAS_MOVE = "mainspring.AliasMove"
BLESSING = "mainspring.Blessing"

PAGE = 500

_TEXT = PropertyType.STRING
_VERSION = {
    "name": _TEXT,
    "version": _TEXT,
    "digest": _TEXT,
    "metrics": PropertyType.STRUCT,
    "why": _TEXT,
    "author": _TEXT,
    "reason": _TEXT,
}
_TYPES = (
    NodeType(kind=Kind.CONTEXT, name=MODEL, description="A model with registered versions."),
    NodeType(
        kind=Kind.EXECUTION,
        name=REGISTRATION,
        properties={"model": _TEXT, **_VERSION},
        description="A package was given a version.",
    ),
    NodeType(
        kind=Kind.EXECUTION,
        name=ALIAS_MOVE,
        properties=dict.fromkeys(("model", "alias", "before", "after", "action", "by", "reason"), _TEXT),
        description="An alias was pointed at a version.",
    ),
    NodeType(
        kind=Kind.EXECUTION,
        name=BLESSING,
        properties={**dict.fromkeys(("model", "version", "by", "reason"), _TEXT), "ok": PropertyType.BOOLEAN},
        description="A version was blessed, or its blessing taken back.",
    ),
)


class Ledger:
    """Reads and writes the registry's nodes of the record."""

    def __init__(self, record: MetadataStore) -> None:
        self._record = record
        self._declared = False

    def models(self) -> Iterator[Context]:
        """All registered models."""
        page: str | None = None
        while True:
            found = self._record.find(Kind.CONTEXT, "type = :type", {"type": MODEL}, limit=PAGE, page=page)
            yield from (cast("Context", node) for node in found.items)
            page = found.next
            if page is None:
                return

    def events(self, kind: str, model: str, **equal: Value) -> Iterator[Execution]:
        """All executions of a type that are about a model, oldest first."""
        where = "type = :type AND properties.model = :model"
        where += "".join(f" AND properties.{name} = :{name}" for name in equal)
        values: dict[str, Value] = {"type": kind, "model": model, **equal}
        page: str | None = None
        while True:
            found = self._record.find(Kind.EXECUTION, where, values, limit=PAGE, page=page)
            yield from (cast("Execution", node) for node in found.items)
            page = found.next
            if page is None:
                return

    def add_version(
        self,
        version: ModelVersion,
        package: Package,
        artifact: Artifact | None,
        *,
        number: int,
        moves: Sequence[AliasMove] = (),
    ) -> None:
        """Write a version, and aliases that point at it, in one transaction.

        Args:
            version: What is registered.
            package: Described in the record, if it is not there yet.
            artifact: The version as a thing, for the lineage; ``None`` if a pipeline step makes it.
            number: How many versions there are with this one.
            moves: Moves of aliases, each with its number.

        Raises:
            ConflictError: If somebody else wrote a version or moved one of the aliases in the meantime.
        """
        self._declare()
        context = Context(type=MODEL, name=version.name)
        event = Execution(
            type=REGISTRATION,
            name=f"{version.name}#{number}",
            state=ExecutionState.COMPLETE,
            external_id=f"{MODEL}/{version.name}/{version.digest}",
            properties={"model": version.name, **version.properties()},
        )
        used = self._package(version.digest, package)
        nodes: list[Node] = [context, event, used]
        edges = [
            Edge(LinkKind.INPUT, used, event, "package"),
            Edge(LinkKind.ASSOCIATION, event, context),
            Edge(LinkKind.ATTRIBUTION, used, context),
        ]
        if artifact is not None:
            nodes.append(artifact)
            edges += [
                Edge(LinkKind.OUTPUT, event, artifact, "version"),
                Edge(LinkKind.ATTRIBUTION, artifact, context),
            ]
        for move in moves:
            moved = _event(ALIAS_MOVE, move.title, move.told())
            nodes.append(moved)
            edges.append(Edge(LinkKind.ASSOCIATION, moved, context))
        self._record.publish([node for node in nodes if node.id is None], edges)

    def version_artifact(self, version: ModelVersion, digest: str) -> Artifact:
        """A version as a thing, not yet in the record."""
        self._record.put_type(NodeType(kind=Kind.ARTIFACT, name=ModelVersion.ARTIFACT_TYPE, properties=_VERSION))
        return Artifact(
            type=ModelVersion.ARTIFACT_TYPE, uri=f"blob:{digest}", digest=digest, properties=version.properties()
        )

    def add_event(self, kind: str, name: str, model: str, told: Mapping[str, Value]) -> Execution:
        """Write a decision.

        Raises:
            ConflictError: If somebody else wrote one under this name.
        """
        self._declare()
        context = Context(type=MODEL, name=model)
        event = _event(kind, name, told)
        edge = Edge(LinkKind.ASSOCIATION, event, context)
        return cast("Execution", self._record.publish([context, event], [edge])[1])

    def _package(self, digest: str, package: Package) -> Artifact:
        """The package in the record: the newest with this content, or a new one."""
        where, values = "type = :type AND digest = :digest", {"type": Package.ARTIFACT_TYPE, "digest": digest}
        found = self._record.find(Kind.ARTIFACT, where, values, descending=True, limit=1).items
        if found:
            return cast("Artifact", found[0])
        told = package.properties()
        kinds = {str: _TEXT, int: PropertyType.INT, float: PropertyType.DOUBLE, bool: PropertyType.BOOLEAN}
        self._record.put_type(
            NodeType(
                kind=Kind.ARTIFACT,
                name=Package.ARTIFACT_TYPE,
                properties={name: kinds[type(value)] for name, value in told.items()},
            )
        )
        return Artifact(type=Package.ARTIFACT_TYPE, uri=f"blob:{digest}", digest=digest, properties=told)

    def _declare(self) -> None:
        if not self._declared:
            for one in _TYPES:
                self._record.put_type(one)
            self._declared = True


def _event(kind: str, name: str, told: Mapping[str, Value]) -> Execution:
    return Execution(type=kind, name=name, state=ExecutionState.COMPLETE, properties=told)
