"""Every metric that can be asked of `evaluate` is explained."""

from pathlib import Path

import pytest

from mainspring.evaluation.metrics import classification, multilabel, regression

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "evaluation" / "metrics.md"


@pytest.mark.parametrize("family", [classification, multilabel, regression])
def test_every_metric_is_explained(family) -> None:
    text = PAGE.read_text(encoding="utf-8")
    missing = [stem for stem in family.FACTS if f"`{stem}`" not in text and f"`{stem}@" not in text]
    assert not missing
