"""A/B tests: how large they must be, and what they say, however often one looks.

Canaries are judged by the same intervals.
"""

from __future__ import annotations

from mainspring.serving.rollout.experiments.comparing import compare_means, compare_quantiles, compare_shares
from mainspring.serving.rollout.experiments.judging import Judgement, judge, judge_all
from mainspring.serving.rollout.experiments.mismatch import Mismatch, mismatch
from mainspring.serving.rollout.experiments.planning import Plan, plan_means, plan_shares
from mainspring.serving.rollout.experiments.readout import Readout, read
from mainspring.serving.rollout.experiments.sample import Comparison, Summed, Sums, per_key

__all__ = [
    "Comparison",
    "Judgement",
    "Mismatch",
    "Plan",
    "Readout",
    "Summed",
    "Sums",
    "compare_means",
    "compare_quantiles",
    "compare_shares",
    "judge",
    "judge_all",
    "mismatch",
    "per_key",
    "plan_means",
    "plan_shares",
    "read",
]
