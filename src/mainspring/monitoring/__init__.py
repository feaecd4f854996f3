"""The watch: windows of the prediction log, drift against the training data, detectors on streams, retraining.

Monitoring reads what serving wrote and never touches a model. A check gives a
:class:`~mainspring.core.Verdict`; one that is not ok becomes a row in the queue, and a trigger does the rest.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mainspring.monitoring.detectors.adwin import ADWIN
    from mainspring.monitoring.detectors.cusum import CUSUM
    from mainspring.monitoring.detectors.ddm import DDM
    from mainspring.monitoring.detectors.ecdd import ECDD
    from mainspring.monitoring.detectors.eddm import EDDM
    from mainspring.monitoring.detectors.hddm_a import HDDMA
    from mainspring.monitoring.detectors.hddm_w import HDDMW
    from mainspring.monitoring.detectors.kswin import KSWIN
    from mainspring.monitoring.detectors.linear_four_rates import LinearFourRates
    from mainspring.monitoring.detectors.page_hinkley import PageHinkley
    from mainspring.monitoring.detectors.rddm import RDDM
    from mainspring.monitoring.detectors.stepd import STEPD
    from mainspring.monitoring.drift import check_drift
    from mainspring.monitoring.ports import Detector, DetectorState
    from mainspring.monitoring.retraining import request_retraining
    from mainspring.monitoring.windows import Window, by_count, by_time

# Imported on first use: windows and drift need the query engine, detectors only numpy.
_EXPORTS = {
    "ADWIN": "detectors.adwin",
    "CUSUM": "detectors.cusum",
    "DDM": "detectors.ddm",
    "Detector": "ports",
    "DetectorState": "ports",
    "ECDD": "detectors.ecdd",
    "EDDM": "detectors.eddm",
    "HDDMA": "detectors.hddm_a",
    "HDDMW": "detectors.hddm_w",
    "KSWIN": "detectors.kswin",
    "LinearFourRates": "detectors.linear_four_rates",
    "PageHinkley": "detectors.page_hinkley",
    "RDDM": "detectors.rddm",
    "STEPD": "detectors.stepd",
    "Window": "windows",
    "by_count": "windows",
    "by_time": "windows",
    "check_drift": "drift",
    "request_retraining": "retraining",
}

__all__ = [
    "ADWIN",
    "CUSUM",
    "DDM",
    "Detector",
    "DetectorState",
    "ECDD",
    "EDDM",
    "HDDMA",
    "HDDMW",
    "KSWIN",
    "LinearFourRates",
    "PageHinkley",
    "RDDM",
    "STEPD",
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
