from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from mainspring.core import Reason, Slice
from mainspring.evaluation import Evaluation, Interval, Operation, compare

TRADE = "accuracy >= baseline - 0.005 if latency_p50 <= 0.7 * baseline"

Made = Callable[..., Evaluation]


def only(reasons: tuple[Reason, ...]) -> Reason:
    assert len(reasons) == 1
    return reasons[0]


def runs(seconds: float) -> Operation:
    """A latency known to a tenth."""
    return Operation(latency_p50=seconds, intervals={"latency_p50": Interval(0.95 * seconds, 1.05 * seconds)})


@pytest.fixture
def candidate(made: Made) -> Evaluation:
    return made(
        {"Female": {"accuracy": 0.8}, "Male": {"accuracy": 0.9}, "?": {"accuracy": 0.1, "count": 3}},
        {"accuracy": (0.824, 0.868)},
        accuracy=0.846,
        auc=0.9,
        log_loss=0.3,
        f1=math.nan,
    )


@pytest.fixture
def blessed(made: Made) -> Evaluation:
    return made(
        {"Female": {"accuracy": 0.85}, "Male": {"accuracy": 0.85}, "?": {"accuracy": 0.9, "count": 3}},
        {"accuracy": (0.828, 0.872)},
        accuracy=0.85,
        auc=0.95,
        log_loss=0.31,
    )


def test_a_little_less_accurate_and_twice_as_fast_is_accepted(candidate: Evaluation, blessed: Evaluation) -> None:
    verdict = compare(
        candidate, baseline=blessed, operation=runs(0.01), operations={"baseline": runs(0.02)}, rules=[TRADE]
    )
    assert verdict.ok
    reason = only(verdict.reasons)
    assert reason.message == (
        "accuracy 0.846 is at least 0.845 (baseline 0.85 - 0.005), "
        "judged so because latency_p50 0.01 is at most 0.014 (0.7 * baseline 0.02)"
    )
    assert (reason.code, reason.subject) == ("RULE_OK", "accuracy")
    assert (reason.observed, reason.expected) == (0.846, pytest.approx(0.845))


def test_the_same_one_is_refused_on_the_interval(candidate: Evaluation, blessed: Evaluation) -> None:
    verdict = compare(
        candidate,
        baseline=blessed,
        operation=runs(0.01),
        operations={"baseline": runs(0.02)},
        rules=[TRADE],
        on="interval",
    )
    reason = only(verdict.failures)
    assert reason.message.startswith("accuracy 0.846 is not surely at least 0.845 (baseline 0.85 - 0.005)")
    assert "not from pairs" in reason.message


def test_without_the_gain_in_speed_the_loss_is_not_tolerated(candidate: Evaluation, blessed: Evaluation) -> None:
    verdict = compare(
        candidate, baseline=blessed, operation=runs(0.019), operations={"baseline": runs(0.02)}, rules=[TRADE]
    )
    assert only(verdict.failures).message == (
        "accuracy 0.846 is below baseline 0.85; "
        "nothing else is allowed because latency_p50 0.019 is above 0.014 (0.7 * baseline 0.02)"
    )
    better = compare(
        blessed, baseline=candidate, operation=runs(0.02), operations={"baseline": runs(0.02)}, rules=[TRADE]
    )
    assert better.ok


@pytest.mark.parametrize(
    ("rule", "ok"),
    [
        ("accuracy >= 0.84", True),
        ("accuracy > 0.846", False),
        ("accuracy >= 84.6 %", True),
        ("accuracy < 0.846", False),
        ("accuracy == 0.846", True),
        ("accuracy != 0.846", False),
        ("0.84 <= accuracy <= 0.85", True),
        ("accuracy.low >= 0.824", True),
        ("accuracy.low >= 0.83", False),
        ("accuracy.high <= 0.868", True),
        ("accuracy | sex=Female >= 0.8", True),
        ("accuracy | sex=Female >= 0.81", False),
        ("accuracy | sex=Female >= accuracy - 5 %", True),
        ("accuracy | sex=Female >= 0.9 * accuracy | sex=Male", False),
        ("accuracy | sex=Female / accuracy | sex=Male >= 0.8", True),
        ("log_loss <= 1.02 * baseline", True),
        ("auc >= baseline - 0.05", True),
        ("auc >= baseline - 0.04", False),
        ("auc >= baseline.accuracy", True),
        ("(auc + accuracy) / 2 >= 0.87", True),
        ("-log_loss >= -0.3", True),
        ("auc > 1 or accuracy > 0.8", True),
        ("auc > 1 or accuracy > 0.9", False),
        ("not auc > 1", True),
        ("auc >= 0.95 if accuracy >= 0.9 else auc >= 0.9", True),
        ("auc >= 0.95 if accuracy >= 0.8 else pass", False),
        ("auc >= 0.95 if accuracy >= 0.9 else pass", True),
        ("auc >= 0.95 if accuracy >= 0.9 else fail", False),
        ("auc >= baseline + 0.01 if accuracy < 0.8", False),
    ],
)
def test_rules(candidate: Evaluation, blessed: Evaluation, rule: str, ok: bool) -> None:
    assert compare(candidate, baseline=blessed, rules=[rule]).ok is ok


