"""Charts as SVG text, drawn with nothing but Python: for reports of models, explanations and monitoring.

Every function is pure: the same input gives the same markup. Every picture has a title and a description for
people who do not see it, escapes what it is given, and takes its colours from custom properties, so that one
picture reads well by day, by night and on paper.

=============== ==================================================================
module          what is in it
=============== ==================================================================
``colours``     the palette, by day and by night, and the style sheet
``lettering``   escaping, measuring and shortening text without a font at hand
``small``       pictures that fit a cell of a table
``charts``      curves, histograms and the confusion matrix
``points``      scattered points, the reliability diagram
``frames``      what charts with axes stand on
``graphs``      boxes and arrows
=============== ==================================================================
"""

from __future__ import annotations

from mainspring.evaluation.drawing.charts import Line, confusion_matrix, histogram, line_chart
from mainspring.evaluation.drawing.colours import picture_rules, standing_alone, variables, within_page
from mainspring.evaluation.drawing.points import reliability_chart, scatter_chart
from mainspring.evaluation.drawing.small import difference_bar, interval_bar, mini_bars, sparkline

__all__ = [
    "Line",
    "confusion_matrix",
    "difference_bar",
    "histogram",
    "interval_bar",
    "line_chart",
    "mini_bars",
    "picture_rules",
    "reliability_chart",
    "scatter_chart",
    "sparkline",
    "standing_alone",
    "variables",
    "within_page",
]
