from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

from mainspring.core import InputError, Slice
from mainspring.core.digests import digest_file
from mainspring.data import Examples, Table
from mainspring.evaluation import (
    Better,
    Cutoff,
    Evaluation,
    Intervals,
    Predictions,
    evaluate,
    measure_rows,
    metric,
)
from mainspring.evaluation.comparing import compare_models, compare_slices
from mainspring.evaluation.evaluation import ALL_ROWS
from mainspring.evaluation.metrics import MeasuredRows
from mainspring.evaluation.steps import evaluate as evaluate_step
from mainspring.evaluation.steps import gate


def make(rows: int = 400) -> tuple[Table, Predictions]:
    random = np.random.default_rng(3)
    truth = random.random(rows) < 0.3
    score = np.clip(np.where(truth, 0.6, 0.35) + random.normal(0, 0.2, rows), 0, 1).round(2)
    table = Table.from_columns(
        {"y": np.where(truth, "yes", "no").tolist(), "sex": random.choice(["f", "m"], rows).tolist()}
    )
    return table, Predictions(("no", "yes"), np.column_stack([1 - score, score]))


def test_figures_are_those_of_scikit_learn_overall_and_by_slice() -> None:
    table, predictions = make()
    found = evaluate(predictions, table, label="y", slices=["sex"])
    truth, score = np.array(table.column("y")) == "yes", predictions.scores[:, 1]
    assert found.positive == "yes"
    assert found.count == 400
    assert found.overall["auc"] == pytest.approx(metrics.roc_auc_score(truth, score))
    assert found.overall["brier"] == pytest.approx(metrics.brier_score_loss(truth, score))
    guess = np.array(predictions.labels) == "yes"
    assert found.overall["accuracy"] == metrics.accuracy_score(truth, guess)
    assert found.overall["f1"] == pytest.approx(metrics.f1_score(truth, guess))
    for sex in ("f", "m"):
        part = np.array(table.column("sex")) == sex
        one = found.slices[Slice.of(sex=sex)]
        assert one["auc"] == pytest.approx(metrics.roc_auc_score(truth[part], score[part]))
        assert one["accuracy"] == metrics.accuracy_score(truth[part], guess[part])


def test_what_does_not_exist_is_no_number_and_has_its_reason() -> None:
    table = Table.from_columns({"y": ["no"] * 20})
    scores = np.column_stack([np.full(20, 0.8), np.full(20, 0.2)])
    found = evaluate(Predictions(("no", "yes"), scores), table, label="y")
    assert found.overall["accuracy"] == 1.0
    assert math.isnan(found.overall["auc"])
    reasons = found.measured[Slice()].reasons
    assert reasons["auc"]


def test_it_comes_back_as_it_was_and_is_written_the_same_twice(tmp_path: Path) -> None:
    table, predictions = make()
    found = evaluate(predictions, table, label="y", slices=["sex"])
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        found.save(tmp_path / name)
    assert Evaluation.load(tmp_path / "one").as_dict() == found.as_dict()
    assert digest_file(tmp_path / "one" / "evaluation.json") == digest_file(tmp_path / "two" / "evaluation.json")


def test_the_record_can_be_searched_by_its_figures() -> None:
    table, predictions = make()
    told = evaluate(predictions, table, label="y", slices=["sex"]).properties()
    assert told["slices"] == 2
    assert 0.5 < float(str(told["auc"])) < 1
    assert all(value == value for value in told.values()), "no figure that is no number"


def test_the_worst_slice_comes_first() -> None:
    table, predictions = make()
    found = evaluate(predictions, table, label="y", slices=["sex"])
    ranked = found.worst("accuracy")
    assert ranked[0][1] <= ranked[1][1]
    assert (
        found.worst("log_loss", lower_is_better=True)[0][1] >= found.worst("log_loss", lower_is_better=True)[1][1]
    )


