"""A detector of rows that are unlike those that a model was trained on, made of statistics that a run has anyway.

:func:`fit` makes it, and a server runs it as a class of the user's: :class:`OutlierDetector`. As a node that a
graph names under ``also`` it tells of every row in the tags of the answer, in events and in metrics, and changes
nothing.
"""

from __future__ import annotations

from mainspring.serving.outliers.detector import Fitted, OutlierDetector, read_fitted
from mainspring.serving.outliers.fitting import fit

__all__ = ["Fitted", "OutlierDetector", "fit", "read_fitted"]
