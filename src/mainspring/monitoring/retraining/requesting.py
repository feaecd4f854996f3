"""Retraining: a verdict that is not ok becomes a row in the queue. Nothing is started from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from mainspring.core.clock import Clock, now
from mainspring.core.errors import NotFoundError
from mainspring.core.records import Value
from mainspring.core.verdicts import Verdict
from mainspring.monitoring.retraining.deciding import Decision
from mainspring.monitoring.retraining.policy import RetrainingPolicy
from mainspring.pipelines.fingerprints import fingerprint
from mainspring.store.ports import Queue

TOPIC = "retrain"
_NAMED = 3


def request_retraining(
    queue: Queue,
    verdict: Verdict,
    *,
    model: str,
    parameters: Mapping[str, Value] | None = None,
    details: Mapping[str, Value] | None = None,
    evidence: Sequence[str] = (),
    clock: Clock = now,
) -> int | None:
    """Ask for a new model if the verdict is not ok.

    One wish per model waits at a time: further ones are dropped until it has been taken up and done.

    Args:
        queue: The store's queue.
        verdict: What a check said.
        model: The model.
        parameters: Parameters for the run that a trigger will start, such as the span to train on.
        details: What else should be known, such as the window.
        evidence: Digests of the verdicts in the record that it rests on; they become inputs of the run.

    Returns:
        The id of the row; ``None`` if the verdict is ok, or if a wish waits already.
    """
    if verdict.ok:
        return None
    body: dict[str, Value] = {
        "model": model,
        "gate": verdict.gate,
        "reason": _told(model, verdict),
        "reasons": [asdict(reason) for reason in verdict.failures],
        "parameters": dict(parameters or {}),
        "details": dict(details or {}),
        "evidence": list(evidence),
        "at": clock(),
    }
    return queue.put(TOPIC, body, key=f"{TOPIC}:{model}")


def ask_for(
    queue: Queue, decision: Decision, *, model: str, evidence: Sequence[str] = (), clock: Clock = now
) -> int | None:
    """Ask for the run that was decided on.

    Args:
        queue: The store's queue.
        decision: What was decided.
        model: The model.
        evidence: Digests of the verdicts in the record that it rests on.

    Returns:
        The id of the row; ``None`` if there is nothing to do, or if a wish waits already.
    """
    if not decision.retrain:
        return None
    return request_retraining(
        queue,
        decision.wanted,
        model=model,
        parameters=decision.parameters,
        details=decision.details,
        evidence=evidence,
        clock=clock,
    )


def look_at_data(policy: RetrainingPolicy, root: Path) -> str | None:
    """What the data that a policy watches for news looks like now: a digest; ``None`` if there is none.

    Args:
        policy: With a path or a pattern in ``new_data``.
        root: Where relative paths start.
    """
    if not policy.fresh_data.data:
        return None
    try:
        return fingerprint(policy.fresh_data.data, root).digest
    except NotFoundError:
        return None


def _told(model: str, verdict: Verdict) -> str:
    """One sentence for the run that will be started."""
    named = [reason.message for reason in verdict.failures[:_NAMED]]
    more = len(verdict.failures) - len(named)
    return f"{verdict.gate} of {model}: " + "; ".join(named) + (f"; and {more} more" if more else "")
