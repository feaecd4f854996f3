"""A project goes on from its blessed model, starts over too, and keeps what is better, with both figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import mainspring
from mainspring.app.stories import tell, value_of

if TYPE_CHECKING:
    from conftest import Project

PLAIN = "steps.train(examples, transform, estimator=estimator, params=params)"


@pytest.mark.slow
def test_the_next_run_goes_on_from_the_blessed_model(cancer: Project) -> None:
    cancer.edit("pipeline.py", PLAIN, PLAIN.replace("transform, ", "transform, latest_blessed(), compare=True, "))
    cancer.edit("pipeline.py", "    model = ", "    steps.check_training(examples, transform)\n    model = ")
    cancer.run("run")
    first = _value(cancer, "mainspring.Model")
    (only,) = first.training.candidates
    assert (only.name, only.kept) == ("started over", True)
    cancer.run("run")
    second = _value(cancer, "mainspring.Model")
    found = {one.name: one for one in second.training.candidates}
    assert set(found) == {"previous", "fine-tuned", "started over"}
    assert found["previous"].figures == only.figures
    assert found["started over"].figures == only.figures, "the same again gives the same"
    kept = max(("started over", "fine-tuned"), key=lambda name: found[name].figures["auc"])
    assert found[kept].kept


def _value(project: Project, type_name: str) -> Any:
    """The newest artifact of a type in the latest run."""
    with mainspring.open(project.root) as platform:
        story = tell(platform.pipelines.records, platform.store.blobs)
        newest = max(story.artifacts(type_name), key=lambda artifact: artifact.id or 0)
        return value_of(newest, platform.store.blobs)
