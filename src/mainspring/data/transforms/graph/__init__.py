"""Writing the graph of a transform: columns, values, and what can be called on them."""

from __future__ import annotations

from mainspring.data.transforms.graph.columns import Columns
from mainspring.data.transforms.graph.expression import Several, Value
from mainspring.data.transforms.graph.moments import Expression

__all__ = ["Columns", "Expression", "Several", "Value"]
