"""On tumours an attack costs accuracy, and defences win part of it back."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression

from mainspring.core import InputError, plugins
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.robustness.defences import DefenceComparison, compare_defences, softened

DATA = load_breast_cancer()
NAMES = [f"x{i}" for i in range(30)]
MATRIX = (DATA.data - DATA.data.mean(axis=0)) / DATA.data.std(axis=0)
ROWS = Table.from_columns(
    {**{name: MATRIX[:, i] for i, name in enumerate(NAMES)}, "label": DATA.target_names[DATA.target].tolist()}
)
TRAIN, HELD_OUT = ROWS.rows(0, 380), ROWS.rows(380, 569)


class Logistic:
    """A logistic regression that knows its gradients."""

    def __init__(self, table: Table, weights: Any) -> None:
        matrix = np.column_stack([table.column(name) for name in NAMES])
        # Hardly any regularisation: a model that has learnt its rows by heart is easy to attack.
        model = LogisticRegression(C=100.0, max_iter=3000)
        self.fitted = model.fit(matrix, table.column("label"), sample_weight=weights)

    def predict(self, table: Table) -> Predictions:
        return self.predict_columns({name: table.column(name) for name in NAMES})

    def predict_columns(self, columns: Any) -> Predictions:
        matrix = np.column_stack([columns[name] for name in NAMES])
        return Predictions(tuple(self.fitted.classes_), self.fitted.predict_proba(matrix))

    def logits(self, columns: Any) -> Any:
        sums = self.fitted.decision_function(np.column_stack([columns[name] for name in NAMES]))
        return np.column_stack([np.zeros(len(sums)), sums])

    def gradients(self, columns: Any, weights: Any) -> dict[str, Any]:
        return {name: weights[:, 1] * own for name, own in zip(NAMES, self.fitted.coef_[0], strict=True)}


@pytest.fixture(scope="module")
def compared() -> DefenceComparison:
    return compare_defences(
        Logistic,
        TRAIN,
        HELD_OUT,
        label="label",
        method="fast_gradient_sign",
        budget=0.2,
        gradients=lambda model: model,  # type: ignore[arg-type,return-value]  # this learner's models have them
        draws=25,
    )


def test_an_attack_costs_and_defences_win_part_of_it_back(compared: DefenceComparison) -> None:
    plain = compared.of("none")
    assert plain.accuracy > 0.93
    assert plain.attacked < plain.accuracy - 0.4
    assert compared.won("adversarial_training") > 0.1
    assert compared.won("smoothing") > 0.1
    for defence in ("adversarial_training", "smoothing"):
        assert compared.of(defence).interval.low > plain.interval.high
        assert compared.of(defence).accuracy > plain.accuracy - 0.05


def test_what_they_cost_is_told(compared: DefenceComparison) -> None:
    assert [one.rows for one in compared.outcomes][:3] == [380, 380 * 45, 3 * 380]
    assert [one.answers for one in compared.outcomes] == [1, 1, 25, 1]
    assert all(one.seconds > 0 for one in compared.outcomes)


def test_softened_answers_are_learnt_by_weights(compared: DefenceComparison) -> None:
    assert softened(np.array([[0.8, 0.2]]), 1.0).tolist() == [[pytest.approx(0.8), pytest.approx(0.2)]]
    assert compared.of("distillation").accuracy > 0.9
    assert 380 < compared.of("distillation").rows <= 3 * 380


def test_it_is_kept(compared: DefenceComparison, tmp_path: Any) -> None:
    compared.save(tmp_path)
    assert DefenceComparison.load(tmp_path) == compared
    assert plugins.load("artifact_types", DefenceComparison.ARTIFACT_TYPE) is DefenceComparison
    assert "adversarial_training: 0." in str(compared)


def test_there_is_no_such_defence() -> None:
    with pytest.raises(InputError, match="no defence prayer"):
        compare_defences(Logistic, TRAIN, HELD_OUT, label="label", defences=["prayer"])
