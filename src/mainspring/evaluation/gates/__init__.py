"""Gates of models: thresholds, change against baselines, rules, and the choice among many.

Everything gives a :class:`~mainspring.core.Verdict` with a reason for each thing that was looked at.
"""

from mainspring.evaluation.gates.choosing import Choice, choose
from mainspring.evaluation.gates.comparing import compare
from mainspring.evaluation.gates.pairing import paired_differences

__all__ = ["Choice", "choose", "compare", "paired_differences"]
