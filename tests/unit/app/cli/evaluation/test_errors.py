"""``mainspring eval errors``."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from mainspring.app.cli.main import main
from mainspring.data import Table
from mainspring.data.bundled import write_csv

ROWS = 200


@pytest.fixture
def rows(tmp_path: Path) -> str:
    """Every fourth answer is wrong, at night every second; people are always right."""
    night = [place < 80 for place in range(ROWS)]
    truth = ["yes" if place % 3 == 0 else "no" for place in range(ROWS)]
    wrong = [place % (2 if dark else 12) == 0 for place, dark in enumerate(night)]
    answers = [
        ("no" if right == "yes" else "yes") if bad else right for right, bad in zip(truth, wrong, strict=True)
    ]
    path = tmp_path / "rows.csv"
    columns: dict[str, list[Any]] = {"night": night, "hour": [23 if dark else 12 for dark in night], "late": truth}
    write_csv(Table.from_columns({**columns, "answer": answers, "person": truth}), path)
    return str(path)


def judged(rows: str, *more: str) -> list[str]:
    return ["eval", "errors", rows, "--label", "late", "--predicted", "answer", *more]


def test_the_table_of_tags(rows: str, capsys: pytest.CaptureFixture[str]) -> None:
    rule = "sql day: hour BETWEEN 6 AND 18"
    assert main(judged(rows, "--tag", "night", "--tag", rule, "--reference", "person", "--examples", "1")) == 0
    said = capsys.readouterr().out
    assert "night" in said.splitlines()[3]
    assert "- night: row 1 is yes, answered no" in said
    assert "reference: 0 (person)" in said
    assert main(judged(rows, "--tag", "night", "--reference", "0.05")) == 0
    assert "reference: 0.05\n" in capsys.readouterr().out
    assert main(judged(rows, "--tag", "night", "--tag", rule, "--reference", "0.05", "--json")) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["tag"] for row in told["tags"]] == ["night", "day"]
    assert told["tags"][0]["error_rate"] == 0.5
    assert told["tags"][0]["priority"] == pytest.approx(0.45 * 0.4)


def test_errors_go_out_to_be_tagged_and_come_back(
    rows: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "to-tag.csv"
    assert main(judged(rows, "--sample", "10", "--out", str(out))) == 0
    assert "wrote 10 errors" in capsys.readouterr().out
    with out.open(newline="") as file:
        written = list(csv.DictReader(file))
    with out.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(written[0]))
        writer.writeheader()
        writer.writerows({**row, "tags": "fog" if place < 6 else ""} for place, row in enumerate(written))
    assert main(judged(rows, "--tags", str(out), "--json")) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["sampled"], told["tags"][0]["tag"], told["tags"][0]["error_share"]) == (10, "fog", 0.6)
    assert main(judged(rows, "--sample", "5", "--out", str(out), "--json")) == 0
    assert json.loads(capsys.readouterr().out)["errors"] == 5


@pytest.mark.parametrize(
    ("more", "told"), [((), "no tags were given"), (("--tag", "night", "--reference", "nobody"), "'nobody'")]
)
def test_what_is_missing_is_told(
    rows: str, more: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(judged(rows, *more)) != 0
    assert told in capsys.readouterr().err