def test_regression() -> None:
    truth = np.array([1.0, 2.0, 3.0, 10.0])
    guess = np.array([1.5, 2.0, 2.0, 8.0])
    found = evaluate(Predictions(None, guess), Table.from_columns({"y": truth}), label="y")
    assert found.task == "regression"
    assert found.overall["mae"] == pytest.approx(0.875)
    assert found.overall["rmse"] == pytest.approx(math.sqrt((0.25 + 0 + 1 + 4) / 4))
    assert found.overall["r2"] == pytest.approx(metrics.r2_score(truth, guess))


def test_predictions_that_do_not_fit_the_rows_are_refused() -> None:
    table, _ = make(10)
    with pytest.raises(InputError, match="9"):
        evaluate(Predictions(("no", "yes"), np.full((9, 2), 0.5)), table, label="y")
    with pytest.raises(InputError, match="'z'"):
        evaluate(Predictions(("no", "yes"), np.full((10, 2), 0.5)), table, label="z")


class Rule:
    """A model written by hand."""

    def predict(self, table: Table) -> Predictions:
        return make(table.num_rows)[1]


def test_the_steps_are_plain_functions() -> None:
    table, _ = make()
    examples = Examples(splits={"eval": table})
    assert evaluate_step(None, examples, label="y") is None
    found = evaluate_step(Rule(), examples, label="y", slices=["sex"])
    assert found is not None
    verdict = gate(found, None, at_least={"auc": 0.7}, better_by={"auc": 0.0})
    assert verdict.ok
    assert "first run" in verdict.reasons[-1].message
    assert not gate(found, found, better_by={"auc": 0.01}).ok
    assert gate(found).failures[0].code == "NO_THRESHOLDS"


@pytest.mark.parametrize("method", ["closed", "bootstrap", "jackknife"])
def test_pieces_give_what_the_whole_gives(method: str) -> None:
    table, predictions = make(900)
    options = {"label": "y", "slices": ["sex"], "metrics": ["recall@0.3"], "intervals": Intervals(method=method)}
    whole = evaluate(predictions, table, **options)
    pieces = evaluate(predictions, table, chunk_rows=77, **options)
    assert list(pieces.measured) == list(whole.measured)
    for key, found in whole.measured.items():
        assert pieces.measured[key].values == pytest.approx(found.values)
        assert {k: tuple(v) for k, v in pieces.measured[key].intervals.items()} == {
            k: pytest.approx(tuple(v)) for k, v in found.intervals.items()
        }
    assert pieces.confusion == whole.confusion
    assert pieces.curves["yes"].counts == whole.curves["yes"].counts


def test_the_counts_behind_the_threshold_are_those_of_the_rows() -> None:
    table, predictions = make()
    counts = evaluate(predictions, table, label="y").curves["yes"].counts
    truth, score = np.array(table.column("y")) == "yes", predictions.scores[:, 1]
    assert len(counts) <= 201
    for threshold, *cells in counts:
        chosen = score >= threshold
        assert cells == [
            np.count_nonzero(truth & chosen),
            np.count_nonzero(~truth & chosen),
            np.count_nonzero(truth & ~chosen),
            np.count_nonzero(~truth & ~chosen),
        ]


def test_a_cutoff_decides_instead_of_the_larger_probability() -> None:
    table, predictions = make()
    truth, score = np.array(table.column("y")) == "yes", predictions.scores[:, 1]
    asked = evaluate(predictions, table, label="y", cutoff=0.3)
    own = evaluate(Predictions(predictions.classes, predictions.scores, Cutoff("yes", 0.3)), table, label="y")
    assert asked.overall["recall"] == own.overall["recall"] == metrics.recall_score(truth, score >= 0.3)
    assert asked.overall["auc"] == evaluate(predictions, table, label="y").overall["auc"]
    assert (asked.cutoff, own.cutoff) == (0.3, None)
    by_row = Cutoff("yes", np.where(np.array(table.column("sex")) == "f", 0.3, 0.6))
    fair = evaluate(Predictions(predictions.classes, predictions.scores, by_row), table, label="y", chunk_rows=50)
    assert fair.overall["recall"] == metrics.recall_score(truth, score >= by_row.at)
    with pytest.raises(InputError, match="cutoff"):
        evaluate(Predictions(None, score), Table.from_columns({"y": score}), label="y", cutoff=0.5)


