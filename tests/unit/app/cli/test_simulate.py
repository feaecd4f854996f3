import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mainspring.app.cli.main import main
from mainspring.serving.feedback import Feedback
from mainspring.serving.feedback.log import FOLDER, FeedbackLog
from mainspring.serving.payloads import LogRecord, PredictionLog

DAY = 86400.0
POLICY = """\
taxi:
  window: 1d
  wait: 0
  labels: 2d
  checks: {skew: false, outliers: false, concept: false, estimated_quality: false, calibration: false,
           predictions: false, drift: false, quality: {at_least: {accuracy: 0.8}}}
  alerts: {to: ["json://localhost/alerts"]}
  retraining:
    when: [quality]
    cool_down: 2d
    budget: 3 per 7d
    cost_per_run: 5
    metric: accuracy
    window: drift
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose model was right for eight days, and then the world turned."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "mainspring.toml").write_text("[project]\nname = 'rides'\n", encoding="utf-8")
    (folder / "monitoring.yaml").write_text(POLICY, encoding="utf-8")
    log = folder / ".mainspring" / "predictions"
    random = np.random.default_rng(0)
    with PredictionLog(log) as written, FeedbackLog(log / FOLDER) as told:
        for number in range(160):
            time = number * DAY / 10
            x = random.normal(size=20)
            scores = 1 / (1 + np.exp(-3 * x))
            answers = np.where(scores >= 0.5, "yes", "no")
            right = np.where((x > 0) == (time < 8 * DAY), "yes", "no")
            written.write(
                LogRecord(
                    id=f"r{number}",
                    time=time,
                    model="taxi",
                    version="1.0.0",
                    columns={"x": x.tolist()},
                    outputs={
                        "label": answers.tolist(),
                        "probability.no": (1 - scores).tolist(),
                        "probability.yes": scores.tolist(),
                    },
                )
            )
            for row in range(20):
                value = str(right[row])
                one = Feedback(id=f"r{number}", key="truth", value=value, row=row, time=time, received=time + 3600)
                told.write(one)
    return folder


@pytest.fixture
def here(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(project)
    return project


def simulated(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(["simulate", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_policy_of_the_file_is_replayed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = simulated(capsys, "taxi")
    assert (found["model"], found["rows"], found["windows"]) == ("taxi", 3200, 16)
    named = {one["name"]: one for one in found["outcomes"]}
    assert list(named) == ["as recorded", "as declared", "every week", "every day"]
    declared = named["as declared"]
    asked = [one["at"] / DAY for one in declared["happenings"] if one["kind"] == "asked"]
    assert 8 < asked[0] <= 10
    assert declared["cost"] == 5 * declared["runs"] == 5 * len(asked)
    assert declared["alerts"] >= 1


def test_models_are_trained_where_an_estimator_is_named(
    here: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pytest.importorskip("sklearn")
    page = tmp_path / "taxi.html"
    arguments = ("--estimator", "sklearn.linear_model.LogisticRegression", "--alone", "--html", str(page))
    recorded, declared = simulated(capsys, "taxi", *arguments)["outcomes"]
    assert recorded["value"] == pytest.approx(0.5, abs=0.02)
    assert declared["gain_low"] > 0.1
    assert declared["promoted"] >= 1
    text = page.read_text(encoding="utf-8")
    assert "<svg" in text
    assert "the new model comes into use" in text


def test_people_are_shown_a_table_and_what_happened(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate"]) == 0
    shown = capsys.readouterr().out
    assert "as declared" in shown
    assert "quality failed in the last window" in shown
    assert "no trainer was given" in shown


def test_other_policies_stand_beside_it(here: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    calmer = tmp_path / "calmer.yaml"
    calmer.write_text(POLICY.replace("3 per 7d", "1 per 30d"), encoding="utf-8")
    found = simulated(capsys, "taxi", "--policy", str(calmer), "--alone", "--until", "1970-01-15")
    runs = {one["name"]: one["runs"] for one in found["outcomes"]}
    assert runs["as recorded"] == 0
    assert runs["calmer"] == 1 < runs["as declared"]


def test_what_is_not_declared_is_told(here: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["simulate", "census"]) == 1
    assert "it does not name 'census'" in capsys.readouterr().err
    silent = tmp_path / "silent.yaml"
    silent.write_text("taxi: {window: 1d}\n", encoding="utf-8")
    assert main(["simulate", "-f", str(silent)]) == 1
    assert "it is not said when taxi is trained again" in capsys.readouterr().err
    assert main(["simulate", "--since", "yesterday"]) == 1
    assert "'yesterday' is no time" in capsys.readouterr().err


@pytest.fixture(scope="module")
def trips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows of sixty days in which the world turns half-way."""
    file = tmp_path_factory.mktemp("trips") / "trips.csv"
    random = np.random.default_rng(0)
    lines = ["day,x,tipped"]
    for number in range(2400):
        x = random.normal()
        right = (x > 0) == (number < 1200)
        lines.append(
            f"2026-{1 + number // 1200:02d}-{1 + number % 1200 // 43:02d},{x:.5f},{'yes' if right else 'no'}"
        )
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_models_grow_stale(trips: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    page = tmp_path / "stale.html"
    asked = ["simulate", "stale", str(trips), "--time", "day", "--label", "tipped", "--period", "10d"]
    asked += ["--history", "10d", "--estimator", "sklearn.linear_model.LogisticRegression", "--metric", "accuracy"]
    assert main([*asked, "--html", str(page), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["metric"] == "accuracy"
    assert found["fresh_for"] is not None
    assert found["ages"][0]["loss"] == 0
    assert "<svg" in page.read_text(encoding="utf-8")
    assert main([*asked, "--fresh-for", "40d"]) == 3
    assert "they surely lose more than 0" in capsys.readouterr().out
