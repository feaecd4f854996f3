"""Looking into the cache: which earlier execution did the same, and whether what it made is still there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from mainspring.core.records import Artifact, ArtifactState, Execution, Kind
from mainspring.pipelines.precedents import Precedents
from mainspring.pipelines.recording import STEP
from mainspring.pipelines.records import StepRecord
from mainspring.pipelines.units import Hit, Slot
from mainspring.store.ports import BlobStore, MetadataStore

_CANDIDATES = 5
"""How many earlier executions with the same key are tried, the latest first."""


class Lookup:
    """Finds executions whose outputs can stand for those of a unit.

    Args:
        store: The record.
        blobs: Where the outputs must be.
        precedents: The run before, which is asked first.
        own: What an earlier attempt at the same run finished, by node.
    """

    def __init__(
        self, store: MetadataStore, blobs: BlobStore, precedents: Precedents, own: Mapping[str, StepRecord]
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._precedents = precedents
        self._own = own

    def before(self, node: str) -> StepRecord | None:
        """What a unit did the last time: in an earlier attempt at this run, or in an earlier run."""
        return self._own.get(node) or self._precedents.step(node)

    def finished(self, node: str, key: str, outputs: Sequence[str]) -> Hit | None:
        """What an earlier attempt at this run did for a unit; it counts for steps that are never cached, too."""
        return self._same(self._own.get(node), key, outputs)

    def repeated(self, node: str, key: str, outputs: Sequence[str]) -> Hit | None:
        """The latest execution anywhere with this key whose outputs are still there."""
        known = self._same(self._precedents.step(node), key, outputs)
        if known is not None:
            return known
        found = self._store.find(
            Kind.EXECUTION,
            "type = :type AND properties.cache_key = :key AND state = COMPLETE",
            {"type": STEP, "key": key},
            descending=True,
            limit=_CANDIDATES,
        ).items
        for execution in cast("Sequence[Execution]", found):
            hit = self._hit(cast("int", execution.id), outputs)
            if hit is not None:
                return hit
        return None

    def outputs_of(self, execution: int, names: Sequence[str]) -> Mapping[str, Slot] | None:
        """What an execution made, if all of it is still there."""
        made = self._precedents.outputs(execution)
        if not all(self._is_there(artifact) for artifacts in made.values() for artifact in artifacts):
            return None
        return {name: made[name][0] if name in made else None for name in names}

    def _same(self, record: StepRecord | None, key: str, outputs: Sequence[str]) -> Hit | None:
        if record is None or record.execution.properties.get("cache_key") != key:
            return None
        return self._hit(record.original, outputs)

    def _hit(self, execution: int, names: Sequence[str]) -> Hit | None:
        outputs = self.outputs_of(execution, names)
        return None if outputs is None else Hit(execution, outputs)

    def _is_there(self, artifact: Artifact) -> bool:
        if artifact.state is ArtifactState.LIVE:
            return self._blobs.exists(str(artifact.digest))
        return artifact.state is ArtifactState.REFERENCE
