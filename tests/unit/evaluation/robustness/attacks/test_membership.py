"""A planted memoriser is caught; an honest model and a constant one are not."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.robustness.attacks import Membership, infer_membership

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2000, 5))
RANDOM = RNG.choice(["no", "yes"], 2000)
SIGNAL = np.where(X[:, 0] + 0.8 * RNG.normal(size=2000) > 0, "yes", "no")


def table(rows, labels):
    return Table.from_columns({**{f"x{i}": X[rows, i] for i in range(5)}, "label": labels[rows].tolist()})


class Model:
    def __init__(self, fitted):
        self.fitted = fitted

    def predict(self, rows):
        matrix = np.column_stack([rows.column(f"x{i}") for i in range(5)])
        return Predictions(tuple(self.fitted.classes_), self.fitted.predict_proba(matrix))


def attacked(estimator, labels):
    half = slice(0, 1000), slice(1000, 2000)
    fitted = estimator.fit(X[half[0]], labels[half[0]])
    return infer_membership(Model(fitted), table(half[0], labels), table(half[1], labels), label="label")


def test_a_memoriser_is_caught():
    # A full tree knows all of its rows, and is right on half of the others by chance: 1/2 + 1/2 * 1/2.
    found = attacked(DecisionTreeClassifier(random_state=0), RANDOM)
    assert found.auc == pytest.approx(0.75, abs=0.02)
    assert found.advantage == pytest.approx(0.5, abs=0.04)
    verdict = found.judge()
    assert not verdict.ok
    assert verdict.failures[0].code == "MEMBERS_LEAK"
    forest = attacked(RandomForestClassifier(100, random_state=0), RANDOM)
    assert forest.auc > 0.95
    assert forest.caught["0.1"] > 0.6


def test_an_honest_model_is_not():
    found = attacked(LogisticRegression(), SIGNAL)
    assert found.interval.low < 0.5 < found.interval.high
    assert found.caught["0.01"] < 0.05
    assert found.judge().ok


def test_one_that_always_says_the_same_tells_nothing():
    class Constant:
        def predict(self, rows):
            return Predictions(("no", "yes"), np.full((rows.num_rows, 2), 0.5))

    found = infer_membership(
        Constant(), table(slice(0, 100), RANDOM), table(slice(100, 200), RANDOM), label="label"
    )
    assert found.auc == 0.5
    assert found.advantage == 0


def test_they_are_kept(tmp_path):
    found = attacked(LogisticRegression(), SIGNAL)
    found.save(tmp_path)
    assert Membership.load(tmp_path) == found
    assert "false alarms" in str(found)


def test_too_few_rows():
    model = Model(LogisticRegression().fit(X, SIGNAL))
    with pytest.raises(InputError, match="5 members and 100 others"):
        infer_membership(model, table(slice(0, 5), SIGNAL), table(slice(100, 200), SIGNAL), label="label")
