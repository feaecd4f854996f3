from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from mainspring.core import InputError
from mainspring.evaluation import Evaluation, Operation
from mainspring.evaluation.gates import choose

Made = Callable[..., Evaluation]


def test_the_best_of_those_that_are_good_enough(made: Made) -> None:
    models = {"small": made(auc=0.9), "middle": made(auc=0.92), "large": made(auc=0.95)}
    seconds = {"small": 0.01, "middle": 0.02, "large": 0.2}
    choice = choose(
        models,
        optimise="auc",
        satisfy={"latency_p50": 0.05},
        operations={name: Operation(latency_p50=found) for name, found in seconds.items()},
    )
    assert choice
    assert (choice.chosen, choice.ranking) == ("middle", ("middle", "small"))
    assert [reason.message for reason in choice.verdict.reasons] == [
        "latency_p50 0.02 is at most 0.05",
        "auc 0.92 is the best of 2 that are good enough",
    ]
    assert (
        choice.verdicts["small"].reasons[-1].message
        == "auc 0.9 is number 2 of 2 that are good enough; middle has 0.92"
    )
    assert not choice.verdicts["large"].ok
    assert choice.as_dict()["figures"] == {"small": 0.9, "middle": 0.92, "large": 0.95}


def test_less_can_be_better_and_the_first_of_equals_is_taken(made: Made) -> None:
    models = {
        "a": made(log_loss=0.3),
        "b": made(log_loss=0.2),
        "c": made(log_loss=0.2),
        "d": made(log_loss=math.nan),
    }
    choice = choose(models, optimise="log_loss")
    assert choice.ranking == ("b", "c", "a")
    assert choice.verdicts["d"].failures[0].code == "METRIC_NAN"


def test_if_none_is_good_enough_none_is_chosen(made: Made) -> None:
    choice = choose({"a": made(auc=0.7), "b": made(auc=0.8)}, optimise="auc", rules=["auc >= 0.9"])
    assert not choice
    assert choice.chosen is None
    assert [reason.message for reason in choice.verdict.failures] == [
        "a: auc 0.7 is below 0.9",
        "b: auc 0.8 is below 0.9",
    ]


def test_a_model_that_cannot_read_the_rows_is_not_chosen(made: Made) -> None:
    models = {"old": made(count=0, unreadable="no column 'fare'"), "new": made(auc=0.8)}
    choice = choose(models, optimise="auc")
    assert choice.chosen == "new"
    assert choice.verdicts["old"].failures[0].code == "UNREADABLE"


def test_rules_may_speak_of_a_baseline(made: Made) -> None:
    models = {"a": made(auc=0.9, accuracy=0.7), "b": made(auc=0.8, accuracy=0.8)}
    choice = choose(models, optimise="auc", rules=["accuracy >= baseline"], baseline=made(accuracy=0.75))
    assert choice.ranking == ("b",)


def test_what_cannot_be_chosen_by(made: Made) -> None:
    with pytest.raises(InputError, match="no candidate"):
        choose({}, optimise="auc")
    with pytest.raises(InputError, match="neither better high"):
        choose({"a": made(base_rate=0.5)}, optimise="base_rate")
    with pytest.raises(InputError, match="not judged on the same rows"):
        choose({"a": made(auc=0.5), "b": made(auc=0.6, count=7)}, optimise="auc")
