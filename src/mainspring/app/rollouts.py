"""What the rollouts of a server decide, in the record of the project; its aliases follow what was promoted."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from mainspring.app import platform
from mainspring.app.deploying import deployments_of
from mainspring.core.errors import MainspringError
from mainspring.core.verdicts import Verdict
from mainspring.models.registry import RolloutDecision, RolloutLedger

_LOG = logging.getLogger(__name__)

PROMOTED = "promoted"


class ProjectRecorder:
    """A :class:`mainspring.serving.rollout.ports.Recorder` of the project that is here.

    A version that was promoted becomes what the alias stands for that a deployment names for the primary version:
    with ``versions: {stable: census@production, next: census@candidate}`` it is ``production``. A policy that
    guards the alias is kept: the promotion is then asked for.
    """

    def record(self, model: str, verdict: Verdict, details: Mapping[str, Any]) -> None:
        """Keep a verdict; telling it twice does no harm.

        Raises:
            NotFoundError: If there is no project here.
            UnavailableError: If the record does not answer.
        """
        decision = RolloutDecision(
            model=model,
            plan=str(details["plan"]),
            number=int(details["number"]),
            kind=str(details["kind"]),
            arm=str(details["arm"]),
            by=str(details["by"]),
            versions=dict(details["versions"]),
            at=float(details["time"]),
        )
        with platform.existing() as opened:
            ledger = RolloutLedger(opened.store.record, opened.store.blobs, opened.courier.wake)
            if ledger.write(decision, verdict) and decision.kind == PROMOTED:
                _follow(opened, decision, verdict)


def _follow(opened: platform.Mainspring, decision: RolloutDecision, verdict: Verdict) -> None:
    """Point aliases at what was promoted."""
    version = decision.versions.get(decision.arm, "")
    said = "; ".join(one.message for one in verdict.reasons)
    for name, alias in _aliases(opened, decision):
        try:
            opened.models.promote(
                name,
                version,
                to=alias,
                by=decision.by or "the server",
                comment=f"the rollout of {decision.model} promoted it: {said}",
            )
        except MainspringError as error:
            _LOG.warning("%s@%s does not follow the rollout of %s: %s", name, alias, decision.model, error)


def _aliases(opened: platform.Mainspring, decision: RolloutDecision) -> Iterator[tuple[str, str]]:
    """The aliases by which a deployment names the other arms of the rollout: name and alias."""
    revision = deployments_of(opened).archive.current
    pins = (
        ()
        if revision is None
        else [one for each in revision.pins.values() for one in each.get(decision.model, ())]
    )
    for pin in pins:
        name, _, alias = pin.reference.partition("@")
        if alias and pin.registered and pin.label in decision.versions and pin.label != decision.arm:
            yield name, alias
