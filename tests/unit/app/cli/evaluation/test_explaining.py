"""``mainspring eval importance`` and ``mainspring eval effects``, on a trained model in a folder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mainspring.app.cli.main import main
from mainspring.data import Table, Transform, infer, summarize
from mainspring.data.bundled import write_csv
from mainspring.models import train

ROWS = 600


@pytest.fixture
def given(tmp_path: Path) -> list[str]:
    """Rows and a model; what counts is the hour, and a little the city."""
    random = np.random.default_rng(0)
    hour, noise = random.uniform(0, 24, ROWS), random.normal(size=ROWS)
    city = random.choice(["x", "y"], ROWS)
    late = np.where(hour + 4 * (city == "y") + random.normal(0, 1, ROWS) > 14, "yes", "no")
    table = Table.from_columns({"hour": hour, "noise": noise, "city": city.tolist(), "late": late.tolist()})
    write_csv(table, tmp_path / "rows.csv")
    transform = Transform.fit(table, infer(summarize(table), label="late"), label="late")
    folder = tmp_path / "model"
    folder.mkdir()
    train(table, transform, estimator="lightgbm.LGBMClassifier", params={"n_estimators": 20, "verbose": -1}).save(
        folder
    )
    return [str(tmp_path / "rows.csv"), "--label", "late", "--model", str(folder)]


def test_what_a_model_depends_on(given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    assert main(["eval", "importance", *given, "--html", str(page)]) == 0
    said = capsys.readouterr().out
    assert said.index("hour") < said.index("city") < said.index("noise")
    assert "hour" in page.read_text(encoding="utf-8")
    assert main(["eval", "importance", *given, "--group", "place=city,hour", "--metric", "auc", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["groups"] == {"place": ["city", "hour"]}
    assert main(["eval", "importance", *given, "--column", "height"]) == 1
    assert "'height'" in capsys.readouterr().err


def test_how_answers_change(given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    assert main(["eval", "effects", *given, "--html", str(page)]) == 0
    said = capsys.readouterr().out
    assert said.index("of hour on the probability of yes") < said.index("of noise on")
    assert page.stat().st_size > 1000
    assert main(["eval", "effects", *given, "--column", "city", "--method", "partial_dependence", "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["effects"]
    assert dict(zip(told["grid"][0], told["values"], strict=True))["y"] > 0.5
    assert main(["eval", "effects", *given, "--column", "height"]) == 1
