from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

from mainspring.core import InputError, Slice
from mainspring.data import Examples, Table
from mainspring.evaluation.fairness.assessment import assess_fairness
from mainspring.evaluation.fairness.fairness import Fairness
from mainspring.evaluation.metrics.intervals import Intervals, Method
from mainspring.evaluation.predictions import Predictions
from mainspring.evaluation.steps import assess_fairness as assess_step

CLOSED = Intervals()
MEN, WOMEN = Slice.of(sex="m"), Slice.of(sex="f")

# Sixteen rows. Men: 4 positives, of whom 3 are selected, and 4 negatives, of whom 1 is. Women: 2 positives, of
# whom 1 is selected, and 6 negatives, of whom 2 are.
SEX = ["m"] * 8 + ["f"] * 8
TRUTH = [1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0]
CHOSEN = [1, 1, 1, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0, 0, 0, 0]


def scored(scores: object) -> Predictions:
    """Predictions of 1 with these probabilities."""
    chance = np.asarray(scores, dtype=np.float64)
    return Predictions(("0", "1"), np.column_stack([1 - chance, chance]))


SIXTEEN = Table.from_columns({"hired": TRUTH, "sex": SEX})
ANSWERS = scored(np.where(np.array(CHOSEN) == 1, 0.9, 0.2))


def sixteen(**options: object) -> Fairness:
    wanted = {"label": "hired", "protected": ["sex"], "min_group_size": 1, "intervals": CLOSED, **options}
    return assess_fairness(ANSWERS, SIXTEEN, **wanted)  # type: ignore[arg-type]  # options of the test


def test_figures_of_the_table_worked_by_hand() -> None:
    men, women = sixteen().group("sex=m").figures, sixteen().group("sex=f").figures
    by_hand = {
        "selection_rate": ((4, 8), (3, 8)),
        "true_positive_rate": ((3, 4), (1, 2)),
        "false_negative_rate": ((1, 4), (1, 2)),
        "false_positive_rate": ((1, 4), (2, 6)),
        "true_negative_rate": ((3, 4), (4, 6)),
        "positive_predictive_value": ((3, 4), (1, 3)),
        "false_discovery_rate": ((1, 4), (2, 3)),
        "negative_predictive_value": ((3, 4), (4, 5)),
        "false_omission_rate": ((1, 4), (1, 5)),
        "accuracy": ((6, 8), (5, 8)),
        "base_rate": ((4, 8), (2, 8)),
    }
    for name, pairs in by_hand.items():
        for figures, (top, bottom) in zip((men, women), pairs, strict=True):
            found = figures[name]
            assert (found.top, found.bottom, found.rows) == (top, bottom, bottom), name
            assert found.value == pytest.approx(top / bottom), name
            assert found.interval is not None
            assert found.interval.low <= found.value <= found.interval.high


def test_intervals_are_of_the_wanted_kind_and_level() -> None:
    def interval(wanted: Intervals) -> tuple[float, ...]:
        found = sixteen(intervals=wanted).group("sex=m").figures["true_positive_rate"].interval
        assert found is not None
        return tuple(found)

    # Three of four: Wilson's interval, and that of Clopper and Pearson.
    assert interval(CLOSED) == pytest.approx((0.30064, 0.95442), abs=1e-5)
    assert interval(Intervals(method="exact")) == pytest.approx((0.19412, 0.99369), abs=1e-5)
    narrow = interval(Intervals(level=0.5))
    assert 0.30064 < narrow[0] < 0.75 < narrow[1] < 0.95442


