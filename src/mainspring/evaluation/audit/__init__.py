"""The performance audit: a checklist that a team fills in, and whose items become gates."""

from mainspring.evaluation.audit.audit import Audit, Item, Severity, Status
from mainspring.evaluation.audit.judging import judge_audit
from mainspring.evaluation.audit.reading import parse_audit, read_audit
from mainspring.evaluation.audit.template import template

__all__ = [
    "Audit",
    "Item",
    "Severity",
    "Status",
    "judge_audit",
    "parse_audit",
    "read_audit",
    "template",
]
