"""``mainspring eval slices``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mainspring.app.cli.main import main
from mainspring.data import Table
from mainspring.data.bundled import write_csv

ROWS = 2_000


@pytest.fixture
def rows(tmp_path: Path) -> str:
    """Ten per cent wrong everywhere, half of it in one city."""
    random = np.random.default_rng(0)
    city = random.choice(["x", "y", "z"], ROWS, p=[0.6, 0.3, 0.1])
    truth = random.random(ROWS) < 0.5
    wrong = random.random(ROWS) < np.where(city == "z", 0.5, 0.1)
    columns = {
        "city": city.tolist(),
        "day": random.integers(0, 7, ROWS).tolist(),
        "chance": np.where(truth ^ wrong, 0.9, 0.1),
        "late": np.where(truth, "yes", "no").tolist(),
    }
    path = tmp_path / "rows.csv"
    write_csv(Table.from_columns(columns), path)
    return str(path)


def test_the_weak_slice_is_told(rows: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["eval", "slices", rows, "--label", "late", "--scores", "chance"]
    assert main(given) == 0
    said = capsys.readouterr().out
    assert "city=z" in said
    assert "p is corrected" in said
    assert main([*given, "--json", "--max-columns", "1"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["slice"] for one in told["slices"]] == [{"city": "z"}]
    assert told["columns"] == ["city", "day"]


def test_nothing_is_told_where_nothing_is(rows: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "slices", rows, "--label", "late", "--scores", "chance", "--column", "day"]) == 0
    assert "no slice is worse" in capsys.readouterr().out


def test_the_tree_shows_where_errors_gather(rows: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["eval", "slices", rows, "--label", "late", "--scores", "chance", "--tree"]
    assert main(given) == 0
    assert "city is z" in capsys.readouterr().out
    assert main([*given, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["leaves"][0]["conditions"] == ["city is z"]
