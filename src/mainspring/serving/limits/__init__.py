"""How much a server takes on: requests at a time, requests and rows in a time, rows of a request, and how long.

:class:`Limiter` lets requests in or sends them away; :func:`within` and :func:`unless_left` give up those that
nobody waits for any more.
"""

from __future__ import annotations

from mainspring.serving.limits.deadlines import in_time, within
from mainspring.serving.limits.leaving import unless_left
from mainspring.serving.limits.limiter import LimitCounts, Limiter
from mainspring.serving.limits.options import LimitOptions, ModelLimits, RateLimit

__all__ = [
    "LimitCounts",
    "LimitOptions",
    "Limiter",
    "ModelLimits",
    "RateLimit",
    "in_time",
    "unless_left",
    "within",
]
