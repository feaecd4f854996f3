"""`mainspring review`, as somebody types it."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from mainspring.app.cli.main import main
from mainspring.serving import LogRecord, PredictionLog
from mainspring.serving.feedback import read


@pytest.fixture
def places(tmp_path: Path) -> tuple[str, ...]:
    log = tmp_path / "log"
    with PredictionLog(log) as made:
        for number in range(30):
            chance = number / 30
            made.write(
                LogRecord(
                    id=f"r{number}", time=1_700_000_000.0 + number, model="census", version="1.0.0",
                    columns={"age": [20.0 + number], "job": ["baker"]},
                    outputs={"label": [">50K" if chance > 0.5 else "<=50K"],
                             "probability.<=50K": [1 - chance], "probability.>50K": [chance]},
                )
            )  # fmt: skip
    return ("--log", str(log), "--reviews", str(tmp_path / "reviews"))


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    status = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert status == 0, err
    return json.loads(out.splitlines()[-1]) if "--json" in arguments else out


def test_from_filling_to_agreement(places: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    def told(*arguments: object) -> Any:
        return run(capsys, "review", *arguments, *places, "--json")

    filled = told("fill", "census", "--rows", 12, "--reviewers", 2, "--double", 0, "--where", "age > 45")
    assert filled["rows"] == 30
    assert filled["new"] > 0
    assert told("fill", "census", "--rows", 12, "--reviewers", 2, "--double", 0, "--where", "age > 45")["new"] == 0
    taken = told("next", "census", "--reviewer", "ann")
    assert set(taken["values"]) == {"age", "job"}
    assert taken["classes"] == ["<=50K", ">50K"]
    first = told("answer", "census", taken["item"], ">50K", "--reviewer", "ann", "--guideline", "2")
    assert (first["state"], first["label"]) == ("WAITING", None)
    assert told("undo", "census", "--reviewer", "ann") == taken
    second = told("answer", "census", taken["item"], "<=50K", "--reviewer", "ben", "--comment", "no")
    assert second["state"] == "DISPUTED"
    assert [one["id"] for one in told("list", "census", "--state", "disputed")["items"]] == [taken["item"]]
    final = told("answer", "census", taken["item"], ">50K", "--decide", "--reviewer", "lead")
    assert (final["state"], final["label"], final["by"]) == ("SETTLED", ">50K", "lead")
    [truth] = [one for one in read(Path(places[1])) if one.key == "truth"]
    assert (truth.value, truth.caller) == (">50K", "lead")
    standing = told("status", "census")["census"]
    assert standing["settled"] == 1
    assert standing["reviewers"] == {"ann": 1, "ben": 1}
    agreement = told("agreement", "census")
    assert agreement["items"] == 1
    assert agreement["pairs"][0]["same"] == 0.0


def test_what_people_read(places: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert "nothing was chosen yet" in run(capsys, "review", "status", *places)
    assert "rows were chosen" in run(capsys, "review", "fill", "census", "--rows", 30, "--uniform", *places)
    shown = run(capsys, "review", "next", "census", "--reviewer", "ann", *places)
    assert "baker" in shown
    assert "one of <=50K, >50K" in shown
    item = shown.split()[0]
    assert (
        "settled: >50K" in run(capsys, "review", "answer", "census", item, ">50K", *places) or "waiting" in shown
    )
    assert "census" in run(capsys, "review", "status", *places)
    assert item in run(capsys, "review", "list", "census", "-n", 40, *places)
    assert "no item was labelled by two people yet" in run(capsys, "review", "agreement", "census", *places)


def test_labelling_in_the_terminal(
    places: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(capsys, "review", "fill", "census", "--rows", 30, "--double", 0, *places)
    monkeypatch.setattr("sys.stdin", io.StringIO("2 sure of it\nmaybe\n<=50K\nu\ns\nq\n"))
    shown = run(capsys, "review", "census", "--reviewer", "ann", "--show-answer", *places)
    assert "4 answered; 27 waiting, 1 disputed, 2 settled" in shown
    assert "the model answered" in shown
    listed = run(capsys, "review", "list", "census", "-n", 40, *places, "--json")["items"]
    answers = [one["answers"][0] for one in listed if one["answers"]]
    assert [one["kind"] for one in answers] == ["label", "label", "unsure", "skip"]
    assert (answers[0]["label"], answers[0]["comment"]) == (">50K", "sure of it")


def test_mistakes(places: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "review", "fill", "census", "--rows", 30, *places)
    assert main(["review", "answer", "census", "r1/0", *places]) == 1
    assert "one of LABEL, --unsure and --skip" in capsys.readouterr().err
    assert main(["review", "answer", "census", "r1/0", "rich", *places]) == 1
    assert "'rich' is no label" in capsys.readouterr().err
    assert main(["review", "answer", "census", "r99/0", ">50K", *places]) == 1
    assert "mainspring review list census" in capsys.readouterr().err
