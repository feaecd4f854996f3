"""Graphs of steps and lineage as SVG text, drawn with nothing but Python.

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

from mainspring.app.drawing.graph import draw, glyph, reduced
from mainspring.app.drawing.nouns import Edge, Node

__all__ = ["Edge", "Node", "draw", "glyph", "reduced"]
