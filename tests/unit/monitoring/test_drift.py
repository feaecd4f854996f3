import numpy as np
import pytest

from mainspring.data import ColumnType, DriftLimits, Table, summarize
from mainspring.monitoring.drift import check_drift


def table(seed: int, rows: int, *, shift: float = 0.0, cash: float = 0.5) -> Table:
    random = np.random.default_rng(seed)
    return Table.from_columns(
        {
            "fare": random.lognormal(2 + shift, 1, rows),
            "payment": np.where(random.random(rows) < cash, "Cash", "Card").astype(object),
            "hour": random.integers(0, 24, rows),
        }
    )


def test_rows_like_those_of_training_do_not_alarm() -> None:
    reference = table(0, 5_000)
    for seed in range(1, 9):
        for rows in (100, 400, 2_000):
            verdict = check_drift(table(seed, rows), reference)
            assert verdict.ok, verdict.failures
            assert [reason.code for reason in verdict.reasons] == ["NO_DRIFT"] * 3


def test_a_moved_column_is_named_with_its_figures() -> None:
    verdict = check_drift(table(1, 1_000, cash=0.8), table(0, 5_000))
    [reason] = verdict.failures
    assert (reason.code, reason.subject, reason.expected) == ("DRIFT", "payment", 0.1)
    assert reason.observed == pytest.approx(0.3, abs=0.04)
    assert "l_infinity" in reason.message
    assert "'Ca" in reason.message
    assert verdict.details == {"rows": 1_000, "reference_rows": 5_000}
    assert [reason.subject for reason in check_drift(table(1, 1_000, shift=1.5), table(0, 5_000)).failures] == [
        "fare"
    ]


def test_a_shift_that_does_not_matter_is_no_drift_however_many_rows() -> None:
    assert check_drift(table(1, 50_000, cash=0.52), table(0, 50_000)).ok


def test_limits_can_be_set_per_column_and_columns_left_out() -> None:
    served, trained = table(1, 1_000, cash=0.8), table(0, 5_000)
    assert check_drift(served, trained, limits={"payment": DriftLimits(l_infinity=0.5)}).ok
    assert check_drift(served, trained, exclude=["payment"]).ok


def test_points_in_time_are_judged_only_by_limits_of_their_own() -> None:
    days = [f"2026-{month:02}-01" for month in range(1, 13)] * 10
    trained = Table.from_columns({"day": days}, types={"day": ColumnType.DATE})
    served = Table.from_columns({"day": [f"2027{day[4:]}" for day in days]}, types={"day": ColumnType.DATE})
    assert [reason.code for reason in check_drift(served, trained).reasons] == ["NO_LIMIT"]
    limits = {"day": DriftLimits(kolmogorov_smirnov=0.5)}
    assert [reason.code for reason in check_drift(served, trained, limits=limits).failures] == ["DRIFT"]


def test_too_few_rows_say_nothing() -> None:
    verdict = check_drift(table(1, 50, cash=1.0), table(0, 5_000))
    assert verdict.ok
    assert [reason.code for reason in verdict.reasons] == ["TOO_FEW_ROWS"]


def test_statistics_will_do_and_other_columns_are_not_judged() -> None:
    trained = table(0, 5_000)
    statistics = summarize({"train": trained}).split("train")
    served = table(1, 500, cash=0.9).drop(["hour"])
    more = Table.from_columns({**served.to_columns(), "request.id": ["x"] * 500})
    verdict = check_drift(more, statistics)
    assert [(reason.code, reason.subject) for reason in verdict.reasons] == [
        ("NO_DRIFT", "fare"),
        ("DRIFT", "payment"),
        ("NOT_SERVED", "hour"),
    ]
