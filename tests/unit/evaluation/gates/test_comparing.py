from __future__ import annotations

import math
from dataclasses import replace

import pytest

from mainspring.core import InputError, Reason, Slice
from mainspring.evaluation import Evaluation, Interval, Measured, Operation, compare
from mainspring.evaluation.metrics.intervals import wilson


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


def sure(count: int = 1000, **figures: tuple[float, float, float]) -> Evaluation:
    """Figures with their intervals over all rows: low, figure, high."""
    values = {name: figure for name, (_, figure, _) in figures.items()}
    ends = {name: Interval(low, high) for name, (low, _, high) in figures.items()}
    measured = {Slice(): Measured(count, values, ends)}
    return Evaluation(task="classification", label="y", split="eval", measured=measured, positive="1")


def test_better_on_average_and_worse_for_one_small_slice_is_refused_by_its_name() -> None:
    blessed = evaluation(
        {"Female": {"accuracy": 0.9, "count": 20}, "Male": {"accuracy": 0.8, "count": 980}}, accuracy=0.802
    )
    candidate = evaluation(
        {"Female": {"accuracy": 0.7, "count": 20}, "Male": {"accuracy": 0.86, "count": 980}}, accuracy=0.857
    )
    verdict = compare(candidate, baseline=blessed, better_by={"accuracy": 0}, slices_better_by={"accuracy": -0.02})
    assert not verdict.ok
    reason = only(verdict.failures)
    assert reason.subject == "accuracy | sex=Female"
    assert reason.message.startswith("accuracy | sex=Female 0.7 is below the blessed model's 0.9")


@pytest.mark.parametrize(
    ("metric", "before", "now", "share", "ok"),
    [
        ("log_loss", 0.4, 0.38, 0.05, True),
        ("log_loss", 0.4, 0.381, 0.05, False),
        ("auc", 0.8, 0.84, 0.05, True),
        ("auc", 0.8, 0.83, 0.05, False),
        ("auc", 0.8, 0.79, -0.02, True),
        (
            "r2",
            -0.5,
            -0.45,
            0.1,
            True,
        ),  # a negative figure: better is nearer to 0, whatever the sign of a quotient
        ("r2", -0.5, -0.55, 0.1, False),
        ("r2", -0.5, -0.5, 0.0, True),
    ],
)
def test_shares_are_of_the_size_of_the_baseline(
    metric: str, before: float, now: float, share: float, ok: bool
) -> None:
    verdict = compare(
        evaluation(**{metric: now}), baseline=evaluation(**{metric: before}), better_by_share={metric: share}
    )
    assert verdict.ok is ok
    assert f"{abs(share):.3g} of it" in only(verdict.reasons).message


def test_there_is_no_share_of_nothing() -> None:
    verdict = compare(evaluation(mape=0.1), baseline=evaluation(mape=0.0), better_by_share={"mape": 0.1})
    assert only(verdict.failures).code == "BASELINE_ZERO"


def test_several_baselines_by_name() -> None:
    candidate = evaluation(accuracy=0.9, auc=0.9)
    others = {"champion": evaluation(accuracy=0.89, auc=0.95), "majority": evaluation(accuracy=0.76)}
    verdict = compare(candidate, baselines=others, better_by={"accuracy": 0, "majority": {"accuracy": 0.2}})
    assert [(reason.ok, reason.expected) for reason in verdict.reasons] == [
        (True, 0.89),
        (True, 0.76),
        (False, pytest.approx(0.96)),
    ]
    assert "the baseline 'majority''s 0.76" in verdict.reasons[1].message
    with pytest.raises(InputError, match="'mayority', which was not given"):
        compare(candidate, baselines=others, better_by={"mayority": {"accuracy": 0.2}})
    with pytest.raises(InputError, match="'baseline', which was not given"):
        compare(candidate, baselines=others, rules=["accuracy >= baseline"])


