"""Anchors: rules that are enough for an answer, with their precision and their reach."""

from mainspring.evaluation.explanation.anchors.anchor import Anchor
from mainspring.evaluation.explanation.anchors.predicates import Predicate
from mainspring.evaluation.explanation.anchors.tables import anchors
from mainspring.evaluation.explanation.anchors.texts import text_anchors

__all__ = ["Anchor", "Predicate", "anchors", "text_anchors"]