def test_several_labels_per_row() -> None:
    random = np.random.default_rng(0)
    scores = random.random((200, 2))
    truth = random.random((200, 2)) < scores
    table = Table.from_columns(
        {"late": truth[:, 0].tolist(), "rude": [None, *truth[1:, 1].tolist()], "shop": ["a", "b"] * 100}
    )
    found = evaluate(
        Predictions(("rude", "late"), scores[:, ::-1]),
        table,
        label=["late", "rude"],
        slices=["shop"],
        metrics=["recall[*]"],
        chunk_rows=30,
    )
    assert (found.task, found.label, found.classes) == ("multilabel", "late, rude", ("rude", "late"))
    assert found.count == 199
    assert found.notes == ("1 of 200 rows have no label and were left out",)
    chosen = scores[1:] >= 0.5
    assert found.overall["recall[late]"] == pytest.approx(metrics.recall_score(truth[1:, 0], chosen[:, 0]))
    assert found.overall["exact_match"] == pytest.approx(metrics.accuracy_score(truth[1:], chosen))
    assert set(found.curves) == {"rude", "late"}
    with pytest.raises(InputError, match="does not hold truths"):
        evaluate(Predictions(("shop",), scores[:, :1]), table, label=["shop"])
    with pytest.raises(InputError, match="3 label columns"):
        evaluate(Predictions(("rude", "late"), scores), table, label=["late", "rude", "shop"])


def test_labels_that_the_model_does_not_know_are_told_of_once() -> None:
    table = Table.from_columns({"y": ["no", "yes", "perhaps", None, "perhaps", "never"]})
    scores = np.column_stack([np.full(6, 0.4), np.full(6, 0.6)])
    found = evaluate(Predictions(("no", "yes"), scores), table, label="y", chunk_rows=2)
    assert found.classes == ("no", "yes", "never", "perhaps")
    assert [note.partition(",")[0] for note in found.notes] == [
        "1 of 6 rows have no label and were left out",
        "1 row labelled 'never'",
        "2 rows labelled 'perhaps'",
    ]
    assert found.overall["accuracy"] == 0.2


def test_metrics_of_ones_own_are_measured_by_slice_with_their_facts() -> None:
    @metric(better="lower", says="what a wrong answer costs")
    def cost(truth, predicted, price):
        return np.where(truth == predicted, 0.0, price)

    table, predictions = make()
    priced = Table.from_columns(
        {"y": table.column("y").tolist(), "sex": table.column("sex").tolist(), "price": np.arange(400.0)}
    )
    found = evaluate(predictions, priced, label="y", slices=["sex"], metrics=[cost, "auc"], chunk_rows=90)
    wrong = np.array(predictions.labels) != np.array(table.column("y"))
    assert found.overall["cost"] == pytest.approx(np.where(wrong, np.arange(400.0), 0.0).mean())
    assert all("cost" in values for values in found.slices.values())
    assert found.facts["cost"].better is Better.LOWER
    assert Evaluation.from_dict(found.as_dict()).facts == found.facts

    @metric(better="higher", name="accuracy")
    def other(truth, predicted):
        return truth == predicted

    with pytest.raises(InputError, match="two metrics give the figure 'accuracy'"):
        evaluate(predictions, table, label="y", metrics=[other])


