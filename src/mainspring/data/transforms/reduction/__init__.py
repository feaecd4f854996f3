"""Fewer columns that keep most of what many say."""

from __future__ import annotations

from mainspring.data.transforms.reduction.affine import AffineReduction
from mainspring.data.transforms.reduction.fitting import METHODS, enough_components, fit_reduction, pca_of
from mainspring.data.transforms.reduction.neighbours import fit_map
from mainspring.data.transforms.reduction.nonnegative import Parts, fit_parts
from mainspring.data.transforms.reduction.reducing import behind, reduce_transform
from mainspring.data.transforms.reduction.scatter import Scatter

__all__ = [
    "AffineReduction",
    "METHODS",
    "Parts",
    "Scatter",
    "behind",
    "enough_components",
    "fit_map",
    "fit_parts",
    "fit_reduction",
    "pca_of",
    "reduce_transform",
]
