"""A model that is slightly worse and much smaller, measured by serving both, passes by a stated trade-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Project

PIPELINE = """
from mainspring import File, latest_blessed, pipeline, steps, when
from mainspring.models.package import Package

HOW = {"method": "bootstrap", "resamples": 30}


@pipeline
def cancer(
    data: File = File("../cancer.csv"),
    params: dict = {"n_estimators": 400, "num_leaves": 31, "verbose": -1},
    rules: list = ["accuracy >= 0.8"],
    on: str = "figure",
):
    examples = steps.ingest(data, splits={"train": 3, "eval": 1})
    schema = steps.infer_schema(steps.statistics(examples), label="target")
    transform = steps.transform(examples, schema)
    model = steps.train(examples, transform, estimator="lightgbm.LGBMClassifier", params=params)
    evaluation = steps.evaluate(model, examples, label="target", intervals=HOW)
    blessed = latest_blessed(model)
    baseline = steps.evaluate.named("evaluate_baseline")(blessed, examples, label="target", intervals=HOW)
    paired = steps.paired_differences(model, blessed, examples, label="target", intervals=HOW)
    package = steps.package(model, examples, evaluation)
    measured = steps.measure_operation(package, examples, latest_blessed(package, wanted=Package), requests=60)
    verdict = steps.gate(
        evaluation,
        baseline,
        operation=measured.operation,
        baseline_operation=measured.baseline,
        paired=paired,
        audit=steps.audit(File("audit.yaml")),
        rules=rules,
        on=on,
    )
    with when(verdict):
        steps.register(package, evaluation, name="cancer")
"""

AUDIT = """
title: Cancer
agreed: [Ada]
items:
  misses:
    question: Does it miss a malignant tumour?
    severity: high
    owner: Ada
    metric: recall
    at_least: 0.5
  sample:
    question: Are the rows drawn as they come in use?
    owner: Ada
"""


@pytest.mark.slow
def test_a_smaller_model_is_accepted_under_the_trade_off_and_refused_without_it(cancer: Project) -> None:
    cancer.write("pipeline.py", PIPELINE)
    cancer.write("audit.yaml", AUDIT)
    first = cancer.json("run")
    assert first["model"] == {"name": "cancer", "version": "1.0.0"}, first["verdict"]
    told = {reason["subject"]: reason for reason in first["verdict"]["reasons"]}
    assert told["misses: recall"]["ok"] is True
    assert told["sample"]["code"] == "AUDIT_WARNING"

    small = 'params={"n_estimators": 3, "num_leaves": 3, "verbose": -1, "learning_rate": 0.3}'
    plain = cancer.json("run", "-p", small, "-p", 'rules=["accuracy >= baseline"]')
    assert plain["model"] is None
    trade = "accuracy >= baseline - 0.2 if size_bytes <= 0.5 * baseline and latency_p50 <= 3 * baseline"
    accepted = cancer.json("run", "-p", small, "-p", f'rules=["{trade}"]')
    reason = accepted["verdict"]["reasons"][0]
    assert reason["code"] == "RULE_OK", reason
    assert "judged so because size_bytes" in reason["message"]
    assert accepted["model"] is not None

    surely = "accuracy >= baseline - 0.0001 if size_bytes <= 0.5 * baseline"
    refused = cancer.json(
        *("run", "-p", 'params={"n_estimators": 2, "num_leaves": 2, "verbose": -1}'),
        *("-p", f'rules=["{surely}"]', "-p", "on=interval"),
    )
    assert refused["model"] is None
    assert "from pairs" in refused["verdict"]["reasons"][0]["message"]
