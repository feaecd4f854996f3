from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from mainspring.core import InputError, NotFoundError
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.errors import analyze_errors, errors_to_tag, read_tags, write_to_tag

ROWS = 400
WRONG = np.arange(ROWS) % 4 == 0
TRUTH = np.arange(ROWS) % 2 == 0
TABLE = Table.from_columns(
    {"label": TRUTH, "note": [f"=SUM({i})" if i % 8 else f"-{i}" for i in range(ROWS)], "n": np.arange(ROWS)}
)
YES = np.where(TRUTH ^ WRONG, 0.9, 0.1)
PREDICTIONS = Predictions(("false", "true"), np.column_stack([1 - YES, YES]))


def test_a_sample_of_errors_goes_out_and_comes_back_with_tags(tmp_path: Path) -> None:
    path = tmp_path / "to-tag.csv"
    rows = errors_to_tag(PREDICTIONS, TABLE, label="label", sample=20)
    assert rows == errors_to_tag(PREDICTIONS, TABLE, label="label", sample=20), "the same seed draws the same"
    assert all(WRONG[int(row["row"]) - 1] for row in rows)
    write_to_tag(rows, path)
    with path.open(newline="") as file:
        written = list(csv.DictReader(file))
    assert list(written[0]) == ["row", "right", "answered", "confidence", "tags", "label", "note", "n"]
    for place, row in enumerate(written):
        row["tags"] = "night; dog" if place < 5 else "dog" if place < 12 else ""
        row["hard"] = "x" if place in (0, 19) else "no"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(written[0]))
        writer.writeheader()
        writer.writerows(written)
    found = analyze_errors(PREDICTIONS, TABLE, read_tags(path, TABLE), label="label", reference=0.05)
    assert found.sampled == 20
    # 25 % of all rows are wrong; 12, 5 and 2 of 20 errors have the tags.
    shares = {row.tag: (row.rows, row.error_share) for row in found.tags}
    assert shares == {"dog": (12, 0.6), "night": (5, 0.25), "hard": (2, 0.1)}
    dog = found.tags[0]
    assert (dog.room, dog.priority, dog.mended) == pytest.approx((0.2, 0.12, 0.1))
    assert math.isnan(dog.error_rate)
    assert math.isnan(dog.data_share)
    assert any("20 errors only" in note for note in found.notes)
    assert found.untagged.rows == 7


def test_what_a_spreadsheet_would_run_is_made_harmless(tmp_path: Path) -> None:
    write_to_tag([{"row": "1", "tags": "", "note": "=cmd()", "n": "-3.5"}], tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text().splitlines()[1] == "1,,'=cmd(),-3.5"


def test_chosen_columns_are_shown(tmp_path: Path) -> None:
    (row, *_) = errors_to_tag(PREDICTIONS, TABLE, label="label", sample=1, columns=["n"])
    assert int(row["n"]) + 1 == int(row["row"])
    assert "note" not in row


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("number,tags\n1,dog\n", "no column 'row'"),
        ("row,tags\none,dog\n", "else than numbers"),
        ("row,tags\n9999,dog\n", "no row 9999"),
        ("row,tags\n1,\n", "no row has a tag"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "tags.csv").write_text(text)
    with pytest.raises(InputError, match=told):
        read_tags(tmp_path / "tags.csv", TABLE)


def test_no_file_no_errors_and_no_sample_are_told(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        read_tags(tmp_path / "none.csv", TABLE)
    with pytest.raises(InputError, match="no errors"):
        write_to_tag([], tmp_path / "a.csv")
    with pytest.raises(InputError, match="a sample of 0"):
        errors_to_tag(PREDICTIONS, TABLE, label="label", sample=0)
