"""Explanations by example: rows that are alike, rows that stand for many, rows that taught well or badly."""

from mainspring.evaluation.explanation.examples.prototypes import Prototypes, prototypes
from mainspring.evaluation.explanation.examples.similar import Neighbour, knn_shapley, similar_examples

__all__ = ["Neighbour", "Prototypes", "knn_shapley", "prototypes", "similar_examples"]
