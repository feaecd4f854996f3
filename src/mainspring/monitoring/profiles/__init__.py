"""What is kept of windows when their rows are gone: profiles that merge, and the figures of checks over time.

:class:`WindowProfile` holds the statistics of a window; those of two windows give those of both.
:class:`ProfileArchive` keeps them for years, coarser as they grow old. :class:`FigureHistory` keeps what checks
measured, window after window, and gives it back figure by figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.monitoring.profiles.archive import ProfileArchive
    from mainspring.monitoring.profiles.history import FigureHistory
    from mainspring.monitoring.profiles.profile import WindowProfile

__all__ = ["FigureHistory", "ProfileArchive", "WindowProfile"]

__getattr__, __dir__ = lazily(
    __name__,
    {"FigureHistory": "history", "ProfileArchive": "archive", "WindowProfile": "profile"},
)
