"""How much alerts matter: the rules of the options, then those of the house."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Final

from mainspring.monitoring.alerts.alert import Severity
from mainspring.monitoring.alerts.findings import Finding
from mainspring.monitoring.alerts.option_parts import Rule
from mainspring.monitoring.alerts.options import AlertOptions

HOUSE: Final = (
    # A model that answers worse, or lacks a column, does harm now; inputs that look different may come to nothing.
    Rule(check="quality", severity=Severity.CRITICAL),
    Rule(code="*UNAVAILABLE*", severity=Severity.CRITICAL),
    Rule(check="traffic", subject="errors", severity=Severity.CRITICAL),
    Rule(code="DROPPED", severity=Severity.CRITICAL),
    Rule(code="UNIT_CHANGED", severity=Severity.CRITICAL),
    Rule(code="COLUMNS_SWAPPED", severity=Severity.CRITICAL),
    Rule(code="CONSTANT_PREDICTION", severity=Severity.CRITICAL),
    Rule(check="estimated_quality", effect=1.25, severity=Severity.CRITICAL),
    Rule(check="predictions", effect=3.0, severity=Severity.CRITICAL),
    Rule(check="outliers", severity=Severity.INFO),
    Rule(severity=Severity.WARNING),
)
"""What counts where no rule of the options fits; the last one fits everything."""


def severity_of(finding: Finding, options: AlertOptions) -> Severity:
    """How much something bad matters; what is only unusual never more than the options say."""
    found = next(one.severity for one in (*options.severity, *HOUSE) if _fits(one, finding))
    if finding.unusual:
        return min(found, options.adaptive.severity, key=lambda one: one.rank)
    return found


def _fits(rule: Rule, finding: Finding) -> bool:
    return (
        fnmatchcase(finding.check, rule.check)
        and fnmatchcase(finding.subject, rule.subject)
        and fnmatchcase(finding.code, rule.code)
        and finding.effect >= rule.effect
    )