def test_a_bound_on_the_interval_looks_at_its_worse_end() -> None:
    found = sure(accuracy=(0.83, 0.86, 0.89), log_loss=(0.28, 0.3, 0.33))
    assert compare(found, at_least={"accuracy": 0.83}, at_most={"log_loss": 0.33}, on="interval").ok
    verdict = compare(found, at_least={"accuracy": 0.85}, at_most={"log_loss": 0.31}, on="interval")
    assert [reason.message for reason in verdict.failures] == [
        "accuracy 0.86, the low end 0.83 of its interval, is below 0.85",
        "log_loss 0.3, the high end 0.33 of its interval, is above 0.31",
    ]
    assert compare(found, at_least={"accuracy": 0.85}, at_most={"log_loss": 0.31}).ok


def test_what_has_no_interval_says_how_to_get_one() -> None:
    verdict = compare(evaluation(f1=0.9), at_least={"f1": 0.1}, on="interval")
    reason = only(verdict.failures)
    assert reason.code == "NO_INTERVAL"
    assert 'intervals=Intervals(method="bootstrap")' in reason.message


def test_a_change_on_the_interval_is_that_of_the_difference() -> None:
    """R. G. Newcombe (1998), table II, method 10: 56 of 70 against 48 of 80 is 0.0524 to 0.3339."""
    ours, theirs = wilson(56, 70), wilson(48, 80)
    candidate, baseline = sure(accuracy=(ours.low, 0.8, ours.high)), sure(accuracy=(theirs.low, 0.6, theirs.high))
    assert compare(candidate, baseline=baseline, better_by={"accuracy": 0.0524}, on="interval").ok
    verdict = compare(candidate, baseline=baseline, better_by={"accuracy": 0.053}, on="interval")
    reason = only(verdict.failures)
    assert reason.code == "NOT_SURELY_BETTER"
    assert "between +0.0524 and +0.334 (not from pairs" in reason.message
    lower = compare(
        sure(log_loss=(0.2, 0.25, 0.3)),
        baseline=sure(log_loss=(0.4, 0.45, 0.5)),
        better_by={"log_loss": 0.1},
        on="interval",
    )
    assert lower.ok
    assert "between -0.271 and -0.129" in only(lower.reasons).message


def test_pairs_make_the_interval_of_a_difference_shorter() -> None:
    candidate, baseline = sure(accuracy=(0.84, 0.86, 0.88)), sure(accuracy=(0.83, 0.85, 0.87))
    told = {"baseline": baseline, "better_by": {"accuracy": 0}, "on": "interval"}
    assert not compare(candidate, **told).ok  # type: ignore[arg-type]  # several kinds of values
    paired = replace(sure(accuracy=(0.004, 0.01, 0.016)), task="differences")
    verdict = compare(candidate, **told, paired=paired)  # type: ignore[arg-type]  # several kinds of values
    assert verdict.ok
    assert "between +0.004 and +0.016 (from pairs)" in only(verdict.reasons).message
    with pytest.raises(InputError, match="task 'classification'"):
        compare(candidate, **told, paired=baseline)  # type: ignore[arg-type]  # several kinds of values
    other = replace(paired, measured={Slice(): Measured(7, {})})
    with pytest.raises(InputError, match="about 7 rows"):
        compare(candidate, **told, paired=other)  # type: ignore[arg-type]  # several kinds of values


@pytest.mark.parametrize(
    ("first_run", "at_least", "ok"),
    [
        ("pass", {}, True),
        ("fail", {}, False),
        ("fail", {"auc": 0.8}, False),
        ("thresholds-only", {}, False),
        ("thresholds-only", {"auc": 0.8}, True),
        ("thresholds-only", {"auc": 0.95}, False),
    ],
)
def test_the_rule_of_the_first_run(first_run: str, at_least: dict[str, float], ok: bool) -> None:
    verdict = compare(
        evaluation(auc=0.9),
        at_least=at_least,
        better_by={"auc": 0},
        rules=["auc >= baseline"],
        first_run=first_run,  # type: ignore[arg-type]  # a word of the parameters above
    )
    assert verdict.ok is ok
    assert "FIRST_RUN" in {reason.code for reason in verdict.reasons}


