"""Reads scikit-learn's linear models into :class:`mainspring.models.linear.LinearForm`."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn import linear_model, svm

from mainspring.models.linear import LinearForm
from mainspring.models.trees import Link

VALUES = (
    linear_model.ARDRegression,
    linear_model.BayesianRidge,
    linear_model.ElasticNet,
    linear_model.ElasticNetCV,
    linear_model.HuberRegressor,
    linear_model.Lars,
    linear_model.LarsCV,
    linear_model.Lasso,
    linear_model.LassoCV,
    linear_model.LassoLars,
    linear_model.LassoLarsCV,
    linear_model.LassoLarsIC,
    linear_model.LinearRegression,
    linear_model.OrthogonalMatchingPursuit,
    linear_model.OrthogonalMatchingPursuitCV,
    linear_model.QuantileRegressor,
    linear_model.Ridge,
    linear_model.RidgeCV,
    linear_model.SGDRegressor,
    linear_model.TheilSenRegressor,
    svm.LinearSVR,
)
"""Regression with the sum as it is."""

POWERS = (linear_model.GammaRegressor, linear_model.PoissonRegressor)
"""Regression with the exponential of the sum."""

PROBABILITIES = (linear_model.LogisticRegression, linear_model.LogisticRegressionCV)
"""A sigmoid of the sum for two classes, a softmax for more."""

CHOICES = (
    linear_model.Perceptron,
    linear_model.RidgeClassifier,
    linear_model.RidgeClassifierCV,
    svm.LinearSVC,
)
"""The class of the largest sum."""


def read_sklearn_linear(estimator: Any) -> LinearForm | None:
    """The weights of a fitted estimator; ``None`` if it is of another kind (subclasses are)."""
    link = _link(estimator)
    if link is None:
        return None
    weights = np.atleast_2d(np.asarray(estimator.coef_, dtype=np.float64)).T
    bias = np.asarray(estimator.intercept_, dtype=np.float64).reshape(-1)
    outputs = weights.shape[1]
    return LinearForm(weights=weights, bias=np.broadcast_to(bias, (outputs,)).copy(), link=link)


def _link(estimator: Any) -> Link | None:
    kind = type(estimator)
    if kind in VALUES:
        return Link.IDENTITY
    if kind in POWERS:
        return Link.EXP
    if kind in CHOICES:
        return Link.CHOICE
    several = len(getattr(estimator, "classes_", ())) > 2
    if kind in PROBABILITIES:
        return Link.SOFTMAX if several else Link.SIGMOID
    if kind is linear_model.SGDClassifier:
        if estimator.loss == "log_loss":
            return Link.ONE_AGAINST_REST if several else Link.SIGMOID
        return None if estimator.loss == "modified_huber" else Link.CHOICE
    return None
