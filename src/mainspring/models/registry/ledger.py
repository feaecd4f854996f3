"""How the registry is written into the record.

=============================  ==========================================================================
context ``RegisteredModel``    a model; its registrations are associated, its packages attributed to it;
                               free properties: its tags and its description
context ``VersionFacts``       what is searched for of a version, named ``taxi:1.2.0`` and lying within the
                               model's context; free properties: ``metric.auc``, ``tag.team``,
                               ``alias.production`` and so on
execution ``Registration``     a version: named ``taxi#3``, so that the record refuses the second of two
                               who both saw two versions, and numbers always rise; its external id holds
                               the package's digest, so that no package has two; the package is its input
execution ``AliasMove``        a move of an alias: named ``taxi@production#3``; evidence is its input
execution ``Blessing``         a blessing: named ``taxi:1.2.0#1``
execution ``Decision``         a request, a signature, a promotion: named ``taxi!7``, so that whoever decides
                               has seen all that was decided before
execution ``Note``             a remark about a model or a version
execution ``Reproduction``     a version was trained again: both packages are its inputs
execution ``Companion``        something is kept beside a version, such as its explainer: it and the package are
                               its inputs, and the newest of its kind counts
execution ``Rollout``          a server decided about versions while they answered: its verdict is its output,
                               their packages its inputs
artifact ``ModelVersion``      the version as a thing, made by whoever registers: a step, or the registry
=============================  ==========================================================================

What webhooks are to be told is written in the same transaction (:mod:`mainspring.models.registry.webhooks`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final, Protocol, cast

from mainspring.core.errors import InputError, NotFoundError
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
from mainspring.models.registry.webhooks.events import Notice
from mainspring.models.registry.webhooks.hook import TYPES as WEBHOOK_TYPES
from mainspring.models.registry.webhooks.hook import outgoing
from mainspring.models.versions import Version
from mainspring.store.ports import Edge, MetadataStore

MODEL = "mainspring.RegisteredModel"
FACTS = "mainspring.VersionFacts"
REGISTRATION = "mainspring.Registration"
ALIAS_MOVE = "mainspring.AliasMove"
BLESSING = "mainspring.Blessing"
DECISION = "mainspring.Decision"
NOTE = "mainspring.Note"
REPRODUCTION = "mainspring.Reproduction"
COMPANION = "mainspring.Companion"
ROLLOUT = "mainspring.Rollout"

PAGE = 500

_TEXT = PropertyType.STRING
_LIST = PropertyType.STRUCT
_VERSION = {
    "name": _TEXT,
    "version": _TEXT,
    "digest": _TEXT,
    "metrics": PropertyType.STRUCT,
    "why": _TEXT,
    "author": _TEXT,
    "reason": _TEXT,
}
_TYPES: Final = (
    NodeType(kind=Kind.CONTEXT, name=MODEL, description="A model with registered versions."),
    NodeType(
        kind=Kind.CONTEXT,
        name=FACTS,
        properties={"model": _TEXT, "version": _TEXT},
        description="What is searched for of a version.",
    ),
    NodeType(
        kind=Kind.EXECUTION,
        name=REGISTRATION,
        properties={"model": _TEXT, **_VERSION},
        description="A package was given a version.",
    ),
    NodeType(
        kind=Kind.EXECUTION,
        name=ALIAS_MOVE,
        properties={
            **dict.fromkeys(("model", "alias", "before", "after", "action", "by", "reason"), _TEXT),
            "evidence": _LIST,
        },
        description="An alias was pointed at a version.",
    ),
    NodeType(
        kind=Kind.EXECUTION,
        name=BLESSING,
        properties={**dict.fromkeys(("model", "version", "by", "reason"), _TEXT), "ok": PropertyType.BOOLEAN},
        description="A version was blessed, or its blessing taken back.",
    ),
    NodeType(
        kind=Kind.EXECUTION,
        name=DECISION,
        properties={
            **dict.fromkeys(
                ("model", "version", "verb", "environment", "role", "by", "comment", "subject"), _TEXT
            ),
            **dict.fromkeys(("evidence", "missing"), _LIST),
        },
        description="Something was decided about a version.",
    ),
    NodeType(
        kind=Kind.EXECUTION,
        name=NOTE,
        properties=dict.fromkeys(("model", "version", "by", "text"), _TEXT),
        description="Somebody remarked something about a model or a version.",
    ),
    NodeType(
        kind=Kind.EXECUTION,
        name=REPRODUCTION,
        properties={
            **dict.fromkeys(("model", "version", "likeness", "run", "digest", "by"), _TEXT),
            **dict.fromkeys(("files", "changed", "metrics"), _LIST),
            **dict.fromkeys(("rows", "labels"), PropertyType.INT),
            **dict.fromkeys(("largest_difference", "tolerance"), PropertyType.DOUBLE),
        },
        description="A version was trained again from its recorded lineage.",
    ),
    NodeType(
        kind=Kind.EXECUTION,
        name=COMPANION,
        properties=dict.fromkeys(("model", "version", "what", "digest", "by"), _TEXT),
        description="Something is kept beside a version.",
    ),
    NodeType(
        kind=Kind.EXECUTION,
        name=ROLLOUT,
        properties={
            **dict.fromkeys(("model", "plan", "kind", "arm", "by"), _TEXT),
            "number": PropertyType.INT,
            "versions": PropertyType.STRUCT,
            "at": PropertyType.DOUBLE,
            "ok": PropertyType.BOOLEAN,
        },
        description="A server decided about versions while they answered.",
    ),
    *WEBHOOK_TYPES,
)


class Companion(Protocol):
    """What may be kept beside a version: an artifact that tells its properties."""

    ARTIFACT_TYPE: ClassVar[str]

    def save(self, folder: Path) -> None:
        """Write it into a folder."""
        ...

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the files."""
        ...


