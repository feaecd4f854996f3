import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.core.slices import Slice
from mainspring.data import Table
from mainspring.evaluation import evaluate, predictions_in
from mainspring.monitoring.quality import realised_quality
from mainspring.monitoring.quality.labels import review_weights


def rows(seed: int = 0, count: int = 2_000) -> Table:
    random = np.random.default_rng(seed)
    chance = random.beta(2, 2, count)
    truth = random.random(count) < chance
    return Table.from_columns(
        {
            "sex": np.where(random.random(count) < 0.3, "F", "M").astype(object),
            "output.probability.no": 1 - chance,
            "output.probability.yes": chance,
            "output.label": np.where(chance > 0.4, "yes", "no").astype(object),
            "feedback.truth": np.where(truth, "yes", "no").astype(object),
        }
    )


def test_figures_are_those_of_the_evaluation() -> None:
    table = rows()
    metrics = ["accuracy", "auc", "recall", "f1", "precision@0.7"]
    found = realised_quality(table, metrics=metrics, slices=["sex"])
    made = predictions_in(table, scores="output.probability.yes", predicted="output.label", label="feedback.truth")
    expected = evaluate(made, table, label="feedback.truth", slices=["sex"], metrics=["precision@0.7"])
    assert found is not None
    assert set(found.measured) == {Slice(), Slice.of(sex="F"), Slice.of(sex="M")}
    for part, measured in found.measured.items():
        for name in metrics:
            assert measured.values[name] == pytest.approx(expected.measured[part].values[name]), (part, name)
            assert name in measured.intervals
    assert found.overall.intervals["accuracy"] == expected.measured[Slice()].intervals["accuracy"]


def test_rows_without_truth_or_answer_do_not_count() -> None:
    columns = rows(count=100).to_columns()
    columns["feedback.truth"][:30] = [None] * 30
    columns["output.probability.yes"][30:40] = [None] * 10
    found = realised_quality(Table.from_columns(columns))
    assert found is not None
    assert (found.rows, found.labelled) == (90, 60)


def test_labels_alone_have_no_ranking() -> None:
    table = rows().drop(["output.probability.no", "output.probability.yes"])
    found = realised_quality(table)
    assert found is not None
    assert set(found.overall.values) == {"accuracy", "precision", "recall", "f1"}


def test_truths_that_look_otherwise_mean_the_same() -> None:
    table = Table.from_columns({"output.label": [1, 0, 1, 0], "feedback.truth": ["1", "0", "0", "0"]})
    found = realised_quality(table, metrics=["accuracy"])
    assert found is not None
    assert found.overall.values["accuracy"] == 0.75


def test_a_truth_that_is_no_class_counts_as_wrong_and_is_said() -> None:
    columns = rows(count=100).to_columns()
    columns["feedback.truth"][0] = "maybe"
    found = realised_quality(Table.from_columns(columns), metrics=["accuracy"])
    assert found is not None
    assert "labelled 'maybe'" in found.notes[0]


def test_weights_undo_how_rows_were_chosen() -> None:
    """Rows that the model is unsure of are chosen five times as often; weighed, they say what all rows say."""
    table = rows(count=40_000)
    random = np.random.default_rng(5)
    unsure = np.abs(table.column("output.probability.yes") - 0.5) < 0.2
    chance = np.where(unsure, 0.25, 0.05)
    chosen = random.random(40_000) < chance
    columns = table.to_columns()
    columns["feedback.truth"] = [
        one if kept else None for one, kept in zip(columns["feedback.truth"], chosen, strict=True)
    ]
    columns["feedback.review_probability"] = [
        float(one) if kept else None for one, kept in zip(chance, chosen, strict=True)
    ]
    sample = Table.from_columns(columns)
    every = realised_quality(table, metrics=["accuracy"])
    plain = realised_quality(sample, metrics=["accuracy"])
    weighed = realised_quality(sample, metrics=["accuracy"], weights=review_weights(sample))
    assert every is not None
    assert plain is not None
    assert weighed is not None
    truth = every.overall.values["accuracy"]
    assert abs(plain.overall.values["accuracy"] - truth) > 0.03
    assert abs(weighed.overall.values["accuracy"] - truth) < 0.012
    low, high = weighed.overall.intervals["accuracy"]
    assert low < truth < high


def test_the_worst_rows_come_first() -> None:
    values = Table.from_columns({"output.prediction": [1.0, 2.0, 3.0], "feedback.truth": [1.5, 9.0, 3.0]})
    found = realised_quality(values, metrics=["mae"])
    assert found is not None
    assert found.worst[0] == 1
    assert found.overall.values["mae"] == pytest.approx(2.5)


def test_what_is_not_there() -> None:
    assert realised_quality(rows().drop(["feedback.truth"])) is None
    assert realised_quality(Table.from_columns({"feedback.truth": ["a"]})) is None
    with pytest.raises(InputError, match="did you mean"):
        realised_quality(rows(), metrics=["acuracy"])
