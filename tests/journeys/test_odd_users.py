"""What people do that nobody planned for: each of these once broke, lost something, or said something untrue."""

from __future__ import annotations

import csv
import random
import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Project


def write(path: Path, names: list[str], rows: list[list[object]], **options: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, **options).writerows([names, *rows])


def rows_of_shops(count: int = 300) -> list[list[object]]:
    """A post code that must stay text, a number that may be infinite, a day, a label that may be absent."""
    dice = random.Random(7)
    found: list[list[object]] = []
    for number in range(count):
        code, amount = dice.choice(["01234", "10115", "A12"]), dice.gauss(0, 1)
        word = "yes" if amount + 2 * (code == "10115") + dice.gauss(0, 0.2) > 0.5 else "no"
        shown: object = "inf" if number % 40 == 7 else round(amount, 3)
        found.append([code, shown, f"2024-01-{1 + number % 28:02}", "" if number % 30 == 3 else word])
    return found


def test_a_file_full_of_oddities_becomes_a_model_that_answers(folder: Project) -> None:
    names = ["post code", "amount", "day", "class"]
    write(folder.root / "my shops.csv", names, rows_of_shops(), delimiter=";")
    said = folder.run("init", "class", "--data", "my shops.csv", "--label", "class")
    assert "10 rows have no label" in said
    shops = folder.inside("class")
    shops.edit("pipeline.py", '"n_estimators": 200', '"n_estimators": 20')
    said = shops.run("run")
    assert "not used: day: a DATE" in said
    assert "hold infinity" in said
    assert "m_class 1.0.0" in said

    # New rows in another order, with a column more, without one that is not used, and with codes like numbers.
    write(shops.root / "new.csv", ["amount", "note", "post code"], [[0.5, "x", "01234"], [0.5, "y", "10115"]])
    answers = shops.json("predict", "m_class", "--data", "new.csv")["predictions"]
    by_hand = shops.json("predict", "m_class", "--row", '[{"amount": 0.5, "post code": "01234"}]')["predictions"]
    assert answers[0] == by_hand[0]
    assert answers[0] != answers[1]
    written = shops.json("predict", "m_class", "--data", "new.csv", "--out", "answers.csv")
    assert written["rows"] == len((shops.root / "answers.csv").read_text().splitlines()) - 1 == 2


@pytest.mark.slow
def test_questions_with_wrong_names_are_told_the_right_ones(cancer: Project) -> None:
    cancer.run("run", "-p", 'params={"n_estimators": 5}')
    assert "a registered model: cancer" in cancer.run("models", "nobody", code=1)
    assert "cancer has no alias 'staging'" in cancer.run("lineage", "cancer@staging", code=1)
    assert "cancer has no version 9.9.9" in cancer.run("lineage", "cancer:9.9.9", code=1)
    assert "--keep-runs" in cancer.run("gc", "--keep-runs", "0", code=2)

    # Back, forward again, and what is served follows.
    cancer.run("run", "-p", 'params={"n_estimators": 60}')
    assert cancer.json("rollback", "cancer", "--reason", "errors")["version"] == "1.0.0"
    assert "but cancer@production is 1.0.0" in cancer.run("run", "-p", 'params={"n_estimators": 60}')
    newest = cancer.json("models", "cancer")["versions"][-1]["version"]
    assert cancer.json("rollback", "cancer", "--to", newest, "--reason", "it was the network")["version"] == newest
    assert (cancer.root / ".mainspring" / "deployments" / "cancer" / "CURRENT").read_text().strip() == "2"
    assert "cancer has no version 7.0.0" in cancer.run(
        "rollback", "cancer", "--to", "7.0.0", "--reason", "x", code=1
    )

    # The bytes are lost; the record still knows the way.
    shutil.rmtree(cancer.root / ".mainspring" / "artifacts")
    assert "Who signed?" in cancer.run("lineage", "cancer")
    # The record is lost; that is said once.
    (cancer.root / ".mainspring" / "record.db").write_text("this is no database")
    assert cancer.run("doctor", code=1).count("not a database") == 1


FAULTY = """
from mainspring import pipeline, step


@step
def divide(by: int, word: str) -> str:
    return word * (10 // by)


@pipeline
def line(by: int = 0, word: str = "a"):
    divide(by=by, word=word)
"""


def test_a_default_that_is_mended_is_used_when_the_run_goes_on(folder: Project) -> None:
    folder.write("pipeline.py", FAULTY)
    folder.write("mainspring.toml", '[project]\nname = "line"\n')
    failed = folder.json("run", "-p", "word=b", code=1)
    assert "ZeroDivisionError" in failed["steps"][0]["error"]
    folder.edit("pipeline.py", 'by: int = 0, word: str = "a"', 'by: int = 5, word: str = "z"')
    assert folder.json("resume")["state"] == "COMPLETE"
    # What was given stays as it was given; what the file says is as it says it now.
    assert folder.json("show")["parameters"] == {"by": 5, "word": "b"}


def test_looking_where_there_is_no_project_makes_nothing(folder: Project) -> None:
    for command in ("runs", "show", "models", "lineage"):
        said = folder.run(command, code=1)
        assert "mainspring init" in said
    assert not list(folder.root.iterdir())
