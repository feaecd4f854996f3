"""The watch: windows of the prediction log, drift against the training data, detectors on streams, retraining.

Monitoring reads what serving wrote and never touches a model. A check gives a
:class:`~mainspring.core.Verdict`; one that is not ok becomes a row in the queue, and a trigger does the rest.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mainspring.monitoring.detectors.ddm import DDM
    from mainspring.monitoring.detectors.page_hinkley import PageHinkley
    from mainspring.monitoring.drift import check_drift
    from mainspring.monitoring.ports import Detector, DetectorState
    from mainspring.monitoring.retraining import request_retraining
    from mainspring.monitoring.windows import Window, by_count, by_time

# Imported on first use: windows and drift need the query engine, detectors need nothing.
_EXPORTS = {
    "DDM": "detectors.ddm",
    "Detector": "ports",
    "DetectorState": "ports",
    "PageHinkley": "detectors.page_hinkley",
    "Window": "windows",
    "by_count": "windows",
    "by_time": "windows",
    "check_drift": "drift",
    "request_retraining": "retraining",
}

__all__ = [
    "DDM",
    "Detector",
    "DetectorState",
    "PageHinkley",
    "Window",
    "by_count",
    "by_time",
    "check_drift",
    "request_retraining",
]


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_EXPORTS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
