"""The quality section, against figures known by hand."""

import numpy as np
import pytest

from mainspring.app.report.proof import proof_of
from mainspring.app.report.quality import apart, main_metric, quality_of, words
from mainspring.data import Table
from mainspring.evaluation import Evaluation, Predictions, evaluate
from mainspring.models.files import Files
from mainspring.models.package import Package
from mainspring.models.parity import Parity
from mainspring.models.signature import Field, Signature

ROWS = Table.from_columns({"city": ["a", "a", "b", "b"] * 10, "label": ["no", "yes", "no", "yes"] * 10})


def judged(scores: list[float]) -> Evaluation:
    positive = np.array(scores * 10)
    predictions = Predictions(("no", "yes"), np.column_stack([1 - positive, positive]))
    return evaluate(predictions, ROWS, label="label", slices=["city"], min_slice_size=1)


def test_the_worst_slice_comes_first_and_differences_have_a_sign() -> None:
    evaluation = judged([0.1, 0.9, 0.8, 0.9])  # in city b, one of two is wrong
    quality = quality_of("evaluate", evaluation, judged([0.1, 0.9, 0.1, 0.9]), "accuracy")
    assert [(row.name, row.cells[0][0], row.tone) for row in quality.slices] == [
        ("city=b", "0.5", "worse"),
        ("city=a", "1", "better"),
    ]
    accuracy = next(row for row in quality.metrics if row.name == "accuracy")
    assert (accuracy.value, accuracy.baseline, accuracy.change, accuracy.tone) == ("0.75", "1", "−0.25", "worse")  # noqa: RUF001
    assert quality.summary == "Classification of label, class yes, judged on 40 rows of split eval."


def test_lower_is_better_where_it_is() -> None:
    assert apart("log_loss", 0.1, 0.2)[1] == "better"
    assert apart("auc", 0.1, 0.2)[1] == "worse"
    assert apart("base_rate", 0.1, 0.2)[1] == ""


def test_the_main_metric_is_the_one_that_the_gate_asked_for() -> None:
    evaluation = judged([0.1, 0.9, 0.8, 0.9])
    assert main_metric(evaluation, ["recall", "auc"]) == "recall"
    assert main_metric(evaluation) == "auc"


def test_metrics_have_names_for_people() -> None:
    assert [words(name) for name in ("auc", "f1_weighted", "false_positive_rate")] == [
        "AUC",
        "F1 (weighted)",
        "false positive rate",
    ]


def test_a_regression_has_its_own_pictures() -> None:
    values = np.arange(40.0)
    table = Table.from_columns({"label": values.tolist()})
    evaluation = evaluate(Predictions(None, values + 1), table, label="label")
    quality = quality_of("evaluate", evaluation, None, main_metric(evaluation))
    assert len(quality.pictures) == 2
    assert quality.main == "R²"


def test_many_classes_have_a_curve_each_and_their_mistakes() -> None:
    table = Table.from_columns({"label": ["a", "b", "c"] * 10})
    scores = np.tile([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.6, 0.3]], (10, 1))
    quality = quality_of(
        "evaluate", evaluate(Predictions(("a", "b", "c"), scores), table, label="label"), None, "accuracy"
    )
    assert len(quality.more_pictures) == 3
    assert quality.mistakes == [("c", "b", "10")]


@pytest.mark.parametrize(("difference", "ok"), [(1e-12, True), (0.5, False)])
def test_the_proof_says_what_parity_says(difference: float, ok: bool) -> None:
    parity = Parity(
        runtime="onnx", rows_compared=1200, kinds={"real": 1000, "missing": 200, "single": 0}, tolerance=1e-9,
        max_abs_difference=difference,
    )  # fmt: skip
    signature = Signature.of([Field("x", "FP64")], classes=("no", "yes"))
    package = Package(signature, "onnx", parity, ("onnxruntime==1.22",), {}, Files({"MODEL_CARD.md": b"# Card"}))
    proof = proof_of(package)
    assert proof.ok is ok
    assert proof.kinds == [("real rows", "1,000"), ("with missing values", "200")]
    assert ("as the trained model does" in proof.sentence) is ok
    assert proof.card == "# Card"