def test_rankings_are_judged_query_by_query_even_across_pieces() -> None:
    random = np.random.default_rng(2)
    relevance, scores = random.integers(0, 3, 120), random.random(120)
    table = Table.from_columns(
        {"query": [f"q{i // 12}" for i in range(120)], "relevance": relevance, "new": [True, False] * 60}
    )
    found = evaluate(
        Predictions(None, scores),
        table,
        label="relevance",
        query="query",
        metrics=["ndcg@7"],
        slices=["new"],
        chunk_rows=50,
    )
    assert found.task == "ranking"
    expected = metrics.ndcg_score(relevance.reshape(10, 12), scores.reshape(10, 12), k=7)
    assert found.overall["ndcg@7"] == pytest.approx(expected)
    assert len(found.slices) == 2


def test_rows_of_any_family_can_be_judged_by_slice() -> None:
    rows = MeasuredRows(np.arange(40.0), np.arange(40.0) + np.repeat([1.0, 3.0], 20))
    table = Table.from_columns({"half": ["first"] * 20 + ["second"] * 20})
    found = measure_rows(rows, task="guess", table=table, slices=["half"], label="y", notes=["by hand"])
    assert (found.task, found.count, found.notes) == ("guess", 40, ("by hand",))
    assert found.slices[Slice.of(half="second")]["mae"] == 3.0
    assert measure_rows(rows, task="guess").overall["mae"] == 2.0
    with pytest.raises(InputError, match="table of 40 rows for 3"):
        measure_rows(MeasuredRows(np.zeros(3), np.zeros(3)), task="guess", table=table, slices=["half"])
    with pytest.raises(InputError, match="no table was given"):
        measure_rows(rows, task="guess", slices=["half"])


def test_a_predictor_is_asked_piece_by_piece_and_must_keep_its_classes() -> None:
    class Fickle:
        def predict(self, table: Table) -> Predictions:
            classes = ("no", "yes") if table.num_rows == 300 else ("no", "maybe")
            return Predictions(classes, np.full((table.num_rows, 2), 0.5))

    with pytest.raises(InputError, match="after"):
        evaluate(Fickle(), make()[0], label="y", chunk_rows=300)


def test_a_file_of_an_earlier_version_can_be_read() -> None:
    table, predictions = make()
    plain = evaluate(predictions, table, label="y").as_dict()
    for later in ("weight", "cutoff", "intervals", "facts", "unreadable"):
        del plain[later]
    del plain["curves"]["yes"]["counts"]
    old = Evaluation.from_dict(plain)
    assert old.intervals == Intervals()
    assert old.curves["yes"].counts == ()
    assert old.facts == {}


def test_how_it_was_measured_comes_back() -> None:
    table, predictions = make()
    wanted = Intervals(method="exact", level=0.9)
    found = evaluate(predictions, table, label="y", cutoff=0.4, intervals=wanted)
    again = Evaluation.from_dict(found.as_dict())
    assert (again.cutoff, again.intervals) == (0.4, wanted)
    assert again.as_dict() == found.as_dict()
    assert again.properties()["cutoff"] == 0.4


def test_a_regression_is_drawn_from_what_is_kept() -> None:
    random = np.random.default_rng(0)
    truth = random.normal(10, 3, 2_000)
    guess = truth + random.normal(0.5, 1, 2_000)
    found = evaluate(Predictions(None, guess), Table.from_columns({"y": truth}), label="y", chunk_rows=300)
    curves = found.curves[""]
    assert sum(weight for _, _, weight in curves.calibration) == 2_000
    assert np.average([y for _, y, _ in curves.calibration], weights=[w for *_, w in curves.calibration]) == (
        pytest.approx(truth.mean(), rel=1e-5)
    )
    assert sum(rows for _, rows, _ in curves.histogram) == 2_000


def test_errors_that_are_all_alike_can_be_drawn() -> None:
    truth = np.arange(50.0)
    noise = np.tile([0.0, 1e-16], 25)
    found = evaluate(Predictions(None, truth + 2.0 + noise), Table.from_columns({"y": truth}), label="y")
    assert sum(rows for _, rows, _ in found.curves[""].histogram) == 50


