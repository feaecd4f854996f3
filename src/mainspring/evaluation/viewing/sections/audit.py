"""The performance audit: the ways to go wrong, who looks after each, and how they stand."""

from __future__ import annotations

from mainspring.data.viewing.wording import counted
from mainspring.evaluation.audit.audit import Audit, Item, Severity, Status
from mainspring.evaluation.viewing.material import Entry, Grid, Section, Told
from mainspring.evaluation.viewing.sections.entries import text

_TONES = {Status.OPEN: "held", Status.ACCEPTED: "", Status.COVERED: "better"}
_ORDER = (Severity.HIGH, Severity.MEDIUM, Severity.LOW)


def audit_section(audit: Audit) -> Section:
    """The section of an audit: open items first, then by severity."""
    items = sorted(audit.items, key=lambda one: (one.status is not Status.OPEN, _ORDER.index(one.severity)))
    agreed = f" Agreed by {', '.join(audit.agreed)}." if audit.agreed else " Nobody has agreed to this list yet."
    return Section(
        key="audit",
        title="Audit",
        lead=(audit.purpose or audit.title).rstrip(".") + "." + agreed,
        facts=[
            Told(name=str(status), value=str(sum(one.status is status for one in audit.items)))
            for status in Status
        ],
        grids=[
            Grid(
                caption=counted(len(items), "way") + " to go wrong",
                columns=[text("Question"), text("About"), text("Severity"), text("Status"), text("Held by")],
                rows=[_row(one) for one in items],
            )
        ]
        if items
        else [],
        empty="" if items else "The list is empty: write down how the model might go wrong, and for whom.",
    )


def _row(one: Item) -> list[Entry]:
    said = f"by {one.by}: {one.reason}" if one.by else ", ".join(one.evidence)
    return [
        Entry(text=one.question, more=one.name + (f" · {one.owner}" if one.owner else " · nobody looks after it")),
        Entry(text=one.category),
        Entry(text=str(one.severity), sort=str(_ORDER.index(one.severity))),
        Entry(text=str(one.status), tone=_TONES[one.status], more=said),
        Entry(text="; ".join(one.rules)),
    ]
