"""From raw columns to the matrix a model is trained on: fitted once, applied the same everywhere.

``Transform.fit`` looks at the training rows; ``apply`` computes the matrix, in training and in serving. What
becomes of each column says a preprocessing function over named columns (:class:`Columns`), or, without one, a
small rule by its type (``Numeric``, ``OneHot``, ``Ordinal``). Either way the result is a graph of frozen ops
(:mod:`mainspring.data.transforms.ops`) whose arithmetic is exact enough to be written down again as a graph of
float64 operations, bit for bit.
"""

from __future__ import annotations

from mainspring.data.transforms.functions import analyze, named
from mainspring.data.transforms.graph import Columns, Expression
from mainspring.data.transforms.kinds import ColumnTransform, Numeric, OneHot, Ordinal
from mainspring.data.transforms.ops import Op
from mainspring.data.transforms.transform import Transform

__all__ = [
    "ColumnTransform",
    "Columns",
    "Expression",
    "Numeric",
    "OneHot",
    "Op",
    "Ordinal",
    "Transform",
    "analyze",
    "named",
]