def test_the_jackknife_of_rankings_leaves_out_whole_queries() -> None:
    random = np.random.default_rng(4)
    relevance, scores = random.integers(0, 2, 400), random.random(400)
    table = Table.from_columns({"query": [f"q{i // 4}" for i in range(400)], "relevance": relevance})
    predictions = Predictions(None, scores)
    options = {"label": "relevance", "query": "query", "intervals": Intervals(method="jackknife")}
    closed = evaluate(predictions, table, label="relevance", query="query").measured[Slice()]
    found = evaluate(predictions, table, **options).measured[Slice()]
    assert found.values == pytest.approx(closed.values)
    assert np.ptp(found.intervals["map"]) == pytest.approx(np.ptp(closed.intervals["map"]), rel=0.6)


@pytest.mark.parametrize("cutoff", [float("nan"), float("inf"), -0.1, 50.0])
def test_a_cutoff_is_a_probability(cutoff: float) -> None:
    table = Table.from_columns({"y": ["no", "yes"]})
    with pytest.raises(InputError, match="a cutoff of"):
        evaluate(Predictions(("no", "yes"), np.eye(2)), table, label="y", cutoff=cutoff)


def test_to_ask_for_a_usual_metric_changes_nothing() -> None:
    random = np.random.default_rng(0)
    n = 200
    chance, values, several = random.random(n), random.normal(8, 2, n), random.dirichlet([1, 1, 1], n)
    table = Table.from_columns(
        {
            "yes": np.where(random.random(n) < chance, "yes", "no").tolist(),
            "value": values.tolist(),
            "class": [*"abc"] * 66 + ["a", "b"],
            "late": (values > 8).tolist(),
            "rude": (chance > 0.3).tolist(),
        }
    )
    tasks: list[tuple[Predictions, str | list[str]]] = [
        (Predictions(("no", "yes"), np.column_stack([1 - chance, chance])), "yes"),
        (Predictions(None, values + random.normal(size=n)), "value"),
        (Predictions(("a", "b", "c"), several), "class"),
        (Predictions(("late", "rude"), np.column_stack([chance, 1 - chance])), ["late", "rude"]),
    ]
    for predictions, label in tasks:
        usual = evaluate(predictions, table, label=label).overall
        asked = evaluate(predictions, table, label=label, metrics=list(usual)).overall
        assert asked == pytest.approx(usual, nan_ok=True)


def test_values_whose_squares_are_no_numbers_are_refused_as_labels_and_broken_as_answers() -> None:
    table = Table.from_columns({"y": [1.0, 2.0], "far": [1.0, 1e200]})
    with pytest.raises(InputError, match="'far' holds values up to 1e\\+200"):
        evaluate(Predictions(None, np.ones(2)), table, label="far")
    found = evaluate(Predictions(None, np.array([1.0, 1e200])), table, label="y")
    assert found.measured[ALL_ROWS].reasons["mse"] == "the model gave no finite value for 1 of 2 rows"


def test_labels_must_be_named() -> None:
    with pytest.raises(InputError, match="no label column was given"):
        evaluate(Predictions(("a", "b"), np.eye(2)), Table.from_columns({"a": [1, 0]}), label=[])


def test_the_worst_slices_are_worst_whichever_way_a_metric_improves() -> None:
    @metric(better="lower")
    def shortfall(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
        return (truth != predicted).astype(float)

    table = Table.from_columns({"y": ["no", "yes"] * 10, "side": ["left"] * 10 + ["right"] * 10})
    chance = np.array([0.1, 0.9] * 5 + [0.9, 0.1] * 5)  # right on the left alone
    found = evaluate(
        Predictions(("no", "yes"), np.column_stack([1 - chance, chance])),
        table,
        label="y",
        slices=["side"],
        metrics=[shortfall],
    )
    assert found.better("shortfall") is Better.LOWER
    for name in ("accuracy", "log_loss", "shortfall"):
        assert found.worst(name)[0][0] == Slice.of(side="right"), name
    assert compare_slices(found, "shortfall").better is Better.LOWER
    assert compare_models({"a": found, "b": found}, "accuracy").rows[0].best is None
