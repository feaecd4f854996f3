"""Pictures as SVG text, drawn with nothing but Python: graphs of steps and lineage, the charts of the report.

Every function is pure: the same input gives the same markup. Every picture has a title and a description for
people who do not see it, escapes what it is given, and takes its colours from custom properties, so that one
picture reads well by day, by night and on paper.

=============== ==================================================================
module          what is in it
=============== ==================================================================
``colours``     the palette, by day and by night, and the style sheet
``lettering``   escaping, measuring and shortening text without a font at hand
``nouns``       boxes and arrows of a graph
``layout``      where the boxes go (layers, few crossings, short arrows)
``graph``       the graph itself
``small``       pictures that fit a cell of a table
``charts``      curves, histograms and the confusion matrix
=============== ==================================================================
"""

from __future__ import annotations

from mainspring.app.drawing.charts import Line, confusion_matrix, histogram, line_chart
from mainspring.app.drawing.colours import picture_rules, standing_alone, variables, within_page
from mainspring.app.drawing.graph import draw, glyph, reduced
from mainspring.app.drawing.nouns import Edge, Node
from mainspring.app.drawing.small import interval_bar, mini_bars, sparkline

__all__ = [
    "Edge",
    "Line",
    "Node",
    "confusion_matrix",
    "draw",
    "glyph",
    "histogram",
    "interval_bar",
    "line_chart",
    "mini_bars",
    "picture_rules",
    "reduced",
    "sparkline",
    "standing_alone",
    "variables",
    "within_page",
]