def test_gaps_of_the_table_worked_by_hand() -> None:
    found = sixteen(privileged={"sex": "m"})
    # fairlearn 0.15 and AIF360 0.6 give the same, as far as they have them.
    known = {
        "demographic_parity_difference": 0.125,
        "demographic_parity_ratio": 0.75,
        "equalized_odds_difference": 0.25,
        "equalized_odds_ratio": 2 / 3,
        "equal_opportunity_difference": 0.25,
        "equal_opportunity_ratio": 2 / 3,
        "predictive_equality_difference": 1 / 12,
        "predictive_parity_difference": 3 / 4 - 1 / 3,
        "accuracy_difference": 0.125,
        "statistical_parity_difference": -0.125,
        "disparate_impact": 0.75,
        "true_positive_rate_difference": -0.25,
        "average_odds_difference": -1 / 12,
    }
    assert {name: found.gap(name, "sex").value for name in known} == pytest.approx(known)
    assert found.gap("equalized_odds_difference").figure == "true_positive_rate"
    assert found.gap("equal_opportunity_difference").groups == (MEN, WOMEN)
    assert found.gap("predictive_equality_difference").groups == (WOMEN, MEN)
    assert found.gap("disparate_impact").groups == (WOMEN, MEN)


def test_inequality_of_the_table_is_what_aif360_gives() -> None:
    overall = sixteen().overall.figures
    assert overall["generalized_entropy_index"].value == pytest.approx(0.13667820069204156)
    assert overall["theil_index"].value == pytest.approx(0.18401555955766347)


def test_a_group_without_positives_is_left_out_and_named_and_moves_nothing() -> None:
    table = Table.from_columns({"hired": [*TRUTH, 0, 0, 0], "sex": [*SEX, "x", "x", "x"]})
    answers = scored([0.9 if one else 0.2 for one in [*CHOSEN, 1, 0, 0]])
    found = assess_fairness(answers, table, label="hired", protected=["sex"], min_group_size=1)
    rate = found.group("sex=x").figures["true_positive_rate"]
    assert math.isnan(rate.value)
    assert rate.reason == "no row has the label '1'"
    assert rate.bottom == 0
    gap = found.gap("equal_opportunity_difference", "sex")
    assert gap.value == 0.25
    assert gap.left_out == {Slice.of(sex="x"): "no row has the label '1'"}
    assert found.gap("demographic_parity_difference", "sex").left_out == {}


def test_rows_without_a_group_are_a_group() -> None:
    table = Table.from_columns({"hired": [*TRUTH, 1, 0], "sex": [*SEX, None, None]})
    answers = scored([0.9 if one else 0.2 for one in [*CHOSEN, 1, 0]])
    found = assess_fairness(answers, table, label="hired", protected=["sex"], min_group_size=1)
    missing = found.group("sex=(missing)")
    assert missing.count == 2
    assert missing.figures["true_positive_rate"].value == 1.0
    assert found.gap("equal_opportunity_difference").groups == (Slice.of(sex="(missing)"), WOMEN)


def test_small_groups_are_shown_and_not_compared() -> None:
    found = sixteen(min_group_size=3)
    assert found.group("sex=f").enough
    gap = found.gap("equal_opportunity_difference")
    assert math.isnan(gap.value)
    assert gap.left_out == {WOMEN: "2 rows behind its true_positive_rate, fewer than 3"}
    assert gap.reason == "only one group can be compared: sex=m"
    assert found.gap("demographic_parity_difference").value == 0.125
    assert not sixteen(min_group_size=9).group("sex=f").enough


def test_it_comes_back_as_it_was_and_is_written_the_same_twice(tmp_path: Path) -> None:
    found = sixteen(
        privileged={"sex": "m"}, min_group_size=3, intervals=Intervals(method="bootstrap", resamples=50)
    )
    found.save(tmp_path)
    assert Fairness.load(tmp_path).as_dict() == found.as_dict()
    again = sixteen(
        privileged={"sex": "m"}, min_group_size=3, intervals=Intervals(method="bootstrap", resamples=50)
    )
    assert json.dumps(again.as_dict()) == json.dumps(found.as_dict())
    assert found.properties()["demographic_parity_difference"] == 0.125
    assert "equal_opportunity_difference" not in found.properties()


