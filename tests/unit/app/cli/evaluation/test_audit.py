"""``mainspring eval audit``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mainspring.app.cli.main import main
from mainspring.core import Slice
from mainspring.evaluation import Evaluation, Measured


@pytest.fixture
def evaluation(tmp_path: Path) -> str:
    measured = {Slice(): Measured(90, {"auc": 0.9}), Slice.of(sex="f"): Measured(30, {"recall": 0.7})}
    made = Evaluation(task="classification", label="y", split="eval", measured=measured, positive="1")
    (tmp_path / "evaluation").mkdir()
    made.save(tmp_path / "evaluation")
    return str(tmp_path / "evaluation")


def test_from_a_new_checklist_to_a_verdict(
    tmp_path: Path, evaluation: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "audit.yaml"
    assert main(["eval", "audit", "new", str(path), "--title", "Census", "--slice", "sex"]) == 0
    assert main(["eval", "audit", "new", str(path)]) == 1
    assert "--force" in capsys.readouterr().err
    assert main(["eval", "audit", "show", str(path)]) == 0
    said = capsys.readouterr().out
    assert "Census: 21 items, agreed by nobody yet" in said
    assert "auc >= baseline" in said
    assert main(["eval", "audit", "check", str(path), evaluation]) == 3
    assert "open and without a rule (high, nobody owns it)" in capsys.readouterr().out

    path.write_text(
        "title: Census\nitems:\n  women: {question: Is it worse?, rule: recall | sex=f >= 0.6, owner: Ada}\n"
    )
    assert main(["eval", "audit", "check", str(path), evaluation, "--json"]) == 0
    verdict = json.loads(capsys.readouterr().out)
    assert verdict["reasons"][0]["message"] == "women: recall | sex=f 0.7 is at least 0.6"
    assert main(["eval", "audit", "show", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["items"][0]["owner"] == "Ada"


def test_a_bad_file_is_told_by_line(tmp_path: Path, evaluation: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "audit.yaml"
    path.write_text(
        "title: Census\nitems:\n  women:\n    question: Is it worse?\n    rule: recall | sex=f > = 0.6\n"
    )
    assert main(["eval", "audit", "check", str(path), evaluation]) == 1
    said = capsys.readouterr().err
    assert "line 5: item 'women': rule" in said
    assert "^" in said
    assert main(["eval", "audit", "show", str(tmp_path / "none.yaml")]) == 1
    assert "mainspring eval audit new" in capsys.readouterr().err


def test_a_new_checklist_is_told_to_machines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "audit.yaml"
    assert main(["eval", "audit", "new", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"wrote": str(path)}
    assert path.is_file()
