"""``mainspring eval what-if``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mainspring.app.cli.main import main
from mainspring.data import Feature, Schema, Table, Transform
from mainspring.data.bundled import write_csv
from mainspring.models import train

ROWS = 400


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Rows paid from an age of 50 on, and a tree that learnt it."""
    folder = tmp_path_factory.mktemp("what-if")
    random = np.random.default_rng(0)
    age = random.integers(20, 80, ROWS)
    age[:3] = (30, 49, 50)
    table = Table.from_columns(
        {
            "age": age.tolist(),
            "job": random.choice(["smith", "clerk"], ROWS).tolist(),
            "owns": (random.random(ROWS) < 0.5).tolist(),
            "paid": np.where(age >= 50, "yes", "no").tolist(),
        }
    )
    write_csv(table, folder / "rows.csv")
    features = {column.name: Feature(name=column.name, type=column.type) for column in table.columns}
    transform = Transform.fit(table, Schema(features=features, label="paid"))
    model = train(table, transform, estimator="sklearn.tree.DecisionTreeClassifier", params={"max_depth": 1})
    (folder / "model").mkdir()
    model.save(folder / "model")
    return ["eval", "what-if", str(folder / "rows.csv"), "--label", "paid", "--model", str(folder / "model")]


def test_another_value_is_answered(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*given, "--set", "age=60", "--set", "owns=no", "--set", "job="]) == 0
    said = capsys.readouterr().out
    assert "row 0: no" in said
    assert "age: 30" in said
    assert "job: " in said
    assert "nearest value with another answer" in said


def test_json_and_the_page(given: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page = tmp_path / "what-if.html"
    asked = ["--row", "1", "--set", "age=40", "--set", "age=70", "--without", "job", "--page", str(page), "--json"]
    assert main([*given, *asked]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [case["answer"] for case in told["cases"]] == ["no", "yes"]
    assert {one["feature"] for one in told["alone"]} == {"age", "owns"}
    (turns,) = (one["turns"] for one in told["alone"] if one["turns"])
    assert turns["changes"] == [{"feature": "age", "before": 49.0, "after": 50.0}]
    assert "row 1" in page.read_text(encoding="utf-8")


def test_what_cannot_be_set_is_said(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*given, "--set", "height=3", "--set", "age=old", "--set", "owns=perhaps"]) == 1
    said = capsys.readouterr().err
    assert "'height=3' names no column" in said
    assert "'old' is no INT" in said
    assert "'perhaps' is no BOOL" in said
    assert main([*given, "--row", "1000"]) == 1
    assert "there is no row 1000" in capsys.readouterr().err
