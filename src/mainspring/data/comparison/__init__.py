"""Comparison: how far apart two sets of rows are, whether that is more than chance, and large enough to matter.

Distances are computed from statistics alone, no rows are needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.data.comparison.apart import distances
    from mainspring.data.comparison.changes import Change, explain_change, explain_changes
    from mainspring.data.comparison.compared import Comparison, Distance, FeatureComparison
    from mainspring.data.comparison.comparing import LIMITS, METHODS, compare
    from mainspring.data.comparison.joined import JoinedSkew, joined_skew
    from mainspring.data.comparison.measuring import LEVEL, measure
    from mainspring.data.comparison.mmd import mmd_test
    from mainspring.data.comparison.multivariate import ClassifierTest, MmdTest
    from mainspring.data.comparison.nouns import METRICS, Distances, Measurement
    from mainspring.data.comparison.references import Reference, reference_days, reference_statistics
    from mainspring.data.comparison.rows import distances_of_rows
    from mainspring.data.comparison.shift import Shift, estimate_label_shares, shift_kinds
    from mainspring.data.comparison.significance import benjamini_hochberg, homogeneity
    from mainspring.data.comparison.tfdv import tfdv_distances

_EXPORTS = {
    "Change": "changes",
    "ClassifierTest": "multivariate",
    "Comparison": "compared",
    "Distance": "compared",
    "Distances": "nouns",
    "FeatureComparison": "compared",
    "JoinedSkew": "joined",
    "LEVEL": "measuring",
    "LIMITS": "comparing",
    "METHODS": "comparing",
    "METRICS": "nouns",
    "Measurement": "nouns",
    "MmdTest": "multivariate",
    "Reference": "references",
    "Shift": "shift",
    "benjamini_hochberg": "significance",
    "compare": "comparing",
    "distances": "apart",
    "distances_of_rows": "rows",
    "estimate_label_shares": "shift",
    "explain_change": "changes",
    "explain_changes": "changes",
    "homogeneity": "significance",
    "joined_skew": "joined",
    "measure": "measuring",
    "mmd_test": "mmd",
    "reference_days": "references",
    "reference_statistics": "references",
    "shift_kinds": "shift",
    "tfdv_distances": "tfdv",
}

__all__ = [
    "Change",
    "ClassifierTest",
    "Comparison",
    "Distance",
    "Distances",
    "FeatureComparison",
    "JoinedSkew",
    "LEVEL",
    "LIMITS",
    "METHODS",
    "METRICS",
    "Measurement",
    "MmdTest",
    "Reference",
    "Shift",
    "benjamini_hochberg",
    "compare",
    "distances",
    "distances_of_rows",
    "estimate_label_shares",
    "explain_change",
    "explain_changes",
    "homogeneity",
    "joined_skew",
    "measure",
    "mmd_test",
    "reference_days",
    "reference_statistics",
    "shift_kinds",
    "tfdv_distances",
]

__getattr__, __dir__ = lazily(__name__, _EXPORTS)
