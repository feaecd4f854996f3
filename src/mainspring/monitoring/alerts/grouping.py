"""Which alerts are told in one message: those that have a cause upstream in common, or began together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from mainspring.monitoring.alerts.alert import Alert
from mainspring.monitoring.alerts.causes import LIKELY
from mainspring.monitoring.alerts.options import AlertOptions, span


def group_of(alert: Alert, others: Iterable[Alert], options: AlertOptions) -> str:
    """The group of an alert.

    Args:
        alert: The alert, with its causes.
        others: Alerts that have groups already.
        options: What alerts of a group have in common.

    Returns:
        Eight hexadecimal digits.
    """
    told = alert.fields()
    parts = [f"{name}={told[name]}" for name in options.group_by if name != "cause"]
    if "cause" not in options.group_by:
        return _digest(parts)
    if alert.causes and alert.causes[0].score >= LIKELY:
        return _digest([*parts, f"cause={alert.causes[0].key}"])
    for other in others:
        if other.id != alert.id and other.group and _together(alert, other, options):
            return other.group
    return _digest([*parts, f"began={alert.id}"])


def _together(alert: Alert, other: Alert, options: AlertOptions) -> bool:
    """Whether two alerts began at about the same time and have in common what they must, causes aside."""
    mine, its = alert.fields(), other.fields()
    same = all(mine[name] == its[name] for name in options.group_by if name != "cause")
    unexplained = not (other.causes and other.causes[0].score >= LIKELY)
    near = min(abs(alert.since - other.since), abs(alert.began - other.began)) <= span(options.together)
    return same and unexplained and other.model == alert.model and near


def _digest(parts: Iterable[str]) -> str:
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=4).hexdigest()
