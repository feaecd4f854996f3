"""``mainspring eval fairness``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mainspring.app.cli.main import main
from mainspring.data import Table
from mainspring.data.bundled import write_csv


@pytest.fixture
def scored(tmp_path: Path) -> list[str]:
    random = np.random.default_rng(0)
    sex = random.choice(["f", "m"], 800)
    paid = random.random(800) < 0.4
    chance = np.clip(0.25 + 0.4 * paid + 0.12 * (sex == "m") + random.normal(0, 0.1, 800), 0, 1)
    columns = {"sex": [*sex.tolist(), None], "paid": [*np.where(paid, "yes", "no").tolist(), "no"]}
    write_csv(Table.from_columns({**columns, "chance": [*chance.tolist(), 0.1]}), tmp_path / "scored.csv")
    given = ["--label", "paid", "--positive", "yes", "--scores", "chance", "--protected", "sex"]
    return ["eval", "fairness", str(tmp_path / "scored.csv"), *given]


def test_figures_of_groups_and_gaps(scored: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(scored) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "scored.csv: chance on 801 rows · 'yes'"
    assert [line.split()[0] for line in lines[3:7]] == ["all", "sex=m", "sex=f", "sex=(missing)"]
    assert "(0.000)" in lines[6]
    gap = next(line for line in lines if line.startswith("equal_opportunity_difference"))
    assert "sex=m and sex=f (without sex=(missing))" in gap


def test_a_bound_that_is_not_kept_is_exit_code_3(scored: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    bound = ["--at-most", "equal_opportunity_difference=0.05"]
    assert main([*scored, *bound, "--json"]) == 3
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["verdict"]["reasons"][0]["code"] == "METRIC_ABOVE_THRESHOLD"
    assert {group["group"]["sex"] for group in told["fairness"]["groups"]} == {"m", "f", "(missing)"}
    lenient = ["--at-most", "predictive_equality_difference=0.9"]
    assert main([*scored, *lenient]) == 3
    assert "nothing is known of sex=(missing)" in capsys.readouterr().out
    assert main([*scored, *lenient, "--insufficient", "pass"]) == 0


def test_a_threshold_a_privileged_group_and_who_is_alike(
    scored: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--threshold", "0.35", "--privileged", "sex=m", "--alike", "chance", "--json"]
    assert main([*scored, *more]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])["fairness"]
    assert 0.35 in told["thresholds"]
    assert told["privileged"] == {"sex": "m"}
    assert told["overall"]["figures"]["consistency"]["value"] > 0.9
    assert main([*scored, *more[:-1]]) == 0
    assert "at the threshold 0.35" in capsys.readouterr().out


def test_what_cannot_be_read_is_said(scored: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*scored, "--at-most", "accuracy_difference"]) != 0
    assert "'accuracy_difference' cannot be read" in capsys.readouterr().err
    assert main([*scored, "--at-most", "accuracy_difference=little"]) != 0
    assert "no number" in capsys.readouterr().err
