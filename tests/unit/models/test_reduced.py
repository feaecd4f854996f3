"""A transform with a reduction behind it is trained, packaged and proved like any other."""

from __future__ import annotations

import pytest

from mainspring.data import Examples
from mainspring.data import steps as data_steps
from mainspring.models.packaging import build
from mainspring.models.training import train


@pytest.mark.parametrize(("method", "components"), [("pca", 0.9), ("lda", 1)])
def test_the_package_answers_as_the_model(tables, fit, method, components):
    table = tables["binary"]
    examples = Examples(splits={"train": table})
    reduced = data_steps.reduce(examples, fit(table), method=method, components=components)
    model = train(table, reduced, estimator="LogisticRegression")
    package = build(model, table)
    assert package.signature is not None
    assert package.parity.ok
    assert package.runtime == "onnx"
