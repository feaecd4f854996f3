"""The monitoring file that newcomers are given, and policies that ask for what nobody starts."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from mainspring.app.cli.main import cli
from mainspring.app.monitoring_file import starting_file
from mainspring.monitoring.declaration import USUAL, read_text

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mainspring.toml").write_text('[project]\nname = "census"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, list(arguments))
    return done.exit_code, done.output


def uncommented(text: str) -> str:
    """With everything that is optional: lines of YAML behind a ``#`` below a model."""
    return re.sub(r"^  # ((?:  )*[a-z_]+:.*)$", r"  \1", text, flags=re.MULTILINE)


def test_what_is_written_watches_as_usual() -> None:
    found = read_text(starting_file(["census", "rides"]))
    assert list(found) == ["census", "rides"]
    assert list(found["rides"].checks) == list(USUAL)


def test_all_that_is_commented_out_is_right_as_it_stands() -> None:
    secrets = {"MAIL_USER": "ann", "MAIL_PASSWORD": "x"}
    census = read_text(uncommented(starting_file(["census"])), environment=secrets)["census"]
    assert census.how.slices == ("country",)
    assert set(census.checks) == ({*USUAL, "multivariate"} - {"outliers"})
    assert census.how.alerts.of_windows == 3
    assert census.how.retraining is not None
    assert census.how.retraining.parameters == {"traffic": True, "since": "$since"}


def test_a_policy_that_nobody_hears_is_told_until_a_schedule_takes_it_up(project: Path) -> None:
    (project / "monitoring.yaml").write_text("census:\n  retraining: {when: [drift]}\n")
    status, told = said("monitor", "check", "--json")
    assert (status, json.loads(told)["nobody_hears"]) == (0, ["census"])
    assert 'topic = "retrain"' in said("monitor", "check")[1]

    settings = project / "mainspring.toml"
    settings.write_text(settings.read_text() + '\n[[schedule]]\ntopic = "retrain"\n')
    assert json.loads(said("monitor", "check", "--json")[1])["nobody_hears"] == []
    assert "monitoring.yaml watches census" in said("doctor")[1]


def test_the_doctor_reads_the_monitoring_file(project: Path) -> None:
    (project / "monitoring.yaml").write_text("census: {checks: {drfit: {}}}\n")
    checks = {one["name"]: one for one in json.loads(said("doctor", "--json")[1])["checks"]}
    assert not checks["watch"]["ok"]
    assert "drfit" in checks["watch"]["found"]
