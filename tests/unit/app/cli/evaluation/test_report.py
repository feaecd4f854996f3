"""``mainspring eval report``."""

from __future__ import annotations

import json
from pathlib import Path

import click
import numpy as np
import pytest

from mainspring.app.cli.main import main
from mainspring.data import Table
from mainspring.data.bundled import write_csv


@pytest.fixture
def scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    city = random.choice(["Bern", "Zug"], 600)
    paid = random.random(600) < 0.4
    noise = random.normal(0, np.where(city == "Zug", 0.4, 0.1), 600)
    chance = np.clip(0.3 + 0.4 * paid + noise, 0, 1).round(4)
    table = Table.from_columns(
        {"city": city.tolist(), "paid": np.where(paid, "yes", "no").tolist(), "chance": chance.tolist()}
    )
    write_csv(table, tmp_path / "scored.csv")
    return ["eval", "report", "scored.csv", "--label", "paid", "--positive", "yes", "--scores", "chance"]


def test_a_page_and_a_short_summary(scored: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([*scored, "--slice", "city", "--protected", "city", "--search"]) == 0
    out = click.unstyle(capsys.readouterr().out)
    assert out.startswith("scored.csv: chance · Classification of paid, class yes, judged on 600 rows")
    assert out.index("city=Zug") < out.index("city=Bern"), "the worst slice first"
    assert "demographic parity difference" in out
    page = tmp_path / "paid-evaluation.html"
    assert f"the whole of it: {page}" in out
    for words in ("Threshold", "Fairness", "Worst slices found"):
        assert words in page.read_text(encoding="utf-8")


def test_json_on_the_screen_and_in_a_file(
    scored: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([*scored, "--slice", "city", "--html", "p.html", "--out", "deep/form.json", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    form = json.loads((tmp_path / "deep/form.json").read_text(encoding="utf-8"))
    assert told == {"html": str(tmp_path / "p.html"), "out": str(tmp_path / "deep/form.json"), **form}
    assert form["form"] == "mainspring.evaluation/1"
    assert {one["name"] for one in form["slices"]} == {"city=Bern", "city=Zug"}


def test_what_is_to_be_judged_must_be_said(scored: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(scored[:-2]) == 1
    assert "--model" in capsys.readouterr().err