def sample(rows: int = 3000) -> tuple[Table, Predictions]:
    random = np.random.default_rng(5)
    truth = random.random(rows) < 0.4
    scores = np.clip(np.where(truth, 0.6, 0.35) + random.normal(0, 0.2, rows), 0, 1).round(2)
    table = Table.from_columns(
        {
            "y": np.where(truth, "yes", "no").tolist(),
            "sex": random.choice(["f", "m"], rows).tolist(),
            "race": random.choice(["a", "b", "c"], rows, p=[0.7, 0.2, 0.1]).tolist(),
            "weight": random.choice([0.5, 1.0, 3.0], rows),
        }
    )
    return table, Predictions(("no", "yes"), np.column_stack([1 - scores, scores]))


def test_figures_are_those_of_scikit_learn_at_every_threshold() -> None:
    table, answers = sample()
    found = assess_fairness(answers, table, label="y", protected=["sex", "sex * race"], intervals=CLOSED)
    truth, scores = np.array(table.column("y")) == "yes", answers.scores[:, 1]
    for name in ("sex=f", "race=b, sex=m"):
        part = np.ones(len(truth), dtype=bool)
        for column, value in (each.split("=") for each in name.split(", ")):
            part &= np.array(table.column(column)) == value
        figures = found.group(name).figures
        assert figures["auc"].value == pytest.approx(metrics.roc_auc_score(truth[part], scores[part]))
        assert figures["brier"].value == pytest.approx(metrics.brier_score_loss(truth[part], scores[part]))
        for at in (0.1, 0.3, 0.7):
            chosen = scores[part] >= at
            assert figures[f"true_positive_rate@{at}"].value == pytest.approx(
                metrics.recall_score(truth[part], chosen)
            )
            assert figures[f"positive_predictive_value@{at}"].value == pytest.approx(
                metrics.precision_score(truth[part], chosen)
            )
        assert [at for at, _ in found.group(name).curve("true_positive_rate")] == list(found.thresholds)


def test_pieces_give_what_the_whole_gives() -> None:
    table, answers = sample()
    whole, pieces = (
        assess_fairness(answers, table, label="y", protected=["race"], weight="weight", chunk_rows=size).as_dict()
        for size in (5000, 700)
    )
    assert json.dumps(pieces, default=str)[:200] == json.dumps(whole, default=str)[:200]
    for one, other in zip(whole["groups"], pieces["groups"], strict=True):
        for name, figure in one["figures"].items():
            assert other["figures"][name]["value"] == pytest.approx(figure["value"]), name
    for one, other in zip(whole["gaps"], pieces["gaps"], strict=True):
        assert other["value"] == pytest.approx(one["value"])


def test_weights_count_as_repeated_rows() -> None:
    weights = [1, 2, 3, 1, 2, 1, 1, 4, 1, 2, 1, 2, 1, 1, 3, 1]
    table = Table.from_columns({"hired": TRUTH, "sex": SEX, "w": [float(w) for w in weights]})
    weighted = assess_fairness(ANSWERS, table, label="hired", protected=["sex"], weight="w", min_group_size=1)
    places = np.repeat(np.arange(16), weights)
    repeated = Table.from_columns({"hired": np.array(TRUTH)[places], "sex": [SEX[i] for i in places]})
    copies = assess_fairness(
        scored(ANSWERS.scores[places, 1]), repeated, label="hired", protected=["sex"], min_group_size=1
    )
    for name in ("true_positive_rate", "selection_rate", "brier", "auc", "calibration_error"):
        assert weighted.group("sex=f").figures[name].value == pytest.approx(
            copies.group("sex=f").figures[name].value
        )
    assert weighted.group("sex=f").figures["selection_rate"].rows == 8


def test_a_cutoff_moves_the_answers() -> None:
    table, answers = sample()
    found = assess_fairness(answers, table, label="y", protected=["sex"], cutoff=0.3, intervals=CLOSED)
    figures = found.group("sex=f").figures
    assert figures["selection_rate"].value == figures["selection_rate@0.3"].value


