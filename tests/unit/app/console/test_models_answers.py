"""What versions answer, and why: models of several classes and of values."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import mainspring
from mainspring.app.accounts import Role

PIPELINE = '''
from mainspring import File, models, pipeline, step, steps
from mainspring.data import Examples, Transform


@step
def made(examples: Examples, transform: Transform, estimator: str) -> models.Package:
    """Trained and packed in this process: another one would import everything anew."""
    model = models.train(examples.split("train"), transform, estimator=estimator)
    return models.build(model, examples.split("eval"), examples=examples)


@pipeline
def fruit(data: File = File("fruit.csv"), label: str = "kind", learner: str = "LogisticRegression"):
    examples = steps.ingest(data, splits={"train": 2, "eval": 1})
    schema = steps.infer_schema(steps.statistics(examples), label=label)
    package = made(examples, steps.transform(examples, schema), "sklearn.linear_model." + learner)
    steps.register(package, name=label)
'''
ROW = {"weight": 130.0, "width": 6.0, "ripe": True}


@pytest.fixture(scope="module")
def grown(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("fruit")
    draw = random.Random(3)
    rows = ["weight,width,ripe,kind,price"]
    for _ in range(300):
        place = draw.randrange(3)
        weight, width, ripe = draw.gauss(100 + 30 * place, 8), draw.gauss(5 + place, 0.5), draw.random() < 0.5
        price = 0.02 * weight + ripe + draw.gauss(0, 0.1)
        rows.append(f"{weight:.1f},{width:.2f},{str(ripe).lower()},{('apple', 'pear', 'plum')[place]},{price:.2f}")
    (folder / "fruit.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "pipeline.py").write_text(PIPELINE, encoding="utf-8")
    (folder / "mainspring.toml").write_text('[project]\nname = "fruit"\n', encoding="utf-8")
    with mainspring.open(folder) as opened:
        for given in ({}, {"label": "price", "learner": "LinearRegression"}):
            assert opened.pipelines.run(parameters=given).state.value == "COMPLETE"
    return folder


@pytest.fixture
def looking(using, grown):
    return using(grown, role=Role.VIEWER)


def test_of_several_classes_the_one_that_is_answered_is_explained(looking):
    row = dict(ROW)
    answer = looking.post("/models/kind/versions/1.0.0/predict", {"row": row})
    assert answer["answer"] == "pear"
    why = looking.post("/models/kind/versions/1.0.0/explain", {"row": row})
    assert why["about"] == "probability of pear"
    assert why["outcome"] == pytest.approx(answer["probabilities"]["pear"], abs=1e-6)
    other = looking.post("/models/kind/versions/1.0.0/explain", {"row": row, "output": "plum"})
    assert other["about"] == "probability of plum"
    found = looking.get("/models/kind/versions/1.0.0/importance")
    assert found["about"] == "probability of the class that is answered"


def test_of_several_classes_the_next_likely_one_is_looked_for(looking):
    row = dict(ROW)
    likely = list(looking.post("/models/kind/versions/1.0.0/predict", {"row": row})["probabilities"])
    found = looking.post("/models/kind/versions/1.0.0/otherwise", {"row": row})
    assert (found["answer"], found["wanted"]) == ("pear", likely[1])
    assert {one["answer"] for one in found["alone"] + found["together"]} == {likely[1]}
    found = looking.post("/models/kind/versions/1.0.0/otherwise", {"row": row, "wanted": likely[2]})
    assert {one["answer"] for one in found["alone"] + found["together"]} == {likely[2]}
    assert "data-wanted" in looking.page("/models/kind/versions/1.0.0?tab=what-if")


def test_a_value_is_told_what_moves_it(looking):
    found = looking.post("/models/price/versions/1.0.0/otherwise", {"row": ROW})
    assert found["wanted"] == ""
    assert next(iter(found["swings"])) == "weight"
    page = looking.page("/models/price/versions/1.0.0?tab=what-if")
    assert "What would move it" in page
    assert "data-wanted" not in page


def test_a_flag_is_told_as_true_or_false(looking):
    why = looking.post("/models/price/versions/1.0.0/explain", {"row": ROW})
    assert {one["column"]: one["value"] for one in why["parts"]}["ripe"] == "true"
