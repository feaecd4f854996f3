"""``mainspring rollout plan``, ``evaluate`` and ``state``."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from mainspring.app.cli.main import main
from mainspring.serving import Feedback, LogRecord, PredictionLog
from mainspring.serving.decision import Decision
from mainspring.serving.feedback import FeedbackLog
from mainspring.serving.rollout.state import SharedState, Told


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    return json.loads(shown(capsys, *arguments, "--json"))


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert main(["rollout", *arguments]) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["rollout", *arguments]) == 1
    return capsys.readouterr().err


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of 400 requests: arm ``b`` is right more often, and for large ``x`` only."""
    chance = random.Random(0)
    with PredictionLog(tmp_path / "log") as records, FeedbackLog(tmp_path / "log" / "feedback") as feedback:
        for number in range(400):
            x, arm = chance.random(), chance.choice("ab")
            records.write(
                LogRecord(
                    id=str(number),
                    time=float(number),
                    model="taxi",
                    version="1",
                    columns={"x": [x]},
                    outputs={"label": ["yes"]},
                    decisions=(Decision(router="taxi", arm=arm, propensity=0.5, policy="thompson"),),
                )
            )
            worth = x if arm == "b" else 0.2
            reward = float(chance.random() < worth)
            feedback.write(Feedback(id=str(number), key="reward", value=reward, time=float(number)))
    return tmp_path / "log"


def test_a_plan_says_how_many(capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, "plan", "--share", "0.1", "--effect", "0.02", "--once")
    assert found["sizes"] == [3841, 3841]
    three = told(capsys, "plan", "--deviation", "2", "--effect", "1", "--arms", "3", "--once", "--per-day", "51")
    assert three["sizes"] == [78, 78, 78]
    assert three["days"] == pytest.approx(234 / 51)
    out = shown(capsys, "plan", "--share", "0.1", "--effect", "0.2", "--relative", "--per-day", "900")
    assert "22412 in all: 11206, 11206" in out
    assert "25 days at 900 a day" in out
    assert "7682 if it is read once, at the end" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--effect", "1"], "it is not said what is compared"),
        (["--effect", "1", "--share", "0.1", "--deviation", "2"], "it is not said what is compared"),
        (["--effect", "1", "--deviation", "2", "--relative"], "--relative and --mean belong together"),
    ],
)
def test_what_cannot_be_planned(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert message in refused(capsys, "plan", *arguments)


def test_every_arm_of_the_log_is_estimated(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, "evaluate", "taxi", "--log", str(log), "--column", "x")
    assert set(found["policies"]) == {"always a", "always b"}
    assert found["rows"] == 400
    better = found["policies"]["always b"]["estimates"]["dr"]
    assert better["lower"] < 0.5 < better["upper"]
    out = shown(capsys, "evaluate", "taxi", "--log", str(log), "--arm", "b")
    assert "taxi: 400 rows with a decision and a reward" in out
    assert "always b" in out
    assert "always a" not in out


def test_a_bandit_is_estimated_before_it_is_released(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "linucb.yaml"
    file.write_text("bandit: {arms: [a, b], policy: linucb, context: [x]}")
    found = told(
        capsys,
        "evaluate",
        "taxi",
        "--log",
        str(log),
        "--bandit",
        str(file),
        "--since",
        "1970-01-01T00:00:00+00:00",
    )
    one = found["policies"]["linucb (linucb.yaml)"]
    assert 150 < one["rows"] < 250
    assert one["estimates"]["snips"]["value"] > one["logged"]["value"]
    file.write_text("{arms: [a], policy: nonsense}")
    assert "this is no bandit" in refused(capsys, "evaluate", "taxi", "--log", str(log), "--bandit", str(file))


def test_without_decisions_there_is_nothing_to_estimate(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no row with a decision and a reward" in refused(
        capsys, "evaluate", "other", "--log", str(log)
    )
    assert "'yesterday' is no time" in refused(
        capsys, "evaluate", "taxi", "--log", str(log), "--since", "yesterday"
    )


def test_what_was_learned_can_be_seen_taken_elsewhere_and_forgotten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there = str(tmp_path / "here"), str(tmp_path / "there")
    with SharedState(Path(here)) as state:
        state.learn([Told(id=str(n), arm="ab"[n % 2], reward=float(n), context={"1": 1.0}) for n in range(10)])
    exported = told(capsys, "state", here)
    assert exported["arms"]["a"]["mean"] == 4.0
    file = tmp_path / "learned.json"
    file.write_text(json.dumps(exported))
    assert told(capsys, "state", there, "--restore", str(file)) == exported
    assert set(told(capsys, "state", there, "--rename", "a", "c")["arms"]) == {"b", "c"}
    assert told(capsys, "state", there, "--forget", "b")["arms"]["b"]["count"] == 0
    out = shown(capsys, "state", there)
    assert "features: 1" in out
    assert told(capsys, "state", there, "--forget-all")["arms"] == {}
    file.write_text("[")
    assert "this is not JSON" in refused(capsys, "state", there, "--restore", str(file))
    assert "no bandit keeps its state in" in refused(capsys, "state", str(tmp_path / "nowhere"))
