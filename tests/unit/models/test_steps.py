"""The steps are plain functions."""

from __future__ import annotations

from mainspring.core import plugins
from mainspring.data import Examples
from mainspring.evaluation import evaluate
from mainspring.models import steps
from mainspring.models.registry import Registry


def test_from_examples_to_a_version(tables, fit):
    examples = Examples(splits={"train": tables["binary"].rows(0, 300), "eval": tables["binary"].rows(300, 400)})
    transform = fit(examples.split("train"))
    model = steps.train(examples, transform, estimator="LogisticRegression", params={"max_iter": 500})
    evaluation = evaluate(model, examples.split("eval"), label="label")
    package = steps.package(model, examples, evaluation, about="Who tips?")
    assert package.parity.kinds["real"] == 100
    assert package.details["metrics"]["accuracy"] == evaluation.overall["accuracy"]
    assert package.details["data"].keys() == {"train", "eval"}
    registry = Registry(
        plugins.load("stores", "memory")("memory:"), plugins.load("blob_stores", "memory")("memory:")
    )
    version = steps.register(package, evaluation, name="taxi", registry=registry)
    assert str(version) == "taxi:1.0.0"
    assert version.metrics["accuracy"] == evaluation.overall["accuracy"]
    assert registry.resolve("taxi@production") == version
    assert steps.register(package, evaluation, name="taxi", registry=registry) == version


def test_from_a_model_to_a_decision(tables, fit):
    table = tables["binary"]
    splits = {"train": table.rows(0, 200), "calibration": table.rows(200, 320), "eval": table.rows(320, 400)}
    examples = Examples(splits=splits)
    transform = fit(examples.split("train"))
    model = steps.train(examples, transform, params={"n_estimators": 20})
    calibrated = steps.calibrate(model, examples, method="platt")
    assert (calibrated.calibration.method, calibrated.calibration.split) == ("platt", "calibration")
    costs = {"false_positive": 1.0, "false_negative": 5.0}
    decided = steps.choose_threshold(calibrated, examples, costs=costs)
    assert decided.decision.positive == "yes"
    package = steps.package(decided, examples)
    assert package.runtime == "onnx"
    assert (
        package.predict(examples.split("eval")).labels.tolist()
        == decided.predict(examples.split("eval")).labels.tolist()
    )
    found = steps.baselines(examples, transform, model)
    assert list(found.evaluations) == ["constant", "best_feature", "linear", "previous"]
    by_columns = steps.baselines(examples, transform, human=["label"], previous_predicted="label")
    assert by_columns.evaluations["human"].overall["accuracy"] == 1.0
    assert by_columns.evaluations["previous"].overall["accuracy"] == 1.0
