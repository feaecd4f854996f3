import json

import pytest

from mainspring.core import InputError
from mainspring.monitoring.correction import FalseAlarms, Spending


def test_a_window_spends_its_part_of_the_period() -> None:
    budget = FalseAlarms.parse("2 per 30d")
    assert budget.level(3600.0) == pytest.approx(2 / 720)
    assert budget.expected(14 * 86_400) == pytest.approx(2 * 14 / 30)
    assert budget.share is None
    assert str(budget) == "2 per 30d"
    assert FalseAlarms.parse("0.5 per 12h").level(3600.0) == pytest.approx(0.5 / 12)


def test_a_long_window_does_not_alarm_more_often_than_not() -> None:
    assert FalseAlarms.parse("10 per 1d").level(86_400.0) == 0.5
    assert FalseAlarms.parse("1 per 1d").level(0.0) == pytest.approx(1 / 86_400)


def test_a_share_of_alarms_is_a_budget_too() -> None:
    budget = FalseAlarms.parse("5 %")
    assert budget.share == pytest.approx(0.05)
    assert budget.level(3600.0) == pytest.approx(0.05)
    assert str(budget) == "5%"


@pytest.mark.parametrize(
    "words", ["", "1", "1 per", "per 30d", "1 per 30", "0 per 30d", "0%", "100%", "-1 per 1d"]
)
def test_other_words_are_refused(words: str) -> None:
    with pytest.raises(InputError):
        FalseAlarms.parse(words)


def test_a_share_is_spent_by_lord_and_remembered() -> None:
    spending = Spending.of("5%", {})
    first = spending.level(3600.0)
    spending.spend(1e-9)
    again = Spending.of("5%", json.loads(json.dumps(spending.as_dict())))
    assert again.level(3600.0) == spending.level(3600.0) > first
    # Another share begins anew.
    assert Spending.of("1%", spending.as_dict()).level(3600.0) < first
    assert Spending.of("1 per 30d", {}).as_dict() == {}
