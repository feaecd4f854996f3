"""Explanations that look inside a model: exact, and without asking it about mixtures of rows.

The methods come in through the hook ``mainspring_explainers`` and are asked for by name:
``explain(model, rows, background=…, method="tree_shap", scale="logit")``.
"""

from mainspring.models.explaining.effects import tree_partial_dependence
from mainspring.models.explaining.gradients import ModelGradients, gradients_of
from mainspring.models.explaining.influence import Influence, influence, influences, similar_by_model
from mainspring.models.explaining.linear import by_linear_shap
from mainspring.models.explaining.networks import (
    by_deep_shap,
    by_integrated_gradients,
    grad_cam,
    layer_slopes,
    tangent_of,
)
from mainspring.models.explaining.terms import by_terms
from mainspring.models.explaining.trees import by_tree_shap

__all__ = [
    "Influence",
    "ModelGradients",
    "by_deep_shap",
    "by_integrated_gradients",
    "by_linear_shap",
    "by_terms",
    "by_tree_shap",
    "grad_cam",
    "gradients_of",
    "influence",
    "influences",
    "layer_slopes",
    "similar_by_model",
    "tangent_of",
    "tree_partial_dependence",
]