def test_a_baseline_that_cannot_read_the_rows_is_no_comparable_baseline() -> None:
    blessed = replace(evaluation(count=0), unreadable="column 'fare' holds text")
    candidate = evaluation(auc=0.9)
    held = compare(candidate, at_least={"auc": 0.8}, baseline=blessed, better_by={"auc": 0})
    reason = only(held.failures)
    assert reason.code == "NOT_COMPARABLE"
    assert "column 'fare' holds text" in reason.message
    assert 'incomparable="first-run"' in reason.message
    passed = compare(
        candidate, at_least={"auc": 0.8}, baseline=blessed, better_by={"auc": 0}, incomparable="first-run"
    )
    assert passed.ok
    assert "column 'fare' holds text" in passed.reasons[1].message
    both = compare(candidate, baseline=blessed, better_by={"auc": 0}, incomparable="first-run", first_run="fail")
    assert not both.ok


def test_a_model_that_cannot_read_the_rows_is_refused() -> None:
    verdict = compare(replace(evaluation(), unreadable="no column 'fare'"), at_least={"auc": 0.1})
    assert only(verdict.reasons).code == "UNREADABLE"
    assert "no column 'fare'" in only(verdict.reasons).message


def test_a_slice_that_the_baseline_has_must_not_get_lost() -> None:
    before = evaluation({"Female": {"auc": 0.8}, "Male": {"auc": 0.8}}, auc=0.8)
    now = evaluation({"Male": {"auc": 0.9}}, auc=0.9)
    verdict = compare(now, baseline=before, slices_better_by={"auc": 0})
    assert [(reason.code, reason.subject) for reason in verdict.failures] == [
        ("SLICE_MISSING", "auc | sex=Female")
    ]
    assert compare(now, baseline=before, slices_better_by={"auc": 0}, missing_slices="allow").ok
    assert compare(now, baseline=before, slices_better_by={"auc": 0}, min_slice_size=51).reasons[0].ok
    ruled = compare(now, baseline=before, rules=["auc | sex=* >= baseline"])
    assert [(reason.code, reason.subject) for reason in ruled.failures] == [("SLICE_MISSING", "auc | sex=Female")]
    assert compare(now, baseline=before, rules=["auc | sex=* >= baseline"], missing_slices="allow").ok
    assert compare(now, baseline=before, rules=["auc | sex=* >= 0.9"]).ok


def test_an_option_is_one_of_its_words() -> None:
    with pytest.raises(InputError, match="first_run='maybe'"):
        compare(evaluation(auc=0.9), at_least={"auc": 0.1}, first_run="maybe")  # type: ignore[arg-type]  # wrong on purpose


def test_what_it_takes_to_run_is_bounded_like_a_metric() -> None:
    operation = Operation(size_bytes=4e6, latency_p50=0.01, intervals={"latency_p50": Interval(0.009, 0.012)})
    found = evaluation(auc=0.9)
    verdict = compare(found, operation=operation, at_most={"latency_p50": 0.011, "size_bytes": 4e6})
    assert verdict.ok
    surely = compare(found, operation=operation, at_most={"latency_p50": 0.011, "size_bytes": 4e6}, on="interval")
    assert [reason.ok for reason in surely.reasons] == [False, True]
    unknown = compare(found, operation=operation, at_most={"latency_p99": 1.0})
    assert only(unknown.failures).code == "METRIC_NAN"
    assert "was not measured" in only(compare(found, at_most={"latency_p99": 1.0}).failures).message
    faster = compare(
        found,
        operation=operation,
        baseline=found,
        operations={"baseline": Operation(latency_p50=0.02)},
        better_by_share={"latency_p50": 0.5},
    )
    assert faster.ok
    elsewhere = compare(
        found,
        operation=operation,
        baseline=found,
        operations={"baseline": Operation(size_bytes=8e6, latency_p50=0.02, machine="a larger one")},
        better_by_share={"latency_p50": 0.5, "size_bytes": 0.5},
    )
    assert [(reason.code, reason.subject) for reason in elsewhere.failures] == [("NOT_COMPARABLE", "latency_p50")]
    assert "a larger one" in elsewhere.failures[0].message
