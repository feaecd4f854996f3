"""For every metric: whether more is better."""

from __future__ import annotations

from mainspring.evaluation.metrics.facts import Better, MetricName

_LOWER = frozenset(
    {
        "log_loss",
        "brier",
        "mae",
        "mse",
        "rmse",
        "mape",
        "median_error",
        "false_positive_rate",
        "false_positives",
        "false_negatives",
    }
)
_NEITHER = frozenset({"count", "base_rate", "positive_rate", "mean_error", "mean_label", "mean_prediction"})


def better(metric: str) -> Better:
    """The direction of a metric; a metric that is not known to us is better when higher.

    Example:
        >>> better("log_loss"), better("auc_weighted"), better("count")
        (<Better.LOWER: 'lower'>, <Better.HIGHER: 'higher'>, <Better.NEITHER: 'neither'>)
    """
    name = MetricName.parse(metric).stem
    if name in _LOWER:
        return Better.LOWER
    return Better.NEITHER if name in _NEITHER else Better.HIGHER
