"""Rows that are unlike those that a model was trained on.

A model is served with options ``outliers``: :func:`fit_reference` makes an :class:`OutlierJudge` of the reference
in its package, and every answer says of each row how far it is from usual ones, in the log always and in the
response when asked.

In a graph, :class:`OutlierDetector` is a class of the user's, which :func:`fit` makes of statistics. As a node
that a graph names under ``also`` it tells of every row in the tags of the answer, in events and in metrics, and
changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.serving.outliers.detector import Fitted, OutlierDetector, read_fitted
    from mainspring.serving.outliers.fitting import fit
    from mainspring.serving.outliers.judge_fitting import fit_reference
    from mainspring.serving.outliers.judged import Outliers
    from mainspring.serving.outliers.judging import OutlierJudge
    from mainspring.serving.outliers.options import OutlierOptions

_EXPORTS = {
    "Fitted": "detector",
    "OutlierDetector": "detector",
    "OutlierJudge": "judging",
    "OutlierOptions": "options",
    "Outliers": "judged",
    "fit": "fitting",
    "fit_reference": "judge_fitting",
    "read_fitted": "detector",
}

__all__ = [
    "Fitted",
    "OutlierDetector",
    "OutlierJudge",
    "OutlierOptions",
    "Outliers",
    "fit",
    "fit_reference",
    "read_fitted",
]

__getattr__, __dir__ = lazily(__name__, _EXPORTS)
