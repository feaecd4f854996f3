from typing import Any

import pytest

from mainspring.core.errors import InputError
from mainspring.monitoring.hours import QuietHours
from mainspring.monitoring.retraining import RetrainingPolicy, TrainingWindow

FULL: dict[str, Any] = {
    "when": ["drift", {"check": "quality", "subject": "accuracy", "for_windows": 2}],
    "schedule": "0 3 * * mon",
    "new_data": 5000,
    "freshness": "30d",
    "budget": "3 per 7d",
    "cost_per_run": 12.5,
    "cool_down": "12h",
    "quiet": QuietHours(since="22:00", until="06:00", days=("fri",)),
    "zone": "Europe/Paris",
    "least_labelled": 500,
    "how": "compare",
    "window": {"choose": "test", "candidates": ["7d", "all"]},
    "metric": "auc",
    "challenger": "not_worse",
    "margin": 0.01,
    "sign_off": ["risk"],
    "promote": "canary",
    "parameters": {"since": "$since", "price": "$$5"},
}


def test_what_is_written_is_read() -> None:
    policy = RetrainingPolicy(**FULL)
    assert [(one.check, one.subject, one.for_windows) for one in policy.conditions] == [
        ("drift", "", 1),
        ("quality", "accuracy", 2),
    ]
    assert policy.cron is not None
    assert policy.cron.hours == frozenset({3})
    assert policy.fresh_data.rows == 5000
    assert (policy.most_age, policy.pause) == (30 * 86400.0, 12 * 3600.0)
    assert policy.limit is not None
    assert (policy.limit.runs, policy.limit.seconds) == (3, 7 * 86400.0)
    assert policy.training == TrainingWindow(choose="test", candidates=("7d", "all"))
    assert policy.signers == ("risk",)


def test_one_word_is_enough_where_there_is_one() -> None:
    policy = RetrainingPolicy(when="drift", new_data="trips/*.parquet", window="30d", sign_off=True)
    assert [one.check for one in policy.conditions] == ["drift"]
    assert (policy.fresh_data.rows, policy.fresh_data.data) == (None, "trips/*.parquet")
    assert policy.training == TrainingWindow(choose="newest", candidates=("30d",))
    assert policy.signers == ("anybody",)
    assert RetrainingPolicy(window="drift").training.choose == "drift"


def test_plain_values_make_it_again() -> None:
    policy = RetrainingPolicy(**FULL)
    told: Any = policy.as_dict()
    assert told["quiet"] == {"since": "22:00", "until": "06:00", "days": ["fri"]}
    assert RetrainingPolicy(**{**told, "quiet": QuietHours(**{**told["quiet"], "days": ("fri",)})}) == policy
    assert RetrainingPolicy().as_dict() == {}


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InputError) as told:
        RetrainingPolicy(
            when=[{"chek": "drift"}, {"check": "quality", "for_windows": 0}],
            schedule="never",
            new_data={"rows": 0},
            freshness="soon",
            budget="3",
            cost_per_run=-1,
            cool_down=-5,
            zone="Mars/Base",
            how="guess",
            window={"choose": "test", "candidates": ["all", "many"]},
            challenger="nice",
            promote="moon",
            parameters={"since": "$begin"},
        )
    found = told.value.found
    places = "when[0] when[1] schedule new_data freshness budget cost_per_run cool_down zone how window challenger"
    assert [name for name in [*places.split(), "promote", "parameters"] if f"{name}:" not in found] == []
    assert "there is no 'chek' (expected one of check, subject, for_windows)" in found


@pytest.mark.parametrize("schedule", ["0 0 30 2 *", "61 * * * *"])
def test_a_schedule_that_never_comes_true_is_refused(schedule: str) -> None:
    with pytest.raises(InputError, match="schedule"):
        RetrainingPolicy(schedule=schedule)
