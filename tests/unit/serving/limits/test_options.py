import msgspec
import pytest

from mainspring.serving.limits import LimitOptions, ModelLimits


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"max_requests": -1}', ">= 0"),
        ('{"rates": [{"per_second": 0}]}', "> 0"),
        ('{"rates": [{}]}', "per_second"),
        ('{"rates": [{"per_second": 1, "by": "nobody"}]}', "by"),
        ('{"timeout": 0}', "> 0"),
        ('{"max_rate": 5}', "unknown field"),
    ],
)
def test_wrong_options_are_told(text: str, problem: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=problem):
        msgspec.json.decode(text, type=LimitOptions)


def test_options_come_from_a_file() -> None:
    found = msgspec.json.decode('{"max_rows": 5, "rates": [{"per_second": 2, "unit": "rows"}]}', type=ModelLimits)
    assert (found.max_rows, found.rates[0].unit, found.rates[0].by) == (5, "rows", "caller")
