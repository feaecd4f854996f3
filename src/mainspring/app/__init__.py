"""The doors: settings, wiring, the platform as one object, the command line, the report.

Only here are technologies chosen. :func:`open` gives a project's platform; the command ``mainspring`` does the
same things by the same names.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring, Pipelines, open  # noqa: A004 - mainspring.open reads well
    from mainspring.app.settings import Settings

_EXPORTS = {"Mainspring": "platform", "Pipelines": "platform", "Settings": "settings", "open": "platform"}

__all__ = ["Mainspring", "Pipelines", "Settings", "open"]


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        return getattr(importlib.import_module(f"mainspring.app.{_EXPORTS[name]}"), name)
    raise AttributeError(f"module 'mainspring.app' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
