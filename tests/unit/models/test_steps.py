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
