"""What is chosen after training is what is served: a calibrated model with cutoffs, through a real server."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Feature, Schema, Table, Transform
from mainspring.models.finishing import calibrate, choose_threshold
from mainspring.models.packaging import build
from mainspring.models.training import train
from mainspring.serving.client import Client
from mainspring.serving.infra_validator import validate
from mainspring.serving.server_process import ServerProcess


def trips(rows: int, seed: int) -> Table:
    random = np.random.default_rng(seed)
    distance = random.uniform(1, 40, rows)
    late = distance + random.normal(0, 15, rows) > 35
    region = random.choice(["north", "south"], rows)
    return Table.from_columns({"distance": distance.tolist(), "region": region.tolist(), "late": late.tolist()})


def test_the_answer_follows_the_cutoff(tmp_path: Path) -> None:
    learnt, held, new = (trips(rows, seed) for seed, rows in enumerate((400, 800, 60)))
    schema = Schema(features={c.name: Feature(name=c.name, type=c.type) for c in learnt.columns}, label="late")
    transform = Transform.fit(learnt, schema, exclude=["region"])
    model = train(learnt, transform, estimator="LogisticRegression")
    model = calibrate(model, held, method="isotonic")
    model = choose_threshold(
        model, held, costs={"false_positive": 1, "false_negative": 8}, group="region", min_group_size=50
    )
    package = build(model, held)
    assert package.runtime == "onnx"
    package.save(tmp_path)
    expected = model.predict(new)
    rows = [{"distance": row["distance"], "region": row["region"]} for row in new.iter_rows()]
    server = ServerProcess(tmp_path, name="late", version="1.0.0")
    server.start()
    try:
        with Client(server.url) as client:
            answers = client.predict("late", rows, probabilities=True)
            unseen = client.predict(
                "late", [{"distance": 30.0, "region": None}, {"distance": 30.0, "region": "west"}]
            )
            with pytest.raises(InputError, match="region"):
                client.predict("late", [{"distance": 30.0}])
    finally:
        server.stop()
    assert [answer["label"] for answer in answers] == expected.labels.tolist()
    decision = model.decision
    assert decision is not None
    score = model.predict(Table.from_columns({"distance": [30.0], "region": ["west"]})).scores[0, 1]
    assert unseen == ["true" if score >= decision.at else "false"] * 2
    assert set(decision.groups) == {"north", "south"}
    for row, answer, scores in zip(rows, answers, expected.scores, strict=True):
        late = scores[1] >= decision.groups[str(row["region"])]
        assert answer["label"] == ("true" if late else "false")
    plain = expected.scores.argmax(axis=1)
    assert (np.array([answer["label"] == "true" for answer in answers]) != plain.astype(bool)).any()


def test_the_infra_validator_compares_labels(tmp_path: Path) -> None:
    learnt, held = trips(400, 0), trips(300, 1)
    schema = Schema(features={c.name: Feature(name=c.name, type=c.type) for c in learnt.columns}, label="late")
    model = train(learnt, Transform.fit(learnt, schema), estimator="LogisticRegression")
    decided = choose_threshold(model, held, costs={"false_positive": 1, "false_negative": 8})
    rows = held.rows(0, 40)
    assert validate(build(decided, held), decided.predict(rows), rows, singles=3)
    # A package of the model without its cutoff has the same probabilities, and other answers.
    refused = validate(build(model, held), decided.predict(rows), rows, singles=3)
    assert not refused
