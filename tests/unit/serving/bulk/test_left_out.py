"""Rows without an answer: refused, written with the reason, or left out and listed."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mainspring.core.errors import UnavailableError
from mainspring.serving.bulk import (
    BadRowsError,
    Options,
    PackageAnswerer,
    run,
)

Rows = Callable[..., Path]
Model = Callable[..., PackageAnswerer]
Columns = Callable[[Path], dict[str, list[Any]]]
Expected = Callable[[int], list[str]]
KEEP = Options(keep=("id",))


ODD = (
    "CASE id WHEN 7 THEN 'dear' ELSE CAST(fare AS VARCHAR) END AS fare, "
    "CASE WHEN id = 4000 THEN NULL ELSE airport END AS airport"
)


def test_bad_rows_end_a_run_with_their_numbers_and_reasons(rows: Rows, model: Model, tmp_path: Path) -> None:
    with pytest.raises(BadRowsError) as found:
        run(rows(5_000, replace=ODD), model(), tmp_path / "a.csv", options=Options(part_rows=5_000))
    assert found.value.found == (
        "rows cannot be answered: row 7: column 'fare' holds 'dear'; expected a finite number or nothing; "
        "row 4000: column 'airport' has no value; expected true or false"
    )
    assert not (tmp_path / "a.csv").exists()


def test_a_run_that_stumbled_goes_on_without_the_bad_rows(rows: Rows, model: Model, tmp_path: Path) -> None:
    data, one, out = rows(5_000, replace=ODD), model(), tmp_path / "a.csv"
    with pytest.raises(BadRowsError):
        run(data, one, out, options=Options(keep=("id",), part_rows=1_000), processes=1)
    bad = tmp_path / "bad.jsonl"
    options = Options(keep=("id",), part_rows=1_000, errors="skip")
    report = run(data, one, out, options=options, errors=bad, processes=1)
    kept = [line.split(",")[0] for line in out.read_text().splitlines()[1:]]
    assert kept == [str(number) for number in range(5_000) if number not in (7, 4_000)]
    listed = [json.loads(line) for line in bad.read_text().splitlines()]
    assert [one["row"] for one in listed] == [7, 4_000]
    assert listed[0] == {
        "row": 7,
        "reason": "column 'fare' holds 'dear'; expected a finite number or nothing",
        "values": {"id": 7, "fare": "dear", "hour": 7, "company": "B", "airport": True},
    }
    assert report.tally.bad == 2
    assert report.tally.reasons == {"column 'fare'": 1, "column 'airport'": 1}
    assert report.notes[0] == "2 rows could not be answered"


def test_bad_rows_without_an_answer_say_why(
    rows: Rows, model: Model, tmp_path: Path, columns: Columns, expected: Expected
) -> None:
    out = tmp_path / "a.parquet"
    report = run(rows(5_000, replace=ODD), model(), out, options=Options(keep=("id",), errors="null"))
    found = columns(out)
    assert found["id"] == list(range(5_000))
    assert [place for place, why in enumerate(found["error"]) if why] == [7, 4_000]
    assert found["error"][4_000] == "column 'airport' has no value; expected true or false"
    assert (found["label"][7], found["p_yes"][7]) == (None, None)
    by_hand = expected(5_000)
    assert all(found["label"][n] == by_hand[n] for n in range(5_000) if n not in (7, 4_000))
    assert (report.tally.written, report.tally.bad) == (5_000, 2)


def test_a_row_on_which_the_model_fails_does_not_spoil_the_others(
    rows: Rows, model: Model, tmp_path: Path, columns: Columns, expected: Expected
) -> None:
    data = rows(3_000, replace="CASE WHEN id IN (5, 2999) THEN 'explode' ELSE company END AS company")
    out = tmp_path / "a.parquet"
    run(data, model(), out, options=Options(errors="null", part_rows=3_000))
    found = columns(out)
    assert [place for place, why in enumerate(found["error"]) if why] == [5, 2_999]
    assert found["error"][5] == "the model failed: RuntimeError: the model exploded"
    by_hand = expected(3_000)
    assert all(found["label"][n] == by_hand[n] for n in range(3_000) if n not in (5, 2_999))


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_broken_model_ends_a_run_at_once(rows: Rows, model: Model, tmp_path: Path, processes: int) -> None:
    data = rows(3_000, replace="'explode' AS company")
    options = Options(errors="null", part_rows=200)
    with pytest.raises(Exception, match="the model fails row after row: the model failed: RuntimeError") as found:
        run(data, model(), tmp_path / "a.csv", options=options, processes=processes)
    assert found.value.code == "MODEL_FAILED"  # type: ignore[attr-defined]


def test_workers_that_always_die_are_given_up(
    rows: Rows, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(UnavailableError, match=r"a worker process died 3 times at rows .*: exit status 1"):
        run(rows(3_000), model(), tmp_path / "a.csv", options=Options(part_rows=200), processes=2)
