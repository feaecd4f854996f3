"""Training: an estimator by name, its parameters, and a table in; a model out.

:func:`train` trains; :func:`train_both` goes on from a model and starts over, and keeps the better;
:func:`check_training` looks at everything that can be known before a long run; :func:`read_weights` and
:func:`read_rules` read models that people can read.
"""

from mainspring.models.training.baseline_set import Baselines, measure_baselines
from mainspring.models.training.baselines import Baseline, baselines
from mainspring.models.training.checks import baseline_table, check_training
from mainspring.models.training.estimators import find_estimator
from mainspring.models.training.fitting import train
from mainspring.models.training.reading import Rule, Weight, read_rules, read_weights
from mainspring.models.training.warm import train_both

__all__ = [
    "Baseline",
    "Baselines",
    "Rule",
    "Weight",
    "baseline_table",
    "baselines",
    "check_training",
    "find_estimator",
    "measure_baselines",
    "read_rules",
    "read_weights",
    "train",
    "train_both",
]