class Ledger:
    """Reads and writes the registry's nodes of the record.

    Args:
        record: The record.
        wake: Called after something was written that webhooks are told of.
    """

    def __init__(self, record: MetadataStore, wake: Callable[[], None] = lambda: None) -> None:
        self.record = record
        self._wake = wake
        self._declared = False

    def models(self) -> Iterator[Context]:
        """All registered models."""
        yield from self.contexts("type = :type", {"type": MODEL})

    def contexts(self, where: str, values: Mapping[str, Value]) -> Iterator[Context]:
        """All contexts that satisfy a filter."""
        page: str | None = None
        while True:
            found = self.record.find(Kind.CONTEXT, where, values, limit=PAGE, page=page)
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
            found = self.record.find(Kind.EXECUTION, where, values, limit=PAGE, page=page)
            yield from (cast("Execution", node) for node in found.items)
            page = found.next
            if page is None:
                return

    def evidence(self, references: Sequence[str]) -> list[Artifact]:
        """The artifacts that references mean; an address outside is none of them.

        Raises:
            InputError: For a reference that is none.
            NotFoundError: If there is no such artifact.
        """
        found: list[Artifact] = []
        for one in references:
            head, _, tail = one.partition(":")
            if head == "artifact" and tail.isdecimal():
                found += cast("list[Artifact]", self.record.get(Kind.ARTIFACT, [int(tail)]))
            elif head == "sha256":
                where, values = "digest = :digest", {"digest": one}
                same = self.record.find(Kind.ARTIFACT, where, values, descending=True, limit=1).items
                if not same:
                    raise NotFoundError(f"nothing in the record has the digest {one}")
                found += cast("list[Artifact]", same)
            elif head not in ("http", "https"):
                raise InputError(
                    f"{one!r} is no evidence", expected="artifact:ID, sha256:…, or an address https://…"
                )
        return found

    def write(
        self,
        model: str,
        events: Sequence[tuple[Execution, Sequence[Artifact]]] = (),
        *,
        facts: Mapping[Version, Mapping[str, Value]] | None = None,
        about: Mapping[str, Value] | None = None,
        nodes: Sequence[Node] = (),
        edges: Callable[[Context], Sequence[Edge]] = lambda _: (),
        tell: Sequence[Notice] = (),
    ) -> list[Execution]:
        """Write events about a model, each with the evidence it rests on, and all that goes with them, at once.

        Args:
            model: Name of the model.
            events: What happened.
            facts: Free properties of versions, merged into those that they have.
            about: Free properties of the model, merged into those that it has.
            nodes: What else is new.
            edges: What else is linked, given the model's context.
            tell: What webhooks are told of.

        Raises:
            ConflictError: If somebody else wrote an event under one of these names.
        """
        self.declare()
        context = Context(type=MODEL, name=model, custom=about or {})
        described = [_facts(model, version, told) for version, told in sorted((facts or {}).items())]
        links = [Edge(LinkKind.PARENT, one, context) for one in described]
        for event, evidence in events:
            links.append(Edge(LinkKind.ASSOCIATION, event, context))
            links += [
                Edge(LinkKind.INPUT, one, event, "evidence", place)
                for place, one in enumerate({one.id: one for one in evidence}.values())
            ]
        deliveries = outgoing(self.record, tell)
        fresh = [*(event for event, _ in events), context, *described, *nodes, *deliveries]
        stored = self.record.publish(fresh, [*links, *edges(context)])
        if deliveries:
            self._wake()
        return cast("list[Execution]", list(stored[: len(events)]))

    def add_version(
        self,
        version: ModelVersion,
        package: Package,
        artifact: Artifact | None,
        *,
        number: int,
        moves: Sequence[AliasMove] = (),
        events: Sequence[Execution] = (),
        facts: Mapping[Version, Mapping[str, Value]],
        tell: Sequence[Notice] = (),
    ) -> None:
        """Write a version, and aliases that point at it, in one transaction.

        Args:
            version: What is registered.
            package: Described in the record, if it is not there yet.
            artifact: The version as a thing, for the lineage; ``None`` if a pipeline step makes it.
            number: How many versions there are with this one.
            moves: Moves of aliases, each with its number.
            events: What else happened with it.
            facts: What is searched for.
            tell: What webhooks are told of.

        Raises:
            ConflictError: If somebody else wrote a version or moved one of the aliases in the meantime.
        """
        self.declare()
        event = Execution(
            type=REGISTRATION,
            name=f"{version.name}#{number}",
            state=ExecutionState.COMPLETE,
            external_id=f"{MODEL}/{version.name}/{version.digest}",
            properties={"model": version.name, **version.properties()},
        )
        used = self._thing(version.digest, package)

        def edges(context: Context) -> list[Edge]:
            found = [
                Edge(LinkKind.INPUT, used, event, "package"),
                Edge(LinkKind.ATTRIBUTION, used, context),
            ]
            if artifact is not None:
                found += [
                    Edge(LinkKind.OUTPUT, event, artifact, "version"),
                    Edge(LinkKind.ATTRIBUTION, artifact, context),
                ]
            return found

        self.write(
            version.name,
            [
                (event, ()),
                *((event_of(ALIAS_MOVE, one.title, one.told()), ()) for one in moves),
                *((one, ()) for one in events),
            ],
            facts=facts,
            about={"facts": True} if number == 1 else {},
            nodes=[one for one in (used, artifact) if one is not None and one.id is None],
            edges=edges,
            tell=tell,
        )

    def version_artifact(self, version: ModelVersion, digest: str) -> Artifact:
        """A version as a thing, not yet in the record."""
        self.record.put_type(NodeType(kind=Kind.ARTIFACT, name=ModelVersion.ARTIFACT_TYPE, properties=_VERSION))
        return Artifact(
            type=ModelVersion.ARTIFACT_TYPE, uri=f"blob:{digest}", digest=digest, properties=version.properties()
        )

    def add_companion(
        self, model: str, version: Version, package: str, digest: str, value: Companion, by: str
    ) -> None:
        """Write that something is kept beside a version.

        Args:
            model: Name of the model.
            version: Its version.
            package: Digest of its package.
            digest: Of what is kept.
            value: It, described in the record if it is not there yet.
            by: Who.
        """
        self.declare()
        told = {"model": model, "version": str(version), "what": value.ARTIFACT_TYPE, "digest": digest, "by": by}
        event, kept = event_of(COMPANION, None, told), self._thing(digest, value)
        self.write(
            model,
            [(event, self.evidence([package]))],
            nodes=[kept] if kept.id is None else [],
            edges=lambda _: [Edge(LinkKind.INPUT, kept, event, "companion")],
        )

    def _thing(self, digest: str, value: Companion | Package) -> Artifact:
        """A package or a companion in the record: the newest with this content, or a new one."""
        kind = value.ARTIFACT_TYPE
        where, values = "type = :type AND digest = :digest", {"type": kind, "digest": digest}
        found = self.record.find(Kind.ARTIFACT, where, values, descending=True, limit=1).items
        if found:
            return cast("Artifact", found[0])
        told = value.properties()
        kinds = {str: _TEXT, int: PropertyType.INT, float: PropertyType.DOUBLE, bool: PropertyType.BOOLEAN}
        self.record.put_type(
            NodeType(
                kind=Kind.ARTIFACT,
                name=kind,
                properties={name: kinds[type(value)] for name, value in told.items()},
            )
        )
        return Artifact(type=kind, uri=f"blob:{digest}", digest=digest, properties=told)

    def declare(self) -> None:
        """See that the types of the registry are in the record."""
        if not self._declared:
            for one in _TYPES:
                self.record.put_type(one)
            self._declared = True


def event_of(kind: str, name: str | None, told: Mapping[str, Value]) -> Execution:
    """Something that happened, not yet in the record."""
    return Execution(type=kind, name=name, state=ExecutionState.COMPLETE, properties=told)


def _facts(model: str, version: Version, told: Mapping[str, Value]) -> Context:
    return Context(
        type=FACTS,
        name=f"{model}:{version}",
        properties={"model": model, "version": str(version)},
        custom=told,
    )
