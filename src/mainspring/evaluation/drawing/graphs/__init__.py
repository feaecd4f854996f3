"""Graphs of steps, lineage and models that answer together, as SVG text, drawn with nothing but Python.

Charts, the palette and lettering are those of :mod:`mainspring.evaluation.drawing`, whose promises hold here too.

=============== ==================================================================
module          what is in it
=============== ==================================================================
``nouns``       boxes and arrows of a graph
``layout``      where the boxes go (layers, few crossings, short arrows)
``graph``       the graph itself
=============== ==================================================================
"""

from __future__ import annotations

from mainspring.evaluation.drawing.graphs.graph import draw, glyph, reduced
from mainspring.evaluation.drawing.graphs.nouns import Edge, Node

__all__ = ["Edge", "Node", "draw", "glyph", "reduced"]
