"""Mainspring: the whole life of a machine-learning model in one small, embeddable system.

Write steps and pipelines with :func:`step` and :func:`pipeline`; run them with ``mainspring run`` or
``mainspring.open().pipelines.run(...)``; ask the record where anything came from with ``mainspring lineage``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mainspring.app import steps
    from mainspring.app.platform import Mainspring, open  # noqa: A004 - mainspring.open reads well
    from mainspring.core.verdicts import Reason, Verdict
    from mainspring.pipelines import (
        File,
        Retry,
        RunStatus,
        at_exit,
        each,
        log_metric,
        pipeline,
        resource,
        step,
        unless,
        when,
    )
    from mainspring.pipelines.approvals import approval
    from mainspring.pipelines.resolvers import (
        by_alias,
        by_span,
        curated,
        import_artifact,
        latest,
        latest_blessed,
    )

__version__ = "0.1.0"

__all__ = [
    "File",
    "Mainspring",
    "Reason",
    "Retry",
    "RunStatus",
    "Verdict",
    "approval",
    "at_exit",
    "by_alias",
    "by_span",
    "curated",
    "each",
    "import_artifact",
    "latest",
    "latest_blessed",
    "log_metric",
    "open",
    "pipeline",
    "resource",
    "step",
    "steps",
    "unless",
    "when",
]

# Names are imported when they are first used: `import mainspring` costs nothing that is not needed.
_EXPORTS = {
    "Mainspring": "app.platform",
    "Reason": "core.verdicts",
    "Verdict": "core.verdicts",
    "approval": "pipelines.approvals",
    "by_alias": "pipelines.resolvers",
    "by_span": "pipelines.resolvers",
    "curated": "pipelines.resolvers",
    "import_artifact": "pipelines.resolvers",
    "latest": "pipelines.resolvers",
    "latest_blessed": "pipelines.resolvers",
    "open": "app.platform",
    **dict.fromkeys(
        (
            "File",
            "Retry",
            "RunStatus",
            "at_exit",
            "each",
            "log_metric",
            "pipeline",
            "resource",
            "step",
            "unless",
            "when",
        ),
        "pipelines",
    ),
}


def __getattr__(name: str) -> Any:
    if name == "steps":
        return importlib.import_module("mainspring.app.steps")
    if name in _EXPORTS:
        return getattr(importlib.import_module(f"mainspring.{_EXPORTS[name]}"), name)
    raise AttributeError(f"module 'mainspring' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
