"""Explanations as pictures: SVG and HTML that take their colours from the page and say in words what they show.

Every function is pure, escapes what it is given, and gives the same markup for the same explanation. In a notebook
explanations show themselves.

================== ====================================================
module             what is in it
================== ====================================================
``lanes``          what pictures with one line for each feature share
``contributions``  one answer: waterfall and force
``swarms``         many answers: importance, beeswarm, dependence
``curves``         effects of one feature and of two
``rules``          anchors, counterfactuals and rules, in words
``showing``        any explanation, in a notebook and as a page
================== ====================================================
"""

from mainspring.evaluation.explanation.plots.contributions import force, waterfall
from mainspring.evaluation.explanation.plots.curves import effect_curve
from mainspring.evaluation.explanation.plots.rules import anchor_rules, counterfactual_table, surrogate_rules
from mainspring.evaluation.explanation.plots.showing import explanation_page, in_notebook, picture_of
from mainspring.evaluation.explanation.plots.swarms import beeswarm, dependence, importance_bars

__all__ = [
    "anchor_rules",
    "beeswarm",
    "counterfactual_table",
    "dependence",
    "effect_curve",
    "explanation_page",
    "force",
    "importance_bars",
    "in_notebook",
    "picture_of",
    "surrogate_rules",
    "waterfall",
]
