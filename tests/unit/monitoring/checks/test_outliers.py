"""The share of outliers: as usual while nothing changes, and told with rows and columns when it rises."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import binomtest

from mainspring.core.errors import InputError
from mainspring.data import Table, infer, summarize
from mainspring.evaluation.reference import Reference
from mainspring.monitoring.checks.outliers import OutliersCheck
from mainspring.monitoring.ports import Check
from mainspring.monitoring.profiles.history import FigureHistory
from mainspring.monitoring.seen import Judged, Seen
from mainspring.monitoring.windows import Window
from mainspring.serving.outliers.options import Method

METHODS = get_args(Method)


def trips(rows: int, seed: int, odd: int = 0) -> dict[str, npt.NDArray[Any]]:
    chance = np.random.default_rng(seed)
    miles = chance.gamma(2.0, 4.0, rows)
    columns = {
        "fare": 2 + 1.5 * miles + chance.normal(0, 1, rows),
        "miles": miles,
        "hour": chance.integers(6, 22, rows).astype(np.float64),
        "kind": chance.choice(np.array(["parcel", "letter", "pallet"], dtype=object), rows, p=[0.6, 0.37, 0.03]),
    }
    columns["fare"][:odd] = 500.0 + np.arange(odd)
    columns["miles"][:odd] = 90.0
    return columns


TRAINED = summarize({"train": Table.from_columns(trips(5000, 0))}, crosses=True)
REFERENCE = Reference(
    statistics=TRAINED.split("train"), schema=infer(TRAINED), rows=Table.from_columns(trips(3000, 1))
)


@pytest.fixture
def judged(tmp_path: Path) -> Callable[..., Judged]:
    def judge(columns: dict[str, Any], reference: Reference = REFERENCE, **options: Any) -> Judged:
        rows = Table.from_columns(columns)
        seen = Seen(
            model="trips",
            version="1",
            window=Window(since=0, until=3600, table=rows, requests=1, errors=0, complete=True),
            statistics=summarize({"rows": rows}).split("rows"),
            reference=reference,
            history=FigureHistory(tmp_path),
        )
        return OutliersCheck(**options).judge(seen, {})

    return judge


def test_its_options():
    check: Check = OutliersCheck()
    assert check.name == "outliers"
    for wrong in ({"method": "guess"}, {"share": 0.0}, {"false_alarms": "often"}):
        with pytest.raises(InputError):
            OutliersCheck(**wrong)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(2, 6))
def test_usual_windows_are_as_usual(judged, method, seed):
    found = judged(trips(1500, seed), method=method)
    assert found.verdict.ok
    assert [one.code for one in found.verdict.reasons] == ["OUTLIERS_AS_USUAL"]
    assert found.figures["share"].value <= 0.02
    assert found.figures["share"].most >= (0.01 if method == "domain" else 0.02)


@pytest.mark.parametrize("method", METHODS)
def test_more_outliers_than_usual(judged, method):
    found = judged(trips(1500, 9, odd=90), method=method)
    [reason] = found.verdict.failures
    assert reason.code == "TOO_MANY_OUTLIERS"
    assert reason.observed >= 0.06 > reason.expected
    assert len(set(found.rows) & set(range(90))) >= 3
    assert len(found.rows) == 5
    examples = found.verdict.details["examples"]
    assert [one["row"] for one in examples] == list(found.rows)
    assert [one["score"] for one in examples] == sorted((one["score"] for one in examples), reverse=True)
    assert all({"fare", "miles"} & set(one["columns"]) for one in examples)
    assert found.figures["column.fare"].value + found.figures["column.miles"].value > 0.03
    assert json.loads(json.dumps(found.verdict.as_dict())) == found.verdict.as_dict()


def test_the_interval_is_that_of_clopper_and_pearson(judged):
    found = judged(trips(1500, 9, odd=90)).figures["share"]
    expected = binomtest(round(found.value * 1500), 1500).proportion_ci(method="exact")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    none = judged({**trips(60, 9), "fare": np.full(60, 14.0), "miles": np.full(60, 8.0)}).figures["share"]
    assert (none.value, none.low) == (0.0, 0.0)


def test_false_alarms_come_as_often_as_they_may(judged):
    """With the effects switched off the test alone decides: it alarms in no more windows than it promises."""
    chance = np.random.default_rng(0)
    options = {"times": 0.0, "rise": 0.0, "false_alarms": "10%", "share": 0.05, "method": "robust"}
    alarms = 0
    for _ in range(120):
        rows = Table.from_columns(trips(200, int(chance.integers(1 << 30))))
        reference = replace(REFERENCE, rows=Table.from_columns(trips(200, int(chance.integers(1 << 30)))))
        found = judged(rows.to_columns(), reference=reference, **options)
        share = found.figures["share"]
        alarms += share.value > share.most
    # LORD gives the first window a level below 10 %; 12 of 120 and four standard errors.
    assert alarms <= 12 + 4 * math.sqrt(120 * 0.1 * 0.9)


def test_what_the_server_flagged_is_told(judged):
    columns = {**trips(200, 3), "output.outlier": np.arange(200) < 3}
    reasons = {one.code: one for one in judged(columns).verdict.reasons}
    assert reasons["FLAGGED_BY_THE_SERVER"].observed == 0.015


@pytest.mark.parametrize("method", METHODS)
def test_columns_of_another_type_or_gone_are_missing(judged, method):
    columns = trips(200, 3)
    columns["hour"] = np.array(["noon"] * 100 + ["12"] * 100, dtype=object)
    columns["kind"] = np.arange(200.0)
    del columns["miles"]
    assert "share" in judged(columns, method=method).figures


def test_what_cannot_be_said_is_said(judged):
    few = judged(trips(20, 3))
    assert [one.code for one in few.verdict.reasons] == ["TOO_FEW_ROWS"]
    bare = replace(REFERENCE, rows=None)
    assert [one.code for one in judged(trips(200, 3), reference=bare).verdict.reasons] == ["NO_REFERENCE_ROWS"]
    unfit = judged(trips(200, 3), reference=bare, method="neighbours")
    assert unfit.verdict.ok
    assert unfit.verdict.reasons[0].code == "NOT_LOOKED_AT"
    assert "needs rows" in unfit.verdict.reasons[0].message
