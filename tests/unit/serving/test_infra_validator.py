"""A real server process is started in every test here."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.core.verdicts import Verdict
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.models.signature import Field, Signature
from mainspring.serving.infra_validator import validate, with_missing

COUNT = 60
COLUMNS: dict[str, list[Any]] = {
    "label": ["no"] * COUNT,
    "company": [("A", "B", None, "strange")[index % 4] for index in range(COUNT)],
    "fare": [None if index % 7 == 0 else index / 2 for index in range(COUNT)],
    "airport": [index % 3 == 0 for index in range(COUNT)],
    "hour": [None if index % 5 == 0 else index % 24 for index in range(COUNT)],
}


@pytest.fixture
def rows() -> Table:
    return Table.from_columns(COLUMNS)


def by_hand(columns: dict[str, list[Any]], shift: float = 0.0) -> Predictions:
    """The rule, once more, in plain Python."""
    scores = []
    for fare, company, airport in zip(columns["fare"], columns["company"], columns["airport"], strict=True):
        logit = ((10 if fare is None else fare) - 10) / 5 + (company == "A") - airport + shift
        yes = 1 / (1 + math.exp(-logit))
        scores.append([1 - yes, yes])
    return Predictions(("no", "yes"), np.array(scores))


def failed(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.failures]


def test_a_package_that_answers_as_trained_passes(folder: Path, rows: Table) -> None:
    verdict = validate(folder, by_hand(COLUMNS), rows, batch=25, singles=20)
    assert verdict.ok, verdict.reasons
    assert [reason.code for reason in verdict.reasons] == [
        "SERVER_READY",
        "METADATA_EQUAL",
        "BATCH_EQUAL",
        "SINGLE_EQUAL",
        "BAD_INPUT_REFUSED",
    ]
    details = verdict.details
    assert (details["rows"], details["singles"], details["runtime"], details["differing"]) == (60, 20, "rule", [])
    assert details["max_abs_difference"] < 1e-12
    assert 0 < details["latency_p50_ms"] <= details["latency_p99_ms"]
    assert 0 < details["startup_seconds"] < 60


def test_a_package_in_memory_is_validated_too(rule: Any, rows: Table) -> None:
    assert validate(rule.package(), by_hand(COLUMNS), rows, singles=5).ok


def test_a_package_that_answers_otherwise_is_stopped_with_the_rows(rule: Any, tmp_path: Path, rows: Table) -> None:
    other = rule.write(tmp_path / "other", shift=0.001)
    verdict = validate(other, by_hand(COLUMNS), rows, singles=10)
    assert failed(verdict) == ["BATCH_DIFFERS", "SINGLE_DIFFERS"]
    reason = verdict.failures[0]
    assert reason.observed == COUNT
    assert reason.message.startswith("60 of all 60 rows")
    assert "row 0: served {'label'" in reason.message
    assert "'company': 'A'" in reason.message
    assert len(verdict.details["differing"]) == 5
    assert json.dumps(verdict.as_dict())


def test_rows_that_the_server_refuses_are_named(folder: Path, rows: Table) -> None:
    airport = [*COLUMNS["airport"][:30], None, *COLUMNS["airport"][31:]]
    verdict = validate(folder, by_hand(COLUMNS), Table.from_columns({**COLUMNS, "airport": airport}), batch=20)
    assert failed(verdict)[0] == "BATCH_REFUSED"
    assert "rows 20 to 39 were not answered" in verdict.failures[0].message
    assert "row 10, column 'airport' has no value" in verdict.failures[0].message


def test_a_model_for_other_classes_is_told_apart_at_once(folder: Path, rows: Table) -> None:
    expected = Predictions(("no", "maybe"), by_hand(COLUMNS).scores)
    verdict = validate(folder, expected, rows)
    assert failed(verdict) == ["CLASSES_DIFFER"]
    assert "'maybe'" in verdict.failures[0].message


def test_a_server_that_does_not_start_is_a_reason(folder: Path, rows: Table) -> None:
    (folder / "rule.json").write_text("not JSON")
    verdict = validate(folder, by_hand(COLUMNS), rows)
    assert failed(verdict) == ["SERVER_NOT_READY"]
    assert "JSONDecodeError" in verdict.failures[0].message


def test_a_regression_is_compared_by_its_numbers(rule: Any, tmp_path: Path, rows: Table) -> None:
    folder = rule.write(tmp_path / "regression", task="regression")
    yes = by_hand(COLUMNS).scores[:, 1]
    numbers = np.log(yes / (1 - yes))
    assert validate(folder, Predictions(None, numbers), rows, singles=3).ok
    assert failed(validate(folder, Predictions(None, numbers + 0.1), rows, singles=3))[0] == "BATCH_DIFFERS"


def test_there_must_be_a_prediction_per_row(folder: Path, rows: Table) -> None:
    with pytest.raises(InputError, match="60 rows and 0 expected"):
        validate(folder, Predictions(None, np.empty(0)), rows)


def test_rows_with_missing_values_are_added(rule: Any) -> None:
    signature: Signature = rule.signature()
    table = with_missing(Table.from_columns(COLUMNS).rows(1, 3), signature)
    assert table.names == ("fare", "hour", "company", "airport")
    assert table.to_columns() == {
        "fare": [0.5, 1.0, None, 0.5, 0.5, None],
        "hour": [1, 2, 1, None, 1, None],
        "company": ["B", None, "B", "B", None, None],
        "airport": [False] * 6,
    }
    assert [str(column.type) for column in table.columns] == ["FLOAT", "INT", "STRING", "BOOL"]


def test_many_columns_that_may_be_missing_are_one_query() -> None:
    names = [f"f{number}" for number in range(300)]
    inputs = tuple(Field(name=name, datatype="FP64", nullable=True) for name in names)
    signature = Signature(inputs=inputs, outputs=(), task="regression", classes=None)
    table = with_missing(Table.from_columns({name: [1.0, 2.0] for name in names}), signature)
    found = table.to_columns()
    assert table.num_rows == 2 + 300 + 1
    for place, name in enumerate(names):
        missing = [row for row, value in enumerate(found[name]) if value is None]
        assert missing == [2 + place, 302]


def test_rows_with_infinity_are_not_asked(rule: Any, folder: Path) -> None:
    columns = {**COLUMNS, "fare": list(COLUMNS["fare"])}
    columns["fare"][3] = float("inf")
    verdict = validate(folder, by_hand(columns), Table.from_columns(columns), singles=2)
    assert verdict.ok, verdict.failures
    assert "1 of 60 rows hold infinity" in next(one for one in verdict.reasons if one.code == "NOT_ASKED").message
    endless = {**COLUMNS, "fare": [float("inf")] * len(COLUMNS["fare"])}
    assert failed(validate(folder, by_hand(endless), Table.from_columns(endless)))[0] == "NOT_ASKED"
