"""Holding an evaluation against an audit: every item becomes reasons of a verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mainspring.core import Reason, Verdict
from mainspring.evaluation.audit.audit import Audit, Item, Severity, Status
from mainspring.evaluation.evaluation import Evaluation
from mainspring.evaluation.gates.comparing import compare


def judge_audit(
    audit: Audit,
    evaluation: Evaluation,
    *,
    baseline: Evaluation | None = None,
    gate: str = "audit",
    **how: Any,
) -> Verdict:
    """Judge a model by the items of an audit.

    - An item with a rule or a bound is judged on the evaluation, unless it was accepted.
    - An open item without either fails if its severity is high, and is a warning otherwise.
    - A covered item without either passes by its evidence.
    - An accepted item passes, and says who accepted it, why, and what its rule would have said.

    Args:
        audit: The checklist.
        evaluation: The evaluation of the model.
        baseline: What rules with ``baseline`` speak of.
        gate: Name of the gate in the verdict.
        how: Further options of :func:`mainspring.evaluation.compare`, such as ``on`` and ``operation``.

    Returns:
        A verdict with at least one reason for each item; its details count the items by their status, and name
        those that are warnings. An audit without items fails.
    """
    found = {item.name: tuple(_reasons(item, evaluation, baseline, how)) for item in audit.items}
    reasons = [reason for several in found.values() for reason in several]
    if not reasons:
        message = "the audit has no items, so nothing was judged"
        reasons = [Reason(ok=False, code="AUDIT_EMPTY", message=message)]
    details = {
        "audit": audit.title,
        "agreed": list(audit.agreed),
        **{str(status): sum(item.status is status for item in audit.items) for status in Status},
        "warnings": [
            name for name, several in found.items() if any(one.code == "AUDIT_WARNING" for one in several)
        ],
    }
    return Verdict.of(gate, reasons, details)


def _reasons(
    item: Item, evaluation: Evaluation, baseline: Evaluation | None, how: dict[str, Any]
) -> Iterator[Reason]:
    owner = f"owner {item.owner}" if item.owner else "nobody owns it"
    judged: tuple[Reason, ...] = ()
    if item.rules:
        judged = compare(evaluation, baseline=baseline, rules=item.rules, **how).reasons
    if item.status is Status.ACCEPTED:
        told = "; ".join(reason.message for reason in judged)
        message = f"{item.name}: accepted by {item.by}: {item.reason}" + (f" ({told})" if told else "")
        yield Reason(ok=True, code="AUDIT_ACCEPTED", message=message, subject=item.name)
    elif judged:
        for reason in judged:
            subject = f"{item.name}: {reason.subject}" if reason.subject else item.name
            message = f"{item.name}: {reason.message}" + ("" if reason.ok else f" ({item.severity}, {owner})")
            yield replace(reason, message=message, subject=subject)
    elif item.status is Status.COVERED:
        message = f"{item.name}: covered by {'; '.join(item.evidence)}"
        yield Reason(ok=True, code="AUDIT_COVERED", message=message, subject=item.name)
    else:
        fails = item.severity is Severity.HIGH
        message = f"{item.name}: open and without a rule ({item.severity}, {owner}): {item.question}"
        code = "AUDIT_OPEN" if fails else "AUDIT_WARNING"
        yield Reason(ok=not fails, code=code, message=message, subject=item.name)
