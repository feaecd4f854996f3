"""Explanations by gradients, of anything that says how its answers move.

A :data:`Tangent` is a function from points to answers and their slopes: of a linear model by hand, of a network by
its framework (``mainspring.models.explaining``).
"""

from mainspring.evaluation.explanation.gradients.cam import class_activation_maps
from mainspring.evaluation.explanation.gradients.concepts import ConceptSensitivity, tcav
from mainspring.evaluation.explanation.gradients.paths import (
    Along,
    Tangent,
    expected_gradients,
    integrated_gradients,
    saliency,
    smooth_grad,
)

__all__ = [
    "Along",
    "ConceptSensitivity",
    "Tangent",
    "class_activation_maps",
    "expected_gradients",
    "integrated_gradients",
    "saliency",
    "smooth_grad",
    "tcav",
]
