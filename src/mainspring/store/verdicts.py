"""Events of the record that have a verdict: written once under their name, and read back."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

from mainspring.core.errors import ConflictError
from mainspring.core.records import Artifact, Execution, ExecutionState, Kind, LinkKind, NodeType, Value
from mainspring.core.verdicts import Verdict
from mainspring.store.keeping import kept
from mainspring.store.ports import BlobStore, Edge, MetadataStore

_PAGE: Final = 2_000


class VerdictEvents:
    """Executions of one type, each with a verdict as its output.

    Args:
        record: The record.
        blobs: Where verdicts are kept.
        kind: The type of the executions; it is declared before the first one is written.
    """

    def __init__(self, record: MetadataStore, blobs: BlobStore, kind: NodeType) -> None:
        self._record, self._blobs, self._kind = record, blobs, kind
        self._declared = False

    def write(
        self,
        name: str,
        told: Mapping[str, Value],
        verdict: Verdict,
        *,
        evidence: Sequence[str] = (),
        role: str = "evidence",
    ) -> tuple[Execution, bool]:
        """Write what happened, if there is nothing under its name yet.

        Args:
            name: Of the event; no other one has it.
            told: Its properties.
            verdict: What was said.
            evidence: Digests of what it rests on; what the record does not know is left out.
            role: What these are called as its inputs.

        Returns:
            The event as the record has it, and whether it is new.

        Raises:
            ConflictError: If the record refuses it for another reason than its name.
        """
        if not self._declared:
            self._record.put_type(self._kind)
            self._declared = True
        known = self.find(name)
        if known is not None:
            return known, False
        made = kept(self._record, self._blobs, verdict)
        event = Execution(type=self._kind.name, name=name, state=ExecutionState.COMPLETE, properties=told)
        used = self._newest(evidence)
        edges = [Edge(LinkKind.INPUT, one, event, role, place) for place, one in enumerate(used)]
        try:
            nodes = self._record.publish([event, made], [*edges, Edge(LinkKind.OUTPUT, event, made, "verdict")])
        except ConflictError:
            known = self.find(name)
            if known is None:
                raise
            return known, False  # somebody was quicker
        return cast("Execution", nodes[0]), True

    def find(self, name: str) -> Execution | None:
        """The event of a name; ``None`` if there is none."""
        values: dict[str, Value] = {"type": self._kind.name, "name": name}
        found = self._record.find(Kind.EXECUTION, "type = :type AND name = :name", values, limit=1).items
        return cast("Execution", found[0]) if found else None

    def events(self, where: str, values: Mapping[str, Value], *, newest: int | None = None) -> Iterator[Execution]:
        """The events that satisfy a filter, oldest first.

        Args:
            where: A filter (see :mod:`mainspring.store.query`) besides their type; empty for all.
            values: For the names in it.
            newest: Only so many of the newest, and these newest first.
        """
        if not any(one.name == self._kind.name for one in self._record.types(Kind.EXECUTION)):
            return
        every = "type = :type" + (f" AND {where}" if where else "")
        given: dict[str, Value] = {"type": self._kind.name, **values}
        left, page = sys.maxsize if newest is None else newest, cast("str | None", None)
        while left > 0:
            found = self._record.find(
                Kind.EXECUTION, every, given, descending=newest is not None, limit=min(_PAGE, left), page=page
            )
            yield from (cast("Execution", one) for one in found.items)
            left, page = left - len(found.items), found.next
            if page is None:
                return

    def digest(self, event: Execution) -> str:
        """The digest of the verdict of an event, by which it is found in the record."""
        links = self._record.links(Kind.EXECUTION, [cast("int", event.id)])
        (target,) = [link.target for link in links if link.kind is LinkKind.OUTPUT]
        return str(cast("Artifact", self._record.get(Kind.ARTIFACT, [target])[0]).digest)

    def verdict(self, event: Execution) -> Verdict:
        """What was said in an event."""
        return Verdict.load(self._blobs.local(self.digest(event)))

    def _newest(self, digests: Sequence[str]) -> list[Artifact]:
        """The newest artifact of each digest."""
        found: list[Artifact] = []
        for one in dict.fromkeys(digests):
            page = self._record.find(Kind.ARTIFACT, "digest = :digest", {"digest": one}, descending=True, limit=1)
            found += [cast("Artifact", each) for each in page.items]
        return found
