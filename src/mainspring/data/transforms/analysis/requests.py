"""All requests: what can be asked of full passes over the rows."""

from __future__ import annotations

from mainspring.data.transforms.analysis.about_groups import (
    Components,
    CovarianceMatrix,
    KeyFigures,
    TargetFigures,
)
from mainspring.data.transforms.analysis.about_numbers import (
    Count,
    Deviation,
    Edges,
    Extent,
    Histogram,
    Maximum,
    Mean,
    Minimum,
    MostFrequentNumber,
    Quantile,
    QuantileRange,
    Variance,
)
from mainspring.data.transforms.analysis.about_words import (
    Idf,
    MostFrequentWord,
    Vocabulary,
    WordCounts,
    WordShares,
)
from mainspring.data.transforms.analysis.asking import FOLDS, LABEL, Request, fold_name, folds_in
from mainspring.data.transforms.analysis.shapes import Exponent, ScorePoints

__all__ = [
    "Components",
    "Count",
    "CovarianceMatrix",
    "Deviation",
    "Edges",
    "Exponent",
    "Extent",
    "FOLDS",
    "Histogram",
    "Idf",
    "KeyFigures",
    "LABEL",
    "Maximum",
    "Mean",
    "Minimum",
    "MostFrequentNumber",
    "MostFrequentWord",
    "Quantile",
    "QuantileRange",
    "Request",
    "ScorePoints",
    "TargetFigures",
    "Variance",
    "Vocabulary",
    "WordCounts",
    "WordShares",
    "fold_name",
    "folds_in",
]
