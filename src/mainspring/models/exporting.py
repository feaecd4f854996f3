"""Asks an exporter for a model, with all that is done to its scores before they are an answer."""

from __future__ import annotations

from mainspring.models.model import Model
from mainspring.models.ports import Exported, Exporter, NotExportableError
from mainspring.models.signature import Signature


def export(exporter: Exporter, model: Model, signature: Signature) -> Exported:
    """Export a model: transform, estimator, calibration and decision.

    Raises:
        NotExportableError: If the exporter cannot say the same, or knows nothing of calibration and decisions.
    """
    calibrator = None if model.calibration is None else model.calibration.calibrator
    if calibrator is None and model.decision is None:
        return exporter.export(model.fitted, model.transform, signature)
    if not getattr(exporter, "finishes", False):
        raise NotExportableError("it does not know calibrated models, or models with a cutoff of their own")
    return exporter.export(
        model.fitted, model.transform, signature, calibrator=calibrator, decision=model.decision
    )
