"""``mainspring eval compare``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mainspring.app.cli.main import main
from mainspring.data import Table
from mainspring.data.bundled import write_csv
from mainspring.evaluation import Predictions, evaluate

ROWS = 300


@pytest.fixture
def rows(tmp_path: Path) -> str:
    """Better for men and on the average, and worse for the few women."""
    random = np.random.default_rng(0)
    truth = random.random(ROWS) < 0.5
    women = np.arange(ROWS) < 30

    def scores(wrong_women: float, wrong_men: float) -> np.ndarray:
        wrong = random.random(ROWS) < np.where(women, wrong_women, wrong_men)
        return np.where(truth ^ wrong, 0.9, 0.1)

    columns = {
        "sex": np.where(women, "female", "male").tolist(),
        "old": scores(0.0, 0.3),
        "new": scores(0.3, 0.1),
        "income": np.where(truth, "high", "low").tolist(),
    }
    path = tmp_path / "rows.csv"
    write_csv(Table.from_columns(columns), path)
    return str(path)


def judged(rows: str, *more: str) -> list[str]:
    columns = ["--label", "income", "--positive", "high", "--scores", "new", "--against-scores", "old"]
    return ["eval", "compare", rows, *columns, *more]


def test_better_on_average_and_worse_for_one_slice(rows: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(judged(rows, "--better-by", "accuracy=0")) == 0
    assert "✓" in capsys.readouterr().out
    assert main(judged(rows, "--slice", "sex", "--rule", "accuracy | sex=* >= baseline")) == 3
    said = capsys.readouterr().out
    assert "model gate: no" in said
    assert "✗ accuracy | sex=female" in said
    assert main(judged(rows, "--slice", "sex", "--slices-better-by", "accuracy=0", "--json")) == 3
    verdict = json.loads(capsys.readouterr().out)
    assert [reason["subject"] for reason in verdict["reasons"] if not reason["ok"]] == ["accuracy | sex=female"]


def test_on_the_interval_pairs_are_made(rows: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(judged(rows, "--on", "interval", "--better-by", "accuracy=0")) == 0
    assert "from pairs" in capsys.readouterr().out
    assert main(judged(rows, "--on", "interval", "--at-least", "f1=0.86")) == 3


def test_without_bounds_nothing_may_be_worse(rows: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(judged(rows)) == 0
    assert "✓" in capsys.readouterr().out
    assert main([*judged(rows)[:7], "--scores", "old", "--against-scores", "new"]) == 3
    assert main([*judged(rows)[:7], "--scores", "old"]) == 3
    assert "no threshold was given" in capsys.readouterr().out


def test_evaluations_that_were_kept(rows: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = Table.read_csv(rows)
    for name in ("old", "new"):
        chance = table.column(name)
        (tmp_path / name).mkdir()
        evaluate(Predictions(("high", "low"), np.column_stack([chance, 1 - chance])), table, label="income").save(
            tmp_path / name
        )
    new, old = str(tmp_path / "new"), str(tmp_path / "old" / "evaluation.json")
    assert main(["eval", "compare", new, old, "--better-by", "accuracy=0.05"]) == 0
    assert main(["eval", "compare", old, new, "--better-by-share", "accuracy=0"]) == 3
    assert main(["eval", "compare", new, "--better-by", "auc=0", "--first-run", "fail"]) == 3
    assert "FIRST_RUN" not in capsys.readouterr().out


def test_mistakes_are_told(rows: str, capsys: pytest.CaptureFixture[str]) -> None:
    cases = {
        "is no bound": ["--at-least", "auc"],
        "where a figure is due": ["--rule", "auc >="],
        "only a package can be served": ["--measure"],
    }
    for told, more in cases.items():
        assert main(judged(rows, *more)) == 1
        assert told in capsys.readouterr().err
    assert main(["eval", "compare", rows, rows]) == 1
    assert "not all of them evaluations" in capsys.readouterr().err
    assert main(["eval", "compare", rows]) == 1
    assert "the data has no --label" in capsys.readouterr().err
