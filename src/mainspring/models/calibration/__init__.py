"""Calibration: scores that mean what they say. Of the rows that get 0.8, eight in ten are what was said.

:class:`Platt`, :class:`Isotonic` and :class:`Temperature` turn the probabilities of a model into better ones;
:func:`fit_calibrator` fits one by name, :func:`compare_calibrators` holds them against each other on rows that
they have not seen. :func:`mainspring.models.finishing.calibrate` does all of it for a trained model.
"""

from mainspring.models.calibration.comparing import Comparison, compare_calibrators
from mainspring.models.calibration.isotonic import Isotonic
from mainspring.models.calibration.platt import Platt
from mainspring.models.calibration.ports import Calibrator
from mainspring.models.calibration.record import Calibration, Reliability
from mainspring.models.calibration.registry import METHODS, fit_calibrator, read_calibrator
from mainspring.models.calibration.temperature import Temperature

__all__ = [
    "Calibration",
    "Calibrator",
    "Comparison",
    "Isotonic",
    "METHODS",
    "Platt",
    "Reliability",
    "Temperature",
    "compare_calibrators",
    "fit_calibrator",
    "read_calibrator",
]
