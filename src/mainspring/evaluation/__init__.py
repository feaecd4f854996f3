"""The judgement: metrics, slices and the model gate.

:func:`evaluate` turns a :class:`Predictor` (or :class:`Predictions`) and labelled rows into an
:class:`Evaluation`: metrics over all rows and by slice. :func:`compare` turns that into a
:class:`~mainspring.core.Verdict`, by thresholds and against the model that was blessed before. A figure that
does not exist is NaN and says why.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mainspring.evaluation.audit import Audit, judge_audit, parse_audit, read_audit
    from mainspring.evaluation.columns import ColumnPredictor, predictions_in
    from mainspring.evaluation.comparing import ModelComparison, SliceComparison, compare_models, compare_slices
    from mainspring.evaluation.curves import Curves
    from mainspring.evaluation.errors import ErrorAnalysis, analyze_errors, errors_to_tag, read_tags, write_to_tag
    from mainspring.evaluation.evaluation import Evaluation, evaluate, measure_rows
    from mainspring.evaluation.fairness.assessment import assess_fairness
    from mainspring.evaluation.fairness.fairness import Fairness
    from mainspring.evaluation.fairness.flipped import Flips, judge_flips
    from mainspring.evaluation.fairness.flips import flip_protected
    from mainspring.evaluation.fairness.gate import judge_fairness
    from mainspring.evaluation.fairness.mitigation.comparing import compare_cutoffs, compare_mitigations
    from mainspring.evaluation.fairness.mitigation.cutoffs import GroupCutoffs
    from mainspring.evaluation.fairness.mitigation.outcomes import MitigationComparison
    from mainspring.evaluation.fairness.mitigation.reweighing import reweigh
    from mainspring.evaluation.fairness.mitigation.thresholds import optimise_thresholds
    from mainspring.evaluation.gates import Choice, choose, compare, paired_differences
    from mainspring.evaluation.metrics.business import cost, profit
    from mainspring.evaluation.metrics.custom import Answers, Metric, metric
    from mainspring.evaluation.metrics.directions import better, fact_of
    from mainspring.evaluation.metrics.facts import Better
    from mainspring.evaluation.metrics.forecasting import backtest
    from mainspring.evaluation.metrics.intervals import Intervals
    from mainspring.evaluation.metrics.measured import Interval, Measured
    from mainspring.evaluation.metrics.residuals import ResidualDiagnosis, diagnose_residuals
    from mainspring.evaluation.operation import Operation
    from mainspring.evaluation.ports import Predictor
    from mainspring.evaluation.predictions import Cutoff, Predictions
    from mainspring.evaluation.search import ErrorTree, FoundSlice, SliceSearch, find_slices, grow_error_tree
    from mainspring.evaluation.slicing import Slicer, SliceSpec
    from mainspring.evaluation.viewing.comparing import view_comparison
    from mainspring.evaluation.viewing.forms import evaluation_form
    from mainspring.evaluation.viewing.showing import view

# Imported on first use: these need numpy, which costs more than everything a small command needs.
_EXPORTS = {
    "Answers": "metrics.custom",
    "Audit": "audit",
    "Better": "metrics.facts",
    "Choice": "gates",
    "ColumnPredictor": "columns",
    "Curves": "curves",
    "Cutoff": "predictions",
    "ErrorAnalysis": "errors",
    "ErrorTree": "search",
    "Evaluation": "evaluation",
    "Fairness": "fairness.fairness",
    "Flips": "fairness.flipped",
    "FoundSlice": "search",
    "GroupCutoffs": "fairness.mitigation.cutoffs",
    "Interval": "metrics.measured",
    "Intervals": "metrics.intervals",
    "Measured": "metrics.measured",
    "Metric": "metrics.custom",
    "MitigationComparison": "fairness.mitigation.outcomes",
    "ModelComparison": "comparing",
    "Operation": "operation",
    "Predictions": "predictions",
    "Predictor": "ports",
    "ResidualDiagnosis": "metrics.residuals",
    "SliceComparison": "comparing",
    "SliceSearch": "search",
    "SliceSpec": "slicing",
    "Slicer": "slicing",
    "analyze_errors": "errors",
    "assess_fairness": "fairness.assessment",
    "backtest": "metrics.forecasting",
    "better": "metrics.directions",
    "choose": "gates",
    "compare": "gates",
    "compare_cutoffs": "fairness.mitigation.comparing",
    "compare_mitigations": "fairness.mitigation.comparing",
    "compare_models": "comparing",
    "compare_slices": "comparing",
    "cost": "metrics.business",
    "diagnose_residuals": "metrics.residuals",
    "errors_to_tag": "errors",
    "evaluate": "evaluation",
    "fact_of": "metrics.directions",
    "find_slices": "search",
    "flip_protected": "fairness.flips",
    "grow_error_tree": "search",
    "judge_audit": "audit",
    "judge_flips": "fairness.flipped",
    "measure_rows": "evaluation",
    "evaluation_form": "viewing.forms",
    "judge_fairness": "fairness.gate",
    "metric": "metrics.custom",
    "optimise_thresholds": "fairness.mitigation.thresholds",
    "paired_differences": "gates",
    "parse_audit": "audit",
    "predictions_in": "columns",
    "profit": "metrics.business",
    "read_audit": "audit",
    "read_tags": "errors",
    "reweigh": "fairness.mitigation.reweighing",
    "view": "viewing.showing",
    "view_comparison": "viewing.comparing",
    "write_to_tag": "errors",
}

__all__ = [
    "Answers",
    "Audit",
    "Better",
    "Choice",
    "ColumnPredictor",
    "Curves",
    "Cutoff",
    "ErrorAnalysis",
    "ErrorTree",
    "Evaluation",
    "Fairness",
    "Flips",
    "FoundSlice",
    "GroupCutoffs",
    "Interval",
    "Intervals",
    "Measured",
    "Metric",
    "MitigationComparison",
    "ModelComparison",
    "Operation",
    "Predictions",
    "Predictor",
    "ResidualDiagnosis",
    "SliceComparison",
    "SliceSearch",
    "SliceSpec",
    "Slicer",
    "analyze_errors",
    "assess_fairness",
    "backtest",
    "better",
    "choose",
    "compare",
    "compare_cutoffs",
    "compare_mitigations",
    "compare_models",
    "compare_slices",
    "cost",
    "diagnose_residuals",
    "errors_to_tag",
    "evaluate",
    "evaluation_form",
    "fact_of",
    "find_slices",
    "flip_protected",
    "grow_error_tree",
    "judge_audit",
    "judge_fairness",
    "judge_flips",
    "measure_rows",
    "metric",
    "optimise_thresholds",
    "paired_differences",
    "parse_audit",
    "predictions_in",
    "profit",
    "read_audit",
    "read_tags",
    "reweigh",
    "view",
    "view_comparison",
    "write_to_tag",
]


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_EXPORTS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
