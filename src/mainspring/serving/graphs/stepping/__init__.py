"""Steps of a pipeline as nodes of a graph: the same functions on the same files, with what they had learnt.

A step is a function of columns, and perhaps of something that was fitted before. :class:`StepNode` calls it as a
class of the user's is called: the file is the one that the run recorded, and is held to its digest; what was
fitted is loaded as the pipeline loads it; values become arrays on the way out, and lists or tables on the way in.
"""

from __future__ import annotations

from mainspring.serving.graphs.stepping.node import StepNode
from mainspring.serving.graphs.stepping.spec import Column, State, StepSpec, read_spec, write_spec

__all__ = ["Column", "State", "StepNode", "StepSpec", "read_spec", "write_spec"]
