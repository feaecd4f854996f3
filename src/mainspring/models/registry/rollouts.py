"""What servers decided about versions while they answered: promoted, rolled back, and on what evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import cast

from mainspring.core.errors import ConflictError, MainspringError
from mainspring.core.records import Artifact, Execution, Kind, LinkKind, Value
from mainspring.core.verdicts import Verdict
from mainspring.models.registry.catalogue import Catalogue
from mainspring.models.registry.ledger import ROLLOUT, Ledger, event_of
from mainspring.models.registry.webhooks.events import Notice
from mainspring.store.keeping import kept
from mainspring.store.ports import BlobStore, Edge, MetadataStore

TOLD = {"promoted": "rollout.promoted", "rolled_back": "rollout.rolled_back"}
"""What webhooks are told of, by what happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutDecision:
    """Something that happened to the rollout of a model.

    Attributes:
        model: Name of the model.
        plan: The declaration of the rollout that it was about, by its digest.
        number: Of the decision.
        kind: What happened: ``promoted``, ``rolled_back``, ``advanced`` …
        arm: Which arm it is about.
        by: Who decided.
        versions: The version of each arm.
        at: When, in seconds since the epoch.
    """

    model: str
    plan: str
    number: int
    kind: str
    arm: str = ""
    by: str = ""
    versions: Mapping[str, str]
    at: float

    @property
    def title(self) -> str:
        """A name that no other decision has."""
        return f"{self.model}~{self.plan}~{self.number}"


class RolloutLedger:
    """Writes what servers decided into the record, beside the versions that it is about.

    Args:
        record: The record.
        blobs: Where verdicts are kept.
        wake: Called after something was written that webhooks are told of.
    """

    def __init__(self, record: MetadataStore, blobs: BlobStore, wake: Callable[[], None] = lambda: None) -> None:
        self._record, self._blobs = record, blobs
        self._ledger, self._catalogue = Ledger(record, wake), Catalogue(record, blobs)

    def write(self, decision: RolloutDecision, verdict: Verdict) -> bool:
        """Write a decision with its verdict, and link the packages of the versions that are registered.

        Returns:
            Whether it was new: writing it twice does no harm.
        """
        where = "type = :type AND name = :name"
        known = self._record.find(Kind.EXECUTION, where, {"type": ROLLOUT, "name": decision.title}, limit=1)
        if known.items:
            return False
        told: dict[str, Value] = {**asdict(decision), "versions": dict(decision.versions), "ok": verdict.ok}
        event, made = event_of(ROLLOUT, decision.title, told), kept(self._record, self._blobs, verdict)
        used = self._packages(decision)
        notices = []
        if decision.kind in TOLD:
            particulars = {name: value for name, value in told.items() if name not in ("plan", "at")}
            reasons: list[Value] = [one.message for one in verdict.reasons]
            notices = [
                Notice(
                    event=TOLD[decision.kind],
                    key=decision.title,
                    data={**particulars, "reasons": reasons},
                    at=decision.at,
                )
            ]
        if not self._catalogue.versions(decision.model):  # served from a folder, and never registered
            self._ledger.declare()
            self._record.publish([event, made], [Edge(LinkKind.OUTPUT, event, made, "verdict")])
            return True
        try:
            self._ledger.write(
                decision.model,
                [(event, used)],
                nodes=[made],
                edges=lambda context: [
                    Edge(LinkKind.OUTPUT, event, made, "verdict"),
                    Edge(LinkKind.ATTRIBUTION, made, context),
                ],
                tell=notices,
            )
        except ConflictError:
            return False  # somebody else wrote it at the same moment
        return True

    def history(self, model: str) -> list[tuple[RolloutDecision, Verdict]]:
        """What was decided about the rollouts of a model, with the verdicts, oldest first."""
        found = []
        for event in self._ledger.events(ROLLOUT, model):
            for link in self._record.links(Kind.EXECUTION, [cast("int", event.id)]):
                if link.kind is not LinkKind.OUTPUT:
                    continue
                artifact = cast("Artifact", self._record.get(Kind.ARTIFACT, [link.target])[0])
                verdict = Verdict.load(self._blobs.local(str(artifact.digest)))
                found.append((_decision(event), verdict))
        return found

    def _packages(self, decision: RolloutDecision) -> list[Artifact]:
        """The packages of the versions that are registered; others have none."""
        found: list[Artifact] = []
        for version in dict.fromkeys(decision.versions.values()):
            try:
                digest = self._catalogue.resolve(f"{decision.model}:{version}").digest
                found += self._ledger.evidence([digest])
            except MainspringError:
                continue  # this one was never registered
        return found


def _decision(event: Execution) -> RolloutDecision:
    told = event.properties
    return RolloutDecision(
        model=str(told["model"]),
        plan=str(told["plan"]),
        number=int(cast("int", told["number"])),
        kind=str(told["kind"]),
        arm=str(told["arm"]),
        by=str(told["by"]),
        versions=cast("Mapping[str, str]", told["versions"]),
        at=float(cast("float", told["at"])),
    )
