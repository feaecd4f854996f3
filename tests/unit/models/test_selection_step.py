"""The step that chooses features, and the transform that takes the choice."""

from __future__ import annotations

from mainspring.core import plugins
from mainspring.data import Examples, infer, summarize
from mainspring.data import steps as data_steps
from mainspring.models import steps


def test_a_choice_goes_into_the_transform(tables):
    table = tables["binary"]
    examples = Examples(splits={"train": table.rows(0, 300), "eval": table.rows(300, 400)})
    schema = infer(summarize(table), label="label")
    found = steps.select_features(
        examples, schema, methods=["all", "univariate"], count=2, choose="univariate", judge_on="eval"
    )
    assert len(found.features) == 2
    transform = data_steps.transform(examples, schema, found)
    assert {column.name for column in transform.inputs} == set(found.features)
    assert all(transform.ignored[name] == "excluded" for name in found.excluded)
    without = data_steps.transform(examples, schema, found, exclude=[found.features[0]])
    assert [column.name for column in without.inputs] == [found.features[1]]


def test_the_artifact_type_is_known():
    assert plugins.load("artifact_types", "mainspring.FeatureSelection").__name__ == "FeatureSelection"
