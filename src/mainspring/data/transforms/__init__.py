"""From raw columns to the matrix a model is trained on: fitted once, applied the same everywhere.

``Transform.fit`` looks at the training rows; ``apply`` computes the matrix, in training and in serving. Every
column is turned by one of three small, frozen rules (``Numeric``, ``OneHot``, ``Ordinal``) whose arithmetic is
exact enough to be written down again as a graph of float64 operations, bit for bit.
"""

from __future__ import annotations

from mainspring.data.transforms.kinds import ColumnTransform, Numeric, OneHot, Ordinal
from mainspring.data.transforms.transform import Transform

__all__ = ["ColumnTransform", "Numeric", "OneHot", "Ordinal", "Transform"]
