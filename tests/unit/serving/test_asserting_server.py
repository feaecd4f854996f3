"""A forbidden prediction is blocked in a running server: declared, packaged, served, counted and logged."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import numpy as np
import pytest

from mainspring.data import Feature, Schema, Table, Transform
from mainspring.models import Model, build, declare_assertions, train
from mainspring.serving.blocked import BlockedError
from mainspring.serving.client import Client
from mainspring.serving.infra_validator import validate
from mainspring.serving.payloads import read
from mainspring.serving.server_process import ServerProcess

RULES = """\
assertions:
  - name: minors
    when: age < 18 and answer == 'approved'
    action: block
    message: Nobody under 18 may be approved.
  - {name: rich, when: income > 90, action: override, answer: approved}
  - {name: unsure, when: score < 0.6}
"""


def people(rows: int, seed: int) -> Table:
    random = np.random.default_rng(seed)
    age, income = random.integers(10, 80, rows), random.uniform(0, 100, rows).round(1)
    label = np.where(income + random.normal(0, 10, rows) > 50, "approved", "refused")
    return Table.from_columns({"age": age.tolist(), "income": income.tolist(), "label": label.tolist()})


@pytest.fixture(scope="module")
def model() -> Model:
    table = people(300, 0)
    schema = Schema(features={c.name: Feature(name=c.name, type=c.type) for c in table.columns}, label="label")
    return train(table, Transform.fit(table, schema), estimator="LogisticRegression")


def test_a_forbidden_prediction_is_blocked_in_the_running_server(model: Model, tmp_path: Path) -> None:
    (tmp_path / "assertions.yaml").write_text(RULES)
    declared = declare_assertions(model, tmp_path / "assertions.yaml")
    package = build(declared, people(100, 1))
    (tmp_path / "package").mkdir()
    package.save(tmp_path / "package")
    rows = [dict(row) for row in people(60, 2).select(["age", "income"]).iter_rows()]
    expected = declared.predict(Table.from_columns({name: [row[name] for row in rows] for name in rows[0]}))
    server = ServerProcess(tmp_path / "package", name="loans", version="1.0.0", log_folder=tmp_path / "log")
    server.start()
    try:
        with Client(server.url) as client:
            minor = {"age": 16, "income": 80.0}
            with pytest.raises(BlockedError, match="minors: Nobody under 18"):
                client.predict("loans", [minor])
            answer = client.ask("loans", [minor, {**minor, "age": 30}, {"age": 30, "income": 95.0}])
            batch = client.predict("loans", rows)
        with urllib.request.urlopen(f"{server.url}/metrics") as reply:
            metrics = reply.read().decode()
    finally:
        server.stop()
    assert answer["predictions"] == [None, "approved", "approved"]
    assert [[one["name"] for one in row] for row in answer["assertions"]] == [["minors"], [], ["rich"]]
    assert answer["errors"] == ["minors: Nobody under 18 may be approved.", None, None]
    assert batch == expected.labels.tolist()
    blocked = batch.count(None)
    assert blocked > 0
    counter = 'mainspring_assertions_total{model="loans",version="1.0.0",assertion="minors",action="block"}'
    assert f"{counter} {blocked + 2}" in metrics
    alone, few, _ = read(tmp_path / "log")
    assert (alone.status, alone.outputs["assertions"], alone.outputs["own.label"]) == (
        422,
        ["minors"],
        ["approved"],
    )
    assert few.outputs["assertions"] == ["minors", "", "rich"]


def test_the_infra_validator_expects_what_the_assertions_make(model: Model) -> None:
    rows = people(40, 3)
    declared = declare_assertions(model, [{"name": "m", "when": "age < 30", "action": "block"}])
    package = build(declared, people(100, 1))
    assert 0 < declared.predict(rows).unanswered.sum() < 40
    verdict = validate(package, declared.predict_own(rows), rows, singles=20)
    assert verdict, verdict
    assert any(reason.code == "SINGLE_EQUAL" for reason in verdict.reasons)
