"""Training: an estimator by name, its parameters, and a table in; a model out."""

from mainspring.models.training.estimators import find_estimator
from mainspring.models.training.fitting import train

__all__ = ["find_estimator", "train"]
