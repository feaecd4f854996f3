"""What is chosen after training goes through the whole line: calibrated, cut, packaged, served, made again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import mainspring

if TYPE_CHECKING:
    from conftest import Project

SPLITS = 'splits={"train": 3, "eval": 1}'
TRAINED = "    model = steps.train(examples, transform, estimator=estimator, params=params)\n"
CHOSEN = """    model = steps.calibrate(model, examples, method="isotonic")
    model = steps.choose_threshold(model, examples, costs={"false_positive": 1.0, "false_negative": 20.0})
    steps.baselines(examples, transform)
"""


@pytest.mark.slow
def test_a_calibrated_model_with_a_cutoff_goes_live_and_is_made_again(cancer: Project) -> None:
    cancer.edit("pipeline.py", SPLITS, 'splits={"train": 2, "calibration": 1, "eval": 1}')
    cancer.edit("pipeline.py", TRAINED, TRAINED + CHOSEN)
    cancer.run("run")
    with mainspring.open(cancer.root) as platform:
        version = platform.models.resolve("cancer@production")
        package = platform.models.fetch(version)
    assert package.runtime == "onnx"
    assert package.parity.ok
    decision = package.decision
    assert decision is not None
    assert decision.at < 0.5
    assert (decision.split, decision.rule) == ("calibration", "costs false_positive=1, false_negative=20")
    assert package.details["calibration"]["method"] == "isotonic"
    assert "calibrated by isotonic" in package.card
    found = cancer.json("reproduce", "cancer@1.0.0", "--by", "Ann")
    assert found["likeness"] == "bit-equal"
