"""Slopes by raw column, held against differences of the model's own log-odds, and attacks that follow them."""

from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.data import Columns, Feature, Schema, Table, Transform
from mainspring.evaluation.robustness.attacks import attack
from mainspring.models import Model, train
from mainspring.models.explaining import gradients_of

RNG = np.random.default_rng(0)
N = 300
A, B = RNG.normal(5, 3, N), RNG.normal(size=N)
JOB = RNG.choice(np.array(["smith", "baker", "cook"], dtype=object), N)
SUM = 0.5 * (A - 5) - B + (JOB == "baker") + 0.5 * RNG.normal(size=N)
TABLE = Table.from_columns(
    {
        "a": A,
        "b": B,
        "job": JOB,
        "label": np.where(SUM > 0, "yes", "no").tolist(),
        "three": np.where(SUM > 0.7, "high", np.where(SUM > -0.7, "middle", "low")).tolist(),
    }
)
NETWORK = pytest.param(
    "torch.MLP", {"hidden": [8], "activation": "tanh", "epochs": 15, "lr": 0.02}, marks=pytest.mark.slow
)
LOGISTIC = ("sklearn.linear_model.LogisticRegression", {})


def prepared(c: Columns) -> dict[str, Any]:
    """Scaled numbers, one of them made of two raw columns."""
    both = c["a"] - c["b"]
    return {"money": c["a"].z_score(), "both": both.z_score(), "work": c["job"].one_hot()}


def trained(estimator: str, params: dict[str, object], label: str = "label", function: Any = None) -> Model:
    if estimator.startswith("torch") and find_spec("torch") is None:
        pytest.skip("PyTorch is an extra")
    table = TABLE.drop(["three" if label == "label" else "label"])
    schema = Schema(
        features={column.name: Feature(name=column.name, type=column.type) for column in table.columns}
    )
    transform = Transform.fit(table, schema, label=label, function=function)
    return train(table, transform, estimator=estimator, params=params)


@pytest.mark.parametrize(("estimator", "params"), [LOGISTIC, NETWORK])
@pytest.mark.parametrize(("label", "function"), [("label", None), ("three", None), ("label", prepared)])
def test_slopes_are_those_of_the_log_odds(
    estimator: str, params: dict[str, object], label: str, function: Any
) -> None:
    model = trained(estimator, params, label, function)
    gradients = gradients_of(model)
    columns = {name: TABLE.column(name) for name in ("a", "b", "job")}
    logits = gradients.logits(columns)
    scores = model.predict(TABLE).scores
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    assert powers / powers.sum(axis=1, keepdims=True) == pytest.approx(scores, abs=1e-6)
    weights = np.zeros_like(logits)
    weights[:, 0], weights[:, 1] = -1.0, 1.0
    found = gradients.gradients(columns, weights)
    assert set(found) == {"a", "b"}
    for name in ("a", "b"):
        up, down = (
            np.log(model.predict_columns({**columns, name: columns[name] + step}).scores[:, :2])
            for step in (0.01, -0.01)
        )
        slope = ((up[:, 1] - up[:, 0]) - (down[:, 1] - down[:, 0])) / 0.02
        assert found[name] == pytest.approx(slope, rel=1e-2, abs=2e-3)


@pytest.mark.parametrize(("estimator", "params"), [LOGISTIC, NETWORK])
def test_attacks_follow_them(estimator: str, params: dict[str, object]) -> None:
    model = trained(estimator, params)
    one, many, asking = (
        attack(
            model,
            TABLE.drop(["three"]),
            label="label",
            method=method,
            budgets=[0.3],
            gradients=gradients_of(model),
        )
        for method in ("fast_gradient_sign", "projected_gradient", "column_search")
    )
    assert many.found[0].accuracy <= one.found[0].accuracy < one.accuracy - 0.1
    assert asking.found[0].accuracy < asking.accuracy
    if estimator == LOGISTIC[0]:
        assert many.found[0].accuracy == one.found[0].accuracy


def test_what_has_no_gradients_is_refused() -> None:
    forest = trained("sklearn.ensemble.RandomForestClassifier", {"n_estimators": 3})
    with pytest.raises(InputError, match="has no gradients"):
        gradients_of(forest)
    with pytest.raises(InputError, match="a dict has no gradients"):
        gradients_of({})
