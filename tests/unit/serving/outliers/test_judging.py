"""Judges made of a reference: of rows like those of training they flag no more than they promise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table, infer, summarize
from mainspring.evaluation.reference import Reference
from mainspring.serving.outliers import OutlierJudge, fit_reference
from mainspring.serving.outliers.judge_fitting import columns_of, conformal

METHODS = ("robust", "mahalanobis", "isolation_forest", "neighbours", "reconstruction", "domain")


def made(rows: int, seed: int) -> Table:
    chance = np.random.default_rng(seed)
    miles = chance.gamma(2.0, 4.0, rows)
    kind = chance.choice(["parcel", "letter", "pallet"], rows, p=[0.6, 0.37, 0.03])
    return Table.from_columns(
        {
            "fare": (2 + 1.5 * miles + chance.normal(0, 1, rows)).tolist(),
            "miles": miles.tolist(),
            "hour": chance.integers(6, 22, rows).tolist(),
            "kind": kind.tolist(),
            "late": chance.choice(["no", "yes"], rows).tolist(),
        }
    )


def reference_of(*, crosses: bool = True, rows: int = 2000) -> Reference:
    statistics = summarize(made(5000, 0), label="late" if crosses else None)
    held_out = made(rows, 1).drop(["late"]) if rows else None
    return Reference(statistics=statistics.split("train"), schema=infer(statistics, label="late"), rows=held_out)


REFERENCE = reference_of()
JUDGES: dict[str, OutlierJudge] = {
    method: fit_reference(REFERENCE, method=method, share=0.02) for method in METHODS
}
ODD = {
    "fare": np.array([15.0, 400.0, 5.0, 15.0]),
    "miles": np.array([8.5, 60.0, 40.0, 8.5]),
    "hour": np.array([12.0, 12.0, 12.0, 12.0]),
    "kind": np.array(["parcel", "parcel", "parcel", "rocket"], dtype=object),
}


@pytest.mark.parametrize("method", METHODS)
def test_usual_rows_are_rarely_called_outliers(method):
    judge = JUDGES[method]
    new = made(4000, 2)
    flagged = np.mean(judge.judge(columns_of(new, judge.columns)).flags)
    # 2 % and four standard errors of 4,000 new rows and of the rows that the threshold is from.
    assert flagged <= 0.02 + 4 * math.sqrt(0.02 * 0.98 * (1 / 4000 + 1 / judge.rows))
    assert judge.share <= 0.02


@pytest.mark.parametrize("method", METHODS)
def test_rows_far_away_are_outliers_with_a_reason(method):
    judge = JUDGES[method]
    found = judge.judge({name: ODD[name] for name in judge.columns})
    reasons = judge.reasons({name: ODD[name] for name in judge.columns})
    assert found.flags[:2] == [False, True]
    assert reasons[1][0] in ("fare", "miles")
    assert found.count == sum(found.flags)
    assert found.scores[1] > found.scores[0]


def test_what_single_columns_do_not_show():
    # Forty miles for five: neither is odd by itself.
    assert JUDGES["mahalanobis"].judge(ODD).flags[2]
    assert JUDGES["neighbours"].judge(ODD).flags[2]
    assert JUDGES["reconstruction"].judge(ODD).flags[2]


def test_an_unknown_word():
    for method in ("neighbours", "domain"):
        judge = JUDGES[method]
        assert judge.judge(ODD).flags[3], method
        assert judge.reasons(ODD)[3][0] == "kind", method
    assert "kind" not in JUDGES["robust"].columns


def test_without_rows_columns_are_taken_for_normal():
    bare = reference_of(rows=0)
    judge = fit_reference(bare, method="robust", share=0.001)
    assert (judge.rows, judge.share) == (0, None)
    assert judge.threshold == pytest.approx(3.588, abs=1e-3)  # of three columns, by Bonferroni
    for method in ("isolation_forest", "neighbours", "reconstruction"):
        with pytest.raises(InputError, match="needs rows"):
            fit_reference(bare, method=method)
    assert fit_reference(bare, method="domain").judge(ODD).flags == [False, True, False, True]


def test_without_crosses_the_rows_know_how_columns_vary_together():
    bare = fit_reference(reference_of(crosses=False), method="mahalanobis", share=0.02)
    known = JUDGES["mahalanobis"].judge(ODD).scores
    assert bare.judge(ODD).scores == pytest.approx(known, rel=0.1)
    with pytest.raises(InputError, match="needs rows"):
        fit_reference(reference_of(crosses=False, rows=0), method="mahalanobis")
    alone = fit_reference(REFERENCE, method="mahalanobis", columns=["fare"])
    assert alone.columns == ("fare",)


def test_columns_and_thresholds_of_ones_own():
    judge = fit_reference(REFERENCE, method="isolation_forest", columns=["fare", "kind"], threshold=0.0)
    assert judge.columns == ("fare", "kind")
    assert judge.share == 1.0
    assert fit_reference(REFERENCE, inputs=["fare", "kind"]).columns == ("fare",)
    for wrong in ({"columns": ["kind"]}, {"inputs": ["kind"]}, {"share": 0.0}, {"share": 1.0}):
        with pytest.raises(InputError):
            fit_reference(REFERENCE, **wrong)
    with pytest.raises(InputError, match="cannot look at nothing"):
        fit_reference(REFERENCE, method="isolation_forest", columns=["nothing"])


def test_the_threshold_keeps_its_promise_exactly():
    # Of n + 1 rows in any order, the last is above the k-th of the others with the probability 1 - k / (n + 1).
    assert conformal(np.arange(199.0), 0.01) == 197.0
    assert conformal(np.arange(10.0), 0.01) == 9.0
