"""A version that is asked besides: after the answer went out, in a thread of its own, and compared."""

from __future__ import annotations

from mainspring.serving.rollout.shadow.asking import Shadowing
from mainspring.serving.rollout.shadow.report import Report, merged

__all__ = ["Report", "Shadowing", "merged"]
