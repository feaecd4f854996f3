"""Corrections: how many alarms may be false, over many features in one window, and over many windows.

:class:`FalseAlarms` is a budget in words (``1 per 30d``) that every window spends a part of; :class:`LORD` and
:class:`SAFFRON` keep the share of false ones among all alarms. :func:`assess` tests many tables of counts in one
window, and in the last windows taken together, with p-values that hold however far out in the tail they lie.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.monitoring.correction.budget import FalseAlarms
    from mainspring.monitoring.correction.exact import exact_p_values
    from mainspring.monitoring.correction.lord import LORD
    from mainspring.monitoring.correction.pooling import Counts, Tested, assess
    from mainspring.monitoring.correction.saffron import SAFFRON
    from mainspring.monitoring.correction.spending import Memory, Spending

_EXPORTS = {
    "Counts": "pooling",
    "FalseAlarms": "budget",
    "LORD": "lord",
    "SAFFRON": "saffron",
    "Tested": "pooling",
    "Memory": "spending",
    "Spending": "spending",
    "exact_p_values": "exact",
    "assess": "pooling",
}

__all__ = [
    "Counts",
    "FalseAlarms",
    "LORD",
    "Memory",
    "SAFFRON",
    "Spending",
    "Tested",
    "assess",
    "exact_p_values",
]

__getattr__, __dir__ = lazily(__name__, _EXPORTS)
