"""``mainspring eval robustness``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mainspring.app.cli.main import main
from mainspring.data import Table, Transform, infer, summarize
from mainspring.data.bundled import write_csv
from mainspring.models import train


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model in a folder, the rows that it was trained on, and others."""
    folder = tmp_path_factory.mktemp("robustness")
    random = np.random.default_rng(0)
    pay, age = random.normal(size=600), random.normal(size=600)
    late = np.where(pay + 0.3 * random.normal(size=600) < 0, "yes", "no")
    table = Table.from_columns({"pay": pay, "age": age, "late": late.tolist()})
    learnt = table.rows(0, 300)
    transform = Transform.fit(learnt, infer(summarize(learnt), label="late"))
    model = train(learnt, transform, estimator="sklearn.linear_model.LogisticRegression")
    (folder / "model").mkdir()
    model.save(folder / "model")
    write_csv(learnt, folder / "train.csv")
    write_csv(table.rows(300, 600), folder / "test.csv")
    return folder


def given(place: Path, *more: str) -> list[str]:
    options = ["--label", "late", "--model", str(place / "model"), "--perturbations", "noise,sign"]
    return ["eval", "robustness", str(place / "test.csv"), *options, *more]


def test_what_costs_most_comes_first(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(given(place, "--each-feature", "--worst", "2")) == 0
    said = capsys.readouterr().out.splitlines()
    first = next(line for line in said if line.lstrip().startswith("sign"))
    assert "pay" in first
    assert "0.5" in first
    assert any("that cost less" in line for line in said)


def test_attack_and_membership_are_told_and_judged(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = ("--attack", "fast_gradient_sign", "--budget", "0.5", "--members", str(place / "train.csv"))
    assert main(given(place, *more)) == 0
    said = capsys.readouterr().out
    assert "fast_gradient_sign (linf): accuracy 0." in said
    assert "members told from others: AUC 0.5" in said
    bounds = ("--loss-at-most", "0.9", "--attacked-accuracy-at-least", "0.99", "--auc-at-most", "0.6")
    assert main(given(place, *more, *bounds)) == 3
    assert "fast_gradient_sign within 0.5" in capsys.readouterr().out
    assert main(given(place, *more, "--immutable", "pay", "--json")) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["attack"]["accuracy"] - told["attack"]["found"][0]["accuracy"] < 0.1
    assert told["verdict"] is None


def test_a_bound_on_nothing_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(given(place, "--auc-at-most", "0.6")) == 1
    assert "without members" in capsys.readouterr().err
    assert main(given(place, "--attacked-accuracy-at-least", "0.6")) == 1
    assert "without an attack" in capsys.readouterr().err
    command = ["eval", "robustness", str(place / "test.csv"), "--label", "late", "--predicted", "late"]
    assert main(command) == 1
    assert "do not change with the rows" in capsys.readouterr().err
