"""The quality section, against figures known by hand."""

import numpy as np
import pytest

from mainspring.app.report.proof import proof_of
from mainspring.app.report.quality import headline_change, quality_of
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


def test_the_report_shows_what_the_page_of_the_evaluation_shows() -> None:
    evaluation, baseline = judged([0.1, 0.9, 0.8, 0.9]), judged([0.1, 0.9, 0.1, 0.9])
    quality = quality_of("evaluate", evaluation, baseline, "accuracy")
    found = quality.judgement
    assert quality.name == "evaluate"
    assert found.summary == "Classification of label, class yes, judged on 40 rows of split eval."
    assert found.slices is not None
    assert [row.name for row in found.slices.rows] == ["city=b", "city=a"]
    first = found.metrics[0]
    assert (first.name, first.value, first.baseline, first.change, first.tone) == (
        "accuracy", "0.75", "1", "\u22120.25", "worse",
    )  # fmt: skip


def test_the_headline_has_the_change_of_the_main_metric() -> None:
    evaluation, baseline = judged([0.1, 0.9, 0.8, 0.9]), judged([0.1, 0.9, 0.1, 0.9])
    assert headline_change(evaluation, baseline, "accuracy") == "\u22120.25"
    assert headline_change(evaluation, None, "accuracy") == ""


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
