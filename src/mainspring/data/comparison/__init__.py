"""Comparison: how far apart two sets of rows are, whether that is more than chance, and large enough to matter.

Distances are computed from statistics alone, no rows are needed.
"""

from mainspring.data.comparison.distances import distances
from mainspring.data.comparison.measuring import LEVEL, measure
from mainspring.data.comparison.nouns import METRICS, Distances, Measurement
from mainspring.data.comparison.significance import benjamini_hochberg, homogeneity

__all__ = [
    "LEVEL",
    "METRICS",
    "Distances",
    "Measurement",
    "benjamini_hochberg",
    "distances",
    "homogeneity",
    "measure",
]
