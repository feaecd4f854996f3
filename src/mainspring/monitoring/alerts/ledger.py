"""What happened to alerts, in the record.

=================================  =====================================================================
execution ``mainspring.Alert``     an alert fired, got worse, was acknowledged or resolved, a silence began
                                   or ended: named ``census~1a2b3c4d~fired~17``, so that writing it twice
                                   writes it once; the monitoring verdict and the packages are its inputs,
                                   its own verdict is its output
=================================  =====================================================================
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from mainspring.core.records import Execution, Kind, NodeType, PropertyType, Value
from mainspring.core.verdicts import Reason, Verdict
from mainspring.monitoring.alerts.alert import Alert, Transition
from mainspring.monitoring.alerts.messages import plain_alert
from mainspring.store.ports import BlobStore, MetadataStore
from mainspring.store.verdicts import VerdictEvents

ALERT: Final = "mainspring.Alert"
"""The type of the executions."""

WRITTEN: Final = frozenset({"fired", "reopened", "worse", "acknowledged", "resolved", "silenced", "unsilenced"})
"""What of all that happens is written."""

_GATE: Final = "alert"
_TEXT = PropertyType.STRING
_TYPE = NodeType(
    kind=Kind.EXECUTION,
    name=ALERT,
    properties={
        **dict.fromkeys(("model", "alert", "what", "version", "check", "subject", "severity", "by", "why"), _TEXT),
        "at": PropertyType.DOUBLE,
        "ok": PropertyType.BOOLEAN,
    },
    description="Something happened to an alert about a model.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Something that happened to an alert, as the record has it.

    Attributes:
        execution: Its number in the record.
        model: The model; empty for a silence that is about several.
        alert: The id of the alert; empty for a silence.
        what: What happened.
        at: When, in seconds since the epoch.
        by: Who did it; empty for the monitor.
        why: Their words.
        verdict: What is said of the alert, with the figures, and all that was known of it in the details.
    """

    execution: int
    model: str
    alert: str
    what: str
    at: float
    by: str
    why: str
    verdict: Verdict


class AlertLedger:
    """Writes what happened to alerts, and reads it back.

    Args:
        record: The record.
        blobs: Where verdicts are kept.
    """

    def __init__(self, record: MetadataStore, blobs: BlobStore) -> None:
        self._events = VerdictEvents(record, blobs, _TYPE)

    def write(self, transition: Transition) -> bool:
        """Write what happened, if it is of those that are written.

        Returns:
            Whether it was new: writing it twice does no harm.
        """
        if transition.kind not in WRITTEN:
            return False
        verdict = verdict_of(transition)
        told = _properties(transition, verdict)
        return self._events.write(_name(transition), told, verdict, evidence=transition.evidence)[1]

    def history(
        self, model: str | None = None, *, since: float | None = None, limit: int | None = None
    ) -> Sequence[Recorded]:
        """What happened, oldest first.

        Args:
            model: Only to alerts of this model.
            since: Only from this time on, in seconds since the epoch.
            limit: Only so many, the newest.
        """
        where, values = [], dict[str, Value]()
        for name, sign, value in (("model", "=", model), ("at", ">=", since)):
            if value is not None:
                where.append(f"properties.{name} {sign} :{name}")
                values[name] = value
        most = sys.maxsize if limit is None else limit
        return [self._read(one) for one in self._events.events(" AND ".join(where), values, newest=most)][::-1]

    def numbers(self, alert: str) -> Mapping[tuple[str, float], int]:
        """Where the record has what happened to an alert: the number by what happened and when.

        What was said is not read: that is in the book as well.

        Args:
            alert: Its id.
        """
        found = self._events.events("properties.alert = :alert", {"alert": alert})
        return {
            (str(one.properties["what"]), float(cast("float", one.properties["at"]))): cast("int", one.id)
            for one in found
        }

    def _read(self, event: Execution) -> Recorded:
        told = event.properties
        return Recorded(
            execution=cast("int", event.id),
            model=str(told["model"]),
            alert=str(told["alert"]),
            what=str(told["what"]),
            at=float(cast("float", told["at"])),
            by=str(told["by"]),
            why=str(told["why"]),
            verdict=self._events.verdict(event),
        )


def verdict_of(transition: Transition) -> Verdict:
    """What happened as a verdict: ok only if the alert is over, or it is about a silence."""
    alert = transition.alert
    details = {"what": transition.kind, "by": transition.by, "why": transition.why, **transition.details}
    if alert is None:
        told = Reason(ok=True, code=transition.kind.upper(), message=_said(transition))
        return Verdict.of(_GATE, [told], details)
    reason = Reason(
        ok=transition.kind == "resolved",
        code=alert.code,
        message=f"{alert.title} {transition.kind}: {alert.message}",
        subject=alert.subject or None,
        observed=alert.value,
        expected=alert.limit,
    )
    causes = [
        Reason(ok=True, code=f"PERHAPS_{one.kind.upper()}", message=one.what, observed=round(one.score, 3))
        for one in alert.causes
    ]
    return Verdict.of(_GATE, [reason, *causes], {**details, "alert": _without_rows(alert)})


def _without_rows(alert: Alert) -> dict[str, Value]:
    """An alert for the record: requests by their ids. Rows are kept in the log alone, where they can be erased."""
    plain = plain_alert(alert)
    plain["examples"] = [{"request": one.request, "row": one.row, "time": one.time} for one in alert.examples]
    return plain


def _properties(transition: Transition, verdict: Verdict) -> dict[str, Value]:
    alert = transition.alert
    matcher = transition.details.get("matcher") or {}
    return {
        "model": alert.model if alert is not None else str(matcher.get("model", "")),
        "alert": alert.id if alert is not None else "",
        "version": alert.version if alert is not None else "",
        "check": alert.check if alert is not None else "",
        "subject": alert.subject if alert is not None else "",
        "severity": str(alert.severity) if alert is not None else "",
        "what": transition.kind,
        "by": transition.by,
        "why": transition.why,
        "at": transition.at,
        "ok": verdict.ok,
    }


def _name(transition: Transition) -> str:
    alert = transition.alert
    about = f"{alert.model[:150]}~{alert.id}" if alert is not None else str(transition.details.get("silence", ""))
    return f"{about}~{transition.kind}~{transition.number}~{transition.at:.3f}"


def _said(transition: Transition) -> str:
    about = ", ".join(f"{name}={one}" for name, one in (transition.details.get("matcher") or {}).items())
    return f"alerts with {about} {transition.kind}" + (f" by {transition.by}" if transition.by else "")
