from __future__ import annotations

import math

import pytest

from mainspring.core import Reason, Slice
from mainspring.evaluation import Evaluation, Measured, compare


def evaluation(
    slices: dict[str, dict[str, float]] | None = None, *, count: int = 100, **values: float
) -> Evaluation:
    measured = {Slice(): Measured(count, values, reasons={n: "no positives" for n, v in values.items() if v != v})}
    for sex, figures in (slices or {}).items():
        measured[Slice.of(sex=sex)] = Measured(int(figures.get("count", 50)), figures)
    return Evaluation(task="classification", label="y", split="eval", measured=measured, positive="1")


def only(reasons: tuple[Reason, ...]) -> Reason:
    assert len(reasons) == 1
    return reasons[0]


def test_absolute_bounds_are_inclusive_and_say_both_figures() -> None:
    verdict = compare(evaluation(auc=0.9, log_loss=0.31), at_least={"auc": 0.9}, at_most={"log_loss": 0.3})
    assert [reason.ok for reason in verdict.reasons] == [True, False]
    assert verdict.reasons[0].message == "auc 0.9 is at least 0.9"
    assert verdict.reasons[1].message == "log_loss 0.31 is above 0.3"
    assert verdict.reasons[1].code == "METRIC_ABOVE_THRESHOLD"
    assert (verdict.reasons[1].observed, verdict.reasons[1].expected) == (0.31, 0.3)
    assert not verdict.ok


def test_figures_that_differ_look_different() -> None:
    reason = only(compare(evaluation(auc=0.89999), at_least={"auc": 0.9}).reasons)
    assert reason.message == "auc 0.89999 is below 0.9"


def test_a_worse_model_is_told_by_how_much() -> None:
    verdict = compare(evaluation(auc=0.912), baseline=evaluation(auc=0.941), better_by={"auc": 0.0})
    reason = only(verdict.reasons)
    assert reason.message == "auc 0.912 is below the blessed model's 0.941 (needs ≥ 0.941 + 0)"
    assert reason.code == "NOT_BETTER"


@pytest.mark.parametrize(
    ("metric", "before", "now", "margin", "ok"),
    [
        ("auc", 0.9, 0.9, 0.0, True),
        ("auc", 0.9, 0.9, 0.01, False),
        ("auc", 0.9, 0.895, -0.01, True),
        ("auc", 0.9, 0.885, -0.01, False),
        ("auc", 0.2, 0.3, 0.1, True),  # 0.2 + 0.1 is a little more than 0.3 for a computer
        ("log_loss", 0.3, 0.3, 0.0, True),
        ("log_loss", 0.3, 0.25, 0.05, True),
        ("log_loss", 0.3, 0.27, 0.05, False),
        ("log_loss", 0.3, 0.32, -0.05, True),
        ("log_loss", 0.3, 0.4, 0.0, False),
    ],
)
def test_margins_follow_the_direction(metric: str, before: float, now: float, margin: float, ok: bool) -> None:
    verdict = compare(
        evaluation(**{metric: now}), baseline=evaluation(**{metric: before}), better_by={metric: margin}
    )
    assert verdict.ok is ok


def test_lower_is_better_in_words() -> None:
    verdict = compare(evaluation(rmse=2.5), baseline=evaluation(rmse=2.0), better_by={"rmse": 0.1})
    assert only(verdict.reasons).message == "rmse 2.5 is above the blessed model's 2 (needs ≤ 2 - 0.1)"


def test_the_first_run_passes_thresholds_of_change_and_says_so() -> None:
    verdict = compare(evaluation(auc=0.9), at_least={"auc": 0.8}, better_by={"auc": 0.0})
    assert verdict.ok
    assert [reason.code for reason in verdict.reasons] == ["METRIC_OK", "FIRST_RUN"]
    assert "first run" in verdict.reasons[1].message


def test_without_thresholds_nothing_is_waved_through() -> None:
    verdict = compare(evaluation(auc=0.9), baseline=evaluation(auc=0.1))
    assert not verdict.ok
    assert only(verdict.reasons).code == "NO_THRESHOLDS"


def test_what_does_not_exist_fails() -> None:
    found = evaluation(auc=math.nan, accuracy=0.9)
    codes = {
        "METRIC_NAN": compare(found, at_least={"auc": 0.1}),
        "METRIC_MISSING": compare(found, at_most={"rmse": 9.0}),
        "SLICE_MISSING": compare(found, slices_at_least={"accuracy": 0.1}),
    }
    for code, verdict in codes.items():
        assert only(verdict.failures).code == code
    assert "no positives" in codes["METRIC_NAN"].reasons[0].message
    named = compare(evaluation({"Female": {"auc": 0.9}}), slices_at_least={"sex=Femal": {"auc": 0.1}})
    assert only(named.failures).code == "SLICE_MISSING"
    assert "sex=Female" in only(named.failures).message
    worse = compare(evaluation(auc=0.9), baseline=evaluation(auc=math.nan), better_by={"auc": 0})
    assert only(worse.failures).code == "METRIC_NAN"
    lacking = compare(evaluation(auc=0.9), baseline=evaluation(f1=0.5), better_by={"auc": 0})
    assert "the blessed model has no metric 'auc'" in only(lacking.failures).message


def test_slices_are_bounded_all_or_by_name() -> None:
    found = evaluation(
        {"Female": {"auc": 0.7, "count": 40}, "Male": {"auc": 0.9, "count": 60}, "?": {"auc": 0.1, "count": 3}}
    )
    verdict = compare(found, slices_at_least={"auc": 0.8, "sex=Male": {"auc": 0.95}}, min_slice_size=10)
    assert [(reason.subject, reason.code) for reason in verdict.reasons] == [
        ("auc | sex=Female", "METRIC_BELOW_THRESHOLD"),
        ("auc | sex=Male", "METRIC_OK"),
        ("auc | sex=?", "SLICE_TOO_SMALL"),
        ("auc | sex=Male", "METRIC_BELOW_THRESHOLD"),
    ]
    assert verdict.reasons[2].message == "auc | sex=? was not judged: 3 rows, fewer than 10"


def test_slices_against_the_baseline() -> None:
    now = evaluation({"Female": {"auc": 0.7}, "Male": {"auc": 0.9}}, auc=0.85)
    before = evaluation({"Female": {"auc": 0.8}}, auc=0.8)
    verdict = compare(now, baseline=before, better_by={"auc": 0}, slices_better_by={"auc": -0.05})
    assert [(reason.subject, reason.code) for reason in verdict.reasons] == [
        ("auc", "CHANGE_OK"),
        ("auc | sex=Female", "NOT_BETTER"),
        ("auc | sex=Male", "SLICE_MISSING"),
    ]


def test_models_judged_on_other_rows_are_not_compared() -> None:
    verdict = compare(evaluation(auc=0.9), baseline=evaluation(auc=0.5, count=90), better_by={"auc": 0})
    assert only(verdict.failures).code == "NOT_COMPARABLE"
    assert "rows 90, now 100" in only(verdict.failures).message


def test_a_count_has_no_better_direction() -> None:
    verdict = compare(
        evaluation(count_=1.0, base_rate=0.5), baseline=evaluation(base_rate=0.4), better_by={"base_rate": 0}
    )
    assert only(verdict.failures).code == "NO_DIRECTION"
