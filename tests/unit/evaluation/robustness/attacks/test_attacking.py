"""Attacks on models whose weakness can be worked out by hand."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mainspring.core import InputError, NotFoundError, plugins
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.explanation import Budget, Constraints
from mainspring.evaluation.explanation.asking import Columns, Floats
from mainspring.evaluation.robustness.attacks import AdversarialReport, Target, attack
from mainspring.evaluation.robustness.attacks.deep_fool import deep_fool
from mainspring.evaluation.robustness.attacks.word_attack import changed_words

BIAS, WEIGHTS = 0.3, np.array([1.0, -2.0, 0.5])
"""Of the model ``linear``."""


def test_the_fast_gradient_sign_reaches_the_robust_accuracy_of_a_linear_model(
    linear: Any, table: Table, matrix: Floats, signs: Floats
) -> None:
    # No change of at most eps in each column moves the sum by more than eps times the sum of sizes of the weights.
    found = attack(
        linear,
        table,
        label="label",
        method="fast_gradient_sign",
        budgets=[0.1, 0.5],
        scales=1.0,
        gradients=linear,
    )
    for eps in (0.1, 0.5):
        robust = np.mean(signs * (matrix @ WEIGHTS + BIAS) - eps * np.abs(WEIGHTS).sum() > 0)
        assert found.at(eps).accuracy == pytest.approx(robust, abs=1e-12)
        assert found.at(eps).distance <= eps + 1e-9
    assert found.accuracy == np.mean(signs * (matrix @ WEIGHTS + BIAS) > 0)
    assert found.at(0.5).interval.low < found.at(0.5).accuracy < found.at(0.5).interval.high


def test_under_l2_the_weights_count_by_their_length(
    linear: Any, table: Table, matrix: Floats, signs: Floats
) -> None:
    for method in ("fast_gradient_sign", "projected_gradient"):
        found = attack(
            linear, table, label="label", method=method, norm="l2", budgets=[0.4], scales=1.0, gradients=linear
        )
        robust = np.mean(signs * (matrix @ WEIGHTS + BIAS) - 0.4 * np.linalg.norm(WEIGHTS) > 0)
        assert found.found[0].accuracy == pytest.approx(robust, abs=1e-12)
        assert found.norm == "l2"


def test_deep_fool_goes_the_shortest_way(linear: Any, table: Table, matrix: Floats, signs: Floats) -> None:
    target = Target.of(linear, table, label="label", scales=1.0, gradients=linear)
    right = signs * (matrix @ WEIGHTS + BIAS) > 0
    part = target.where(right)
    away = part.distance(deep_fool(part, math.inf, overshoot=0.01), "l2")
    assert away == pytest.approx(1.01 * np.abs(matrix @ WEIGHTS + BIAS)[right] / np.linalg.norm(WEIGHTS))
    found = attack(linear, table, label="label", method="deep_fool", budgets=[100.0], gradients=linear)
    assert found.found[0].accuracy == 0.0


class Curved:
    """Three classes, by how far a point is from a centre: gradients that turn."""

    CENTRES = np.array([[0.0, 0.0], [1.5, 0.0], [0.0, 1.5]])

    def logits(self, columns: Columns) -> Floats:
        points = np.column_stack([columns["a"], columns["b"]])
        found: Floats = -(((points[:, None, :] - self.CENTRES) ** 2).sum(axis=2) ** 0.7)
        return found

    def gradients(self, columns: Columns, weights: Floats) -> dict[str, Floats]:
        small = 1e-6
        found = {}
        for name in ("a", "b"):
            up = self.logits({**columns, name: columns[name] + small})
            down = self.logits({**columns, name: columns[name] - small})
            found[name] = (weights * (up - down)).sum(axis=1) / (2 * small)
        return found

    def predict(self, table: Table) -> Predictions:
        powers = np.exp(self.logits({name: table.column(name) for name in ("a", "b")}))
        return Predictions(("x", "y", "z"), powers / powers.sum(axis=1, keepdims=True))


@pytest.fixture(scope="module")
def curved() -> Table:
    random = np.random.default_rng(2)
    classes = random.integers(0, 3, 400)
    points = Curved.CENTRES[classes] + 0.5 * random.normal(size=(400, 2))
    labels = np.array(["x", "y", "z"])[classes].tolist()
    return Table.from_columns({"a": points[:, 0], "b": points[:, 1], "label": labels})


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_many_steps_are_never_weaker_than_one(curved: Table, norm: Any) -> None:
    model = Curved()
    one, many = (
        attack(model, curved, label="label", method=method, norm=norm, budgets=[0.2, 0.6], gradients=model)
        for method in ("fast_gradient_sign", "projected_gradient")
    )
    for budget in (0.2, 0.6):
        assert many.at(budget).accuracy <= one.at(budget).accuracy < one.accuracy
        assert many.at(budget).distance <= budget + 1e-9


def test_deep_fool_finds_the_nearest_of_several_borders(curved: Table) -> None:
    model = Curved()
    fooled = attack(model, curved, label="label", method="deep_fool", budgets=[0.6], gradients=model)
    many = attack(
        model, curved, label="label", method="projected_gradient", norm="l2", budgets=[0.6], gradients=model
    )
    assert fooled.found[0].accuracy == pytest.approx(many.found[0].accuracy, abs=0.03)


def test_constraints_hold_and_whole_numbers_stay_whole(linear: Any, signs: Floats, matrix: Floats) -> None:
    whole = np.round(matrix * 10)
    rows = {"x0": whole[:, 0].astype(int).tolist(), "x1": matrix[:, 1], "x2": matrix[:, 2]}
    labels = np.where(signs > 0, "yes", "no").tolist()
    table = Table.from_columns({**rows, "label": labels})
    limits = Constraints(immutable=("x2",), rising=("x0",), within={"x1": (-0.5, 0.5)})
    for method in ("fast_gradient_sign", "projected_gradient", "column_search"):
        found = attack(
            linear, table, label="label", method=method, budgets=[1.0], constraints=limits, gradients=linear
        )
        assert found.examples
        for one in found.examples:
            for change in one.changes:
                assert change.feature != "x2"
                assert isinstance(change.after, float)
                if change.feature == "x0":
                    assert isinstance(change.before, float)
                    assert change.after > change.before
                    assert change.after == round(change.after)
                else:
                    assert -0.5 <= change.after <= 0.5


class Rule:
    """Denies bakers, and those with little money; the town is read by nobody."""

    def predict(self, table: Table) -> Predictions:
        poor = table.column("money") < 10
        yes = np.where((table.column("job") == "baker") | poor | (table.column("sick") > 0), 0.1, 0.8)
        return Predictions(("no", "yes"), np.column_stack([1 - yes, yes]))


RULED = Table.from_columns(
    {
        "money": [10.5, 30.0, 50.0, 5.0],
        "job": ["smith", "smith", "smith", "baker"],
        "town": ["A", "B", "A", None],
        "sick": [False, False, False, True],
        "label": ["yes", "yes", "yes", "no"],
    }
)


def test_a_search_over_columns_finds_the_cheapest_cell() -> None:
    found = attack(Rule(), RULED, label="label", budgets=[0.5, 1.0, 3.0], scales={"money": 2.0})
    # Half a unit of money turns the first row; another word, or truth value, costs 1; the last must change three.
    assert [one.accuracy for one in found.found] == [0.75, 0.25, 0.25]
    (nearest, *_) = found.examples
    assert (nearest.row, nearest.before, nearest.after) == (0, "yes", "no")
    assert [change.feature for change in nearest.changes] == ["money"]
    assert nearest.distance == pytest.approx(0.25, abs=0.01)
    assert {one.changes[0].feature for one in found.examples[1:]} <= {"job", "sick"}
    assert found.at(3.0).turned == 0.75
    assert found.spent.rows > 10
    assert "row 0: money: 10.5" in str(nearest)


def test_what_may_not_change_does_not() -> None:
    limits = Constraints(immutable=("money", "sick"), among={"job": ("smith",)})
    found = attack(Rule(), RULED, label="label", budgets=[3.0], constraints=limits)
    assert found.found[0].accuracy == 1.0
    assert found.examples == ()
    assert math.isnan(found.found[0].distance)


class Spam:
    """Counts bad words."""

    def predict(self, table: Table) -> Predictions:
        texts = [(text or "").lower() for text in table.column("text")]
        bad = np.array([sum(word in text for word in ("prize", "win")) for text in texts])
        yes = 1 / (1 + np.exp(1.0 - 2.0 * bad))
        return Predictions(("ham", "spam"), np.column_stack([1 - yes, yes]))


TEXTS = Table.from_columns(
    {
        "text": [
            "You win a prize today my friend",
            "Claim the prize now please, dear friend",
            "lunch at noon?",
            None,
        ],
        "label": ["spam", "spam", "ham", "ham"],
    }
)


def test_words_that_the_answer_hangs_on_are_changed() -> None:
    found = attack(Spam(), TEXTS, label="label", method="word_attack", budgets=[0.15, 0.3])
    # One word of seven is enough for the second text, the first has two.
    assert [one.accuracy for one in found.found] == [0.75, 0.5]
    assert found.at(0.3).distance == pytest.approx((1 / 7 + 2 / 7) / 2)
    (nearest, other) = found.examples
    assert "prize" not in str(nearest.changes[0].after)
    assert not {"win", "prize"} & set(str(other.changes[0].after).lower().split())
    same = attack(Spam(), TEXTS, label="label", method="word_attack", budgets=[0.15, 0.3])
    assert same == found


def test_synonyms_are_tried() -> None:
    class Fussy:
        """Knows rubbish when letters are out of order or words are missing, but not another word."""

        def predict(self, table: Table) -> Predictions:
            fooled = np.array(["reward" in (text or "") for text in table.column("text")])
            yes = np.where(fooled, 0.2, 0.9)
            return Predictions(("ham", "spam"), np.column_stack([1 - yes, yes]))

    others = {"prize": ["reward"]}
    found = attack(Fussy(), TEXTS.rows(0, 2), label="label", method="word_attack", budgets=[0.9], synonyms=others)
    assert found.found[0].accuracy == 0.0


def test_the_share_of_changed_words() -> None:
    before = np.array(["a b c d", "a b", None], dtype=object)
    assert changed_words(before, np.array(["a x c", "a b", None], dtype=object)).tolist() == [0.5, 0, 0]


def test_pixels_move_by_no_more_than_the_budget() -> None:
    weights = np.random.default_rng(3).normal(size=64)
    pictures = np.random.default_rng(4).uniform(0, 1, (60, 64))
    sums = pictures @ weights - np.median(pictures @ weights)

    class Pictures:
        def predict(self, table: Table) -> Predictions:
            return self.predict_columns({f"p{i}": table.column(f"p{i}") for i in range(64)})

        def predict_columns(self, columns: Columns) -> Predictions:
            matrix = np.column_stack([columns[f"p{i}"] for i in range(64)])
            yes = 1 / (1 + np.exp(-(matrix @ weights - np.median(pictures @ weights))))
            return Predictions(("no", "yes"), np.column_stack([1 - yes, yes]))

    table = Table.from_columns(
        {**{f"p{i}": pictures[:, i] for i in range(64)}, "label": np.where(sums > 0, "yes", "no").tolist()}
    )
    found = attack(
        Pictures(),
        table,
        label="label",
        method="simple_black_box",
        budgets=[0.03, 0.1],
        scales=1.0,
        constraints=Constraints(within={f"p{i}": (0.0, 1.0) for i in range(64)}),
    )
    # With all pixels moved the best way, the sum moves by the budget times the sizes of the weights.
    for eps in (0.03, 0.1):
        strongest = np.mean(np.abs(sums) > eps * np.abs(weights).sum())
        assert strongest <= found.at(eps).accuracy <= strongest + 0.1
        assert found.at(eps).distance <= eps + 1e-9
    assert found.found[0].accuracy < 1.0


def test_a_budget_that_is_spent_is_said(table: Table, linear: Any) -> None:
    found = attack(linear, table, label="label", budgets=[0.1, 0.5], budget=Budget(rows=1500))
    assert "stopped within 0.1" in found.notes[0]
    assert found.spent.rows <= 1500
    assert "stopped" in str(found)


def test_it_is_kept_and_judged(tmp_path: Path, table: Table, linear: Any) -> None:
    found = attack(linear, table, label="label", method="deep_fool", budgets=[0.1, 0.5], gradients=linear)
    found.save(tmp_path)
    assert AdversarialReport.load(tmp_path) == found
    assert plugins.load("artifact_types", AdversarialReport.ARTIFACT_TYPE) is AdversarialReport
    low = found.at(0.5).accuracy
    assert found.judge(accuracy_at_least=low).ok
    verdict = found.judge(accuracy_at_least=low + 0.01, loss_at_most=0.9)
    assert [reason.subject for reason in verdict.failures] == ["deep_fool 0.5"]
    assert found.judge(accuracy_at_least=0.9, up_to=0.01).failures[0].code == "NO_THRESHOLDS"
    assert found.properties()["attacked_accuracy"] == low


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"method": "fast_gradient_sign"}, "gradients"),
        ({"budgets": [0.0]}, "budgets are"),
        ({"features": ["x9"]}, "no column 'x9'"),
        ({"constraints": Constraints(rising=("x9",))}, "no column 'x9'"),
        ({"method": "word_attack"}, "no column of text"),
    ],
)
def test_what_cannot_be_done_is_said(table: Table, linear: Any, given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        attack(linear, table, label="label", **given)


def test_there_is_no_such_attack(table: Table, linear: Any) -> None:
    with pytest.raises(NotFoundError, match="no attack 'laser'"):
        attack(linear, table, label="label", method="laser")


def test_a_regression_cannot_be_attacked(table: Table) -> None:
    class Values:
        def predict(self, table: Table) -> Predictions:
            return Predictions(None, table.column("x0"))

    with pytest.raises(InputError, match="predicts values"):
        attack(Values(), table, label="x1")