def test_and_on_the_outside_makes_a_reason_of_each(candidate: Evaluation) -> None:
    verdict = compare(candidate, rules=["accuracy >= 0.8 and auc >= 0.95"])
    assert [(reason.ok, reason.subject) for reason in verdict.reasons] == [(True, "accuracy"), (False, "auc")]


def test_a_star_makes_a_reason_of_each_slice(candidate: Evaluation, blessed: Evaluation) -> None:
    verdict = compare(candidate, baseline=blessed, rules=["accuracy | * >= baseline - 0.01"], min_slice_size=10)
    assert [(reason.code, reason.subject) for reason in verdict.reasons] == [
        ("RULE_BROKEN", "accuracy | sex=Female"),
        ("RULE_OK", "accuracy | sex=Male"),
        ("SLICE_TOO_SMALL", "accuracy | sex=?"),
    ]
    assert verdict.reasons[0].message == (
        "accuracy | sex=Female 0.8 is below 0.84 (baseline | sex=Female 0.85 - 0.01)"
    )
    lacking = compare(candidate, rules=["accuracy | age=* >= 0.8"])
    assert only(lacking.failures).code == "SLICE_MISSING"
    mixed = compare(candidate, rules=["accuracy | sex=* >= accuracy | *"])
    assert only(mixed.failures).code == "RULE_UNCLEAR"


@pytest.mark.parametrize(
    ("rule", "code", "told"),
    [
        ("acuracy >= 0.8", "METRIC_MISSING", "did you mean 'accuracy'"),
        ("f1 >= 0.8", "METRIC_NAN", "no positives"),
        ("accuracy@0.3 >= 0.8", "METRIC_MISSING", "evaluate with metrics=['accuracy@0.3']"),
        ("auc > 0.1 or f1 >= 0.8", "METRIC_NAN", "no positives"),
        ("auc > 0.1 or rmse >= 0.8", "METRIC_MISSING", "no metric 'rmse'"),
        ("auc > 0.1 if auc > 0 else rmse > 1", "METRIC_MISSING", "no metric 'rmse'"),
        ("accuracy | sex=Femal >= 0.8", "SLICE_MISSING", "sex=Female"),
        ("latency_p50 <= 1 s", "METRIC_MISSING", "was not measured"),
        ("latency_p50 | sex=Male <= 1 s", "SLICE_MISSING", "not by slice"),
        ("auc.low >= 0.8", "NO_INTERVAL", "bootstrap"),
        ("auc / (accuracy - accuracy) > 1", "METRIC_NAN", "divided"),
    ],
)
def test_what_does_not_exist_fails(candidate: Evaluation, rule: str, code: str, told: str) -> None:
    reason = only(compare(candidate, rules=[rule]).failures)
    assert reason.code == code
    assert told in reason.message


def test_figures_that_are_multiplied_have_no_interval(candidate: Evaluation) -> None:
    rule = "accuracy * accuracy >= 0.1"
    assert compare(candidate, rules=[rule]).ok
    assert only(compare(candidate, rules=[rule], on="interval").failures).code == "NO_INTERVAL"


def test_ends_of_intervals_are_numbers_on_the_interval_too(candidate: Evaluation) -> None:
    assert compare(candidate, rules=["accuracy.low >= 0.82", "2 * accuracy >= 1.648"], on="interval").ok
    assert not compare(candidate, rules=["2 * accuracy >= 1.649"], on="interval").ok


def test_a_rule_with_a_baseline_follows_the_first_run(candidate: Evaluation) -> None:
    verdict = compare(candidate, rules=["accuracy >= 0.8 and accuracy >= baseline"])
    assert [reason.code for reason in verdict.reasons] == ["RULE_OK", "FIRST_RUN"]
    assert not compare(candidate, rules=["accuracy >= baseline"], first_run="fail").ok


def test_slices_of_a_rule_need_quotes_only_for_signs(made: Made) -> None:
    found = made(accuracy=0.9)
    key = Slice.of(age="> 28 and ≤ 37")
    wide = type(found)(
        task="classification",
        label="y",
        split="eval",
        measured={**found.measured, key: found.measured[Slice()]},
    )
    assert compare(wide, rules=['accuracy | age="> 28 and ≤ 37" >= 0.9', "accuracy | age=* >= 0.9"]).ok
