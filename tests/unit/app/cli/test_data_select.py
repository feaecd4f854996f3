"""``mainspring data select``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mainspring.app.cli.main import main
from mainspring.data import Table
from mainspring.data.bundled import write_csv


@pytest.fixture
def rows(tmp_path: Path) -> str:
    random = np.random.default_rng(0)
    matrix = random.normal(size=(120, 4))
    label = np.where(matrix[:, 0] - matrix[:, 1] > 0, "yes", "no").tolist()
    columns = {f"x{place}": matrix[:, place] for place in range(4)}
    write_csv(Table.from_columns({**columns, "label": label}), tmp_path / "rows.csv")
    return str(tmp_path / "rows.csv")


def test_methods_side_by_side(rows: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--label", "label", "--methods", "all, univariate", "--count", "2", "--estimator", "GaussianNB"]
    assert main(["data", "select", rows, *arguments, "--folds", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["method", "all", "univariate"]
    assert lines[-1].startswith("chosen: univariate, 2 of 4 columns: x0, x1")
    assert main(["data", "select", rows, *arguments, "--folds", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["features"] == ["x0", "x1"]
    assert found["rows"][1]["metrics"]["auc"]["mean"] > 0.9


def test_a_method_that_does_not_exist(rows: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "select", rows, "--label", "label", "--methods", "guess"]) != 0
    assert "there is no method 'guess'" in capsys.readouterr().err
