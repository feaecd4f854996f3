"""Figures in words."""

import math

import pytest

from mainspring.app.report.wording import counted, figure, listed, moment, percent, size


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.123456, "0.1235"),
        (-3, "−3"),  # noqa: RUF001
        (1234567, "1,234,567"),
        (12345.6, "12,346"),
        (0.00001234, "1.23e-05"),
        (math.nan, "—"),
        (math.inf, "∞"),
        (None, "—"),
        (True, "True"),
        ("red", "red"),
    ],
)
def test_figures(value: object, text: str) -> None:
    assert figure(value) == text


def test_words() -> None:
    assert (percent(0.00001), percent(0.99999), percent(0.5)) == ("< 0.1 %", "> 99.9 %", "50 %")
    assert (counted(1, "row"), counted(0, "row")) == ("1 row", "0 rows")
    assert (listed([]), listed(["a"]), listed(["a", "b"])) == ("", "a", "a and b")
    assert moment(1_700_000_000) == "14 Nov 2023, 22:13 UTC"
    assert (size(0), size(2048), size(5 * 1024**3)) == ("0 B", "2.0 KiB", "5.0 GiB")
