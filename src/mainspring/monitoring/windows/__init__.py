"""Windows: stretches of the prediction log, beside what became known of the answers, that are judged as one.

:func:`by_time` and :func:`by_count` give those of a log as it lies there. :class:`WindowReader` reads on where it
was, survives restarts, and gives windows as they become complete, and once more when they changed: because rows or
feedback came late, or rows were erased. :func:`sliced` cuts a window by the values of columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.monitoring.windows.logged import by_count, by_time
    from mainspring.monitoring.windows.reader import WindowReader
    from mainspring.monitoring.windows.slicing import OTHER, sliced
    from mainspring.monitoring.windows.window import Window

__all__ = ["OTHER", "Window", "WindowReader", "by_count", "by_time", "sliced"]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "OTHER": "slicing",
        "Window": "window",
        "WindowReader": "reader",
        "by_count": "logged",
        "by_time": "logged",
        "sliced": "slicing",
    },
)
