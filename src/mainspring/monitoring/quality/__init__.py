"""Quality of answers: estimated without labels, realised with them, calibrated over time.

=================  ========================================================================================
``confidence``     classifiers: from their own probabilities (CBPE), with calibration and intervals
``loss``           models of numbers: from a second model of their loss (DLE)
``realised``       where the truth is known: metrics by slice with intervals, weighted where sampled
``labels``         how much of the truth is known, how late it comes, and whether labelled rows are like all
``calibration``    whether probabilities mean what they meant in the reference
=================  ========================================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.monitoring.quality.calibration import CalibrationShift, calibration_shift
    from mainspring.monitoring.quality.confidence import Confidence
    from mainspring.monitoring.quality.labels import LabelDelays, label_delays, labelled_differ
    from mainspring.monitoring.quality.loss import LossEstimator
    from mainspring.monitoring.quality.realised import Realised, realised_quality
    from mainspring.monitoring.quality.reliability import Bin, Reliability, measure_reliability

__all__ = [
    "Bin",
    "CalibrationShift",
    "Confidence",
    "LabelDelays",
    "LossEstimator",
    "Realised",
    "Reliability",
    "calibration_shift",
    "label_delays",
    "labelled_differ",
    "measure_reliability",
    "realised_quality",
]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "Bin": "reliability",
        "CalibrationShift": "calibration",
        "Confidence": "confidence",
        "LabelDelays": "labels",
        "LossEstimator": "loss",
        "Realised": "realised",
        "Reliability": "reliability",
        "calibration_shift": "calibration",
        "label_delays": "labels",
        "labelled_differ": "labels",
        "realised_quality": "realised",
        "measure_reliability": "reliability",
    },
)
