import pytest

from mainspring.core.errors import InputError
from mainspring.monitoring.retraining.periods import Budget


@pytest.mark.parametrize(
    ("text", "runs", "days"),
    [
        ("3 per 7d", 3, 7),
        ("1 run per day", 1, 1),
        ("2 per 12h", 2, 0.5),
        ("4 per month", 4, 30),
        ("5 per week", 5, 7),
    ],
)
def test_a_budget_is_a_number_per_length(text: str, runs: int, days: float) -> None:
    found = Budget.parse(text)
    assert (found.runs, found.seconds, found.text) == (runs, days * 86400, text)


@pytest.mark.parametrize("text", ["", "3", "0 per day", "three per day", "3 per", "3 per 2 fortnights"])
def test_what_is_no_budget_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no budget"):
        Budget.parse(text)