def test_several_classes_are_each_held_against_the_others() -> None:
    truth = ["a", "b", "c", "a", "b", "c", "a", "a"]
    chosen = ["a", "b", "a", "a", "c", "c", "b", "a"]
    scores = np.array([[0.8 if name == one else 0.1 for name in "abc"] for one in chosen])
    table = Table.from_columns({"y": truth, "g": ["u", "u", "u", "u", "v", "v", "v", "v"]})
    found = assess_fairness(
        Predictions(("a", "b", "c"), scores), table, label="y", protected=["g"], min_group_size=1
    )
    u, v = found.group("g=u").figures, found.group("g=v").figures
    assert (u["accuracy"].value, v["accuracy"].value) == (0.75, 0.5)
    assert (u["selection_rate[a]"].value, v["selection_rate[a]"].value) == (0.75, 0.25)
    assert (u["true_positive_rate[a]"].value, v["true_positive_rate[a]"].value) == (1.0, 0.5)
    assert found.gap("demographic_parity_difference[a]").value == 0.5
    assert found.gap("accuracy_difference").value == 0.25
    assert found.positive is None
    assert found.thresholds == ()


def test_a_regression_is_compared_by_its_errors() -> None:
    table = Table.from_columns({"y": [1.0, 2.0, 3.0, 4.0], "g": ["u", "u", "v", "v"]})
    found = assess_fairness(
        Predictions(None, np.array([1.5, 2.5, 2.0, 4.0])), table, label="y", protected=["g"], min_group_size=1
    )
    assert found.task == "regression"
    assert found.group("g=u").figures["mean_error"].value == 0.5
    assert found.group("g=v").figures["mean_error"].value == -0.5
    assert found.gap("mean_error_difference").value == 1.0
    assert found.gap("mae_difference").value == 0.0
    assert found.gap("mean_prediction_difference").value == 1.0


@pytest.mark.parametrize("method", ["closed", "bootstrap"])
def test_gaps_of_values_may_be_larger_than_1(method: Method) -> None:
    random = np.random.default_rng(0)
    sex = np.array(["f", "m"] * 100)
    values = random.normal(10, 1, 200) + 4 * (sex == "f")
    table = Table.from_columns({"y": values.tolist(), "sex": sex.tolist()})
    found = assess_fairness(
        Predictions(None, values), table, label="y", protected=["sex"], intervals=Intervals(method=method)
    ).gap("mean_prediction_difference")
    assert found.interval is not None
    assert 3 < found.interval.low < found.value < found.interval.high < 5


def test_predictions_that_are_no_numbers_spoil_their_group_alone() -> None:
    scores = np.where(np.array(CHOSEN) == 1, 0.9, 0.2)
    scores[0] = math.nan
    found = assess_fairness(scored(scores), SIXTEEN, label="hired", protected=["sex"], min_group_size=1)
    spoiled = found.group("sex=m").figures["selection_rate"]
    assert math.isnan(spoiled.value)
    assert spoiled.reason == "the model gave no finite value for 1 of 8 rows"
    assert found.group("sex=f").figures["selection_rate"].value == 3 / 8
    assert math.isnan(found.gap("demographic_parity_difference").value)


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(InputError, match="'colour'"):
        sixteen(protected=["colour"])
    with pytest.raises(InputError, match="no protected column"):
        sixteen(protected=[])
    with pytest.raises(InputError, match=r"1\.5"):
        sixteen(thresholds=[1.5])
    with pytest.raises(InputError, match="privileged group sex=male"):
        sixteen(privileged={"sex": "male"})
    with pytest.raises(InputError, match="'race', which is not protected"):
        sixteen(privileged={"race": "White"})
    with pytest.raises(InputError, match="jackknife"):
        sixteen(intervals=Intervals(method="jackknife"))


def test_labels_may_be_texts_truths_or_numbers() -> None:
    gaps = []
    for labels, classes in (
        (["yes" if y else "no" for y in TRUTH], ("no", "yes")),
        ([bool(y) for y in TRUTH], ("false", "true")),
        ([float(y) for y in TRUTH], ("0", "1")),
    ):
        table = Table.from_columns({"hired": labels, "sex": SEX})
        found = assess_fairness(
            Predictions(classes, ANSWERS.scores), table, label="hired", protected=["sex"], min_group_size=1
        )
        gaps.append(found.gap("equal_opportunity_difference").value)
    assert gaps == [0.25, 0.25, 0.25]


