"""What the rollouts of a server decide, in the record of the project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mainspring.app import platform
from mainspring.core.verdicts import Verdict
from mainspring.models.registry import RolloutDecision, RolloutLedger


class ProjectRecorder:
    """A :class:`mainspring.serving.rollout.ports.Recorder` of the project that is here."""

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
            RolloutLedger(opened.store.record, opened.store.blobs, opened.courier.wake).write(decision, verdict)
