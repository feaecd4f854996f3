"""``mainspring eval mitigate``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mainspring.app.cli.main import main
from mainspring.data import Table
from mainspring.data.bundled import write_csv

ROWS = 1_600


@pytest.fixture
def rows(tmp_path: Path) -> str:
    """Two groups, of which one is paid more for the same; the probability follows the pay."""
    random = np.random.default_rng(0)
    man = random.random(ROWS) < 0.5
    skill = random.normal(0, 1, ROWS) + 0.8 * man
    chance = 1 / (1 + np.exp(-2 * skill))
    columns = {
        "sex": np.where(man, "m", "f").tolist(),
        "skill": skill,
        "chance": chance,
        "hired": np.where(random.random(ROWS) < chance, "yes", "no").tolist(),
    }
    path = tmp_path / "rows.csv"
    write_csv(Table.from_columns(columns), path)
    return str(path)


def test_cutoffs_of_probabilities_that_are_there(rows: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["eval", "mitigate", rows, "--label", "hired", "--protected", "sex", "--scores", "chance"]
    given += ["--constraint", "demographic_parity", "--at-most", "0.05"]
    assert main(given) == 0
    said = capsys.readouterr().out
    assert "untouched" in said
    assert "it narrows the demographic parity gap by sex" in said
    assert main([*given, "--json", "--methods", "thresholds"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["method"] for one in told["outcomes"]] == ["untouched", "thresholds"]
    assert told["recommended"] == "thresholds"


def test_a_model_is_trained_where_there_is_none(
    rows: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["eval", "mitigate", rows, "--label", "hired", "--protected", "sex", "--exclude", "chance"]
    given += ["--estimator", "sklearn.linear_model.LogisticRegression", "--methods", "reweigh,thresholds"]
    picture = tmp_path / "price.svg"
    assert main([*given, "--constraint", "demographic_parity", "--picture", str(picture)]) == 0
    said = capsys.readouterr().out
    assert "reweigh" in said
    assert f"wrote {picture}" in said
    assert picture.read_text(encoding="utf-8").startswith("<svg")


def test_what_is_wrong_is_told(rows: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["eval", "mitigate", rows, "--label", "hired", "--protected", "sex"]
    assert main([*given, "--params", "many"]) != 0
    assert "--params is 'many'" in capsys.readouterr().err
    assert main([*given, "--scores", "chance", "--methods", "grid"]) != 0
    assert "'grid' needs to train" in capsys.readouterr().err