def test_consistency_is_measured_where_it_is_said_who_is_alike() -> None:
    table, answers = sample()
    random = np.random.default_rng(8)
    people = Table.from_columns(
        {
            "y": table.column("y"),
            "sex": table.column("sex"),
            "near": answers.scores[:, 1],
            "noise": random.random(3000),
        }
    )
    near, noise = (
        assess_fairness(
            answers, people, label="y", protected=["sex"], alike=[name], intervals=CLOSED, chunk_rows=1000
        ).overall.figures["consistency"]
        for name in ("near", "noise")
    )
    assert near.rows == 3000
    assert near.value > 0.99
    assert noise.value < 0.7
    assert "consistency" not in sixteen().overall.figures
    with pytest.raises(InputError, match="'size'"):
        sixteen(alike=["size"])


def test_protected_numbers_are_cut_into_ranges() -> None:
    table = Table.from_columns({"hired": TRUTH, "age": np.linspace(20, 50, 16)})
    found = assess_fairness(
        ANSWERS, table, label="hired", protected=["age in [30, 40]", "age"], min_group_size=1, intervals=CLOSED
    )
    ranges = {str(group.key): group.count for group in found.of("age in [30, 40]")}
    assert ranges == {"age=40 and more": 6, "age=below 30": 5, "age=[30, 40)": 5}
    assert len(found.of("age")) == 4
    assert found.gap("demographic_parity_difference", "age").protected == "age"


class Rule:
    """A model written by hand."""

    def predict(self, table: Table) -> Predictions:
        """The answers of the table worked by hand."""
        return ANSWERS


def test_the_step_is_a_plain_function() -> None:
    examples = Examples(splits={"eval": SIXTEEN})
    assert assess_step(None, examples, label="hired", protected=["sex"]) is None
    found = assess_step(Rule(), examples, label="hired", protected=["sex"], min_group_size=1, resamples=20)
    assert found is not None
    assert found.gap("equal_opportunity_difference").value == 0.25
    assert found.intervals.resamples == 20


def test_where_there_is_nobody_nothing_is_compared() -> None:
    table = Table.from_columns({"hired": [None, None], "sex": ["m", "f"]}, types={"hired": "INT"})
    found = assess_fairness(scored([0.1, 0.9]), table, label="hired", protected=["sex"])
    assert (found.groups, found.gaps, found.overall.count) == ((), (), 0)
    assert found.overall.figures["selection_rate"].reason == "there are no rows with a label"
    assert found.notes[0] == "2 of 2 rows have no label and were left out"
    alone = assess_fairness(
        ANSWERS,
        SIXTEEN.where("sex = 'm'").concat(SIXTEEN.where("sex = 'm'")),
        label="hired",
        protected=["sex"],
        min_group_size=1,
    )
    assert alone.gap("demographic_parity_difference").reason == "only one group can be compared: sex=m"


def test_labels_that_the_model_does_not_know_are_told() -> None:
    table = Table.from_columns({"hired": ["0", "1", "2"], "sex": ["m", "f", "f"]})
    found = assess_fairness(scored([0.1, 0.9, 0.9]), table, label="hired", protected=["sex"])
    assert found.notes == (
        "1 row labelled '2', a class that the model does not know: they count as none of its classes",
    )
    assert found.overall.figures["false_positive_rate"].value == 0.5


def test_one_label_is_judged_at_a_time() -> None:
    table = Table.from_columns({"a": [1, 0], "b": [0, 1], "sex": ["f", "m"]})
    with pytest.raises(InputError, match="several labels at once"):
        assess_fairness(Predictions(("a", "b"), np.eye(2)), table, label=["a", "b"], protected=["sex"])  # type: ignore[arg-type]  # what a user may try
