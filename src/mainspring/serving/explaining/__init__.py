"""The service that explains, beside a prediction server and in a process of its own.

It loads an :class:`~mainspring.evaluation.explanation.Explainer` and asks the model over the wire, as anybody
would: what it costs is bounded, and predictions are never answered here.
"""

from mainspring.serving.explaining.asking import Explaining, Limits
from mainspring.serving.explaining.service import ExplainerService

__all__ = ["ExplainerService", "Explaining", "Limits"]
