"""How figures are written for people."""

from __future__ import annotations

import math

import pytest

from mainspring.app.web.figures import MINUS, counted, measured, number, percent, signed, size, whole


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (2789, "2,789"),
        (2789.4, "2,789"),
        (20002.3, "20,002"),
        (0.1, "0.1"),
        (0.91234567, "0.9123"),
        (-0.05, "-0.05"),
        (-1234, "-1,234"),
        (1.1e-06, "1.1e-6"),
        (-0.0, "0"),
        (1e20, "1e20"),
        (math.inf, "inf"),
        (math.nan, "—"),
        (None, "—"),
        (True, "True"),
        ("1-2", "1-2"),
    ],
)
def test_a_figure_is_as_short_as_it_can_be(value, text):
    assert number(value) == (text if isinstance(value, str) else text.replace("-", MINUS))


def test_figures_of_a_column_have_the_same_decimals():
    assert [measured(one) for one in (0.661, 0.6467, 0.04959)] == ["0.6610", "0.6467", "0.0496"]
    assert [measured(one) for one in (2.6, 36.4, 882.0, 0.0, 1.0)] == ["2.600", "36.40", "882", "0", "1"]
    assert [measured(one) for one in (-0.5, 0.00001)] == [f"{MINUS}0.5000", f"1e{MINUS}5"]
    assert [measured(one) for one in (12345.6, None, "yes", math.inf)] == ["12,346", "—", "yes", "inf"]


def test_a_change_has_its_sign_and_none_has_not():
    assert [signed(one) for one in (0.124, 132, 0.0, None)] == ["+0.1240", "+132", "0", "—"]
    assert [signed(one) for one in (-0.00764, -31)] == [f"{MINUS}0.0076", f"{MINUS}31"]


def test_shares_have_one_decimal_and_a_true_minus():
    assert [percent(one) for one in (0.0, 0.5, 1.0)] == ["0.0 %", "50.0 %", "100.0 %"]
    assert [percent(one) for one in (-0.029, -0.0001)] == [f"{MINUS}2.9 %", "0.0 %"]
    assert percent(1 / 3, 0) == "33 %"
    assert percent(math.nan) == percent(None) == "—"


def test_counts_and_sizes():
    assert (whole(12345.0), whole(None)) == ("12,345", "—")
    assert [size(one) for one in (999, 1_500_000, 250_000, None)] == ["999 B", "1.5 MB", "250 kB", "—"]
    assert (counted(1, "run"), counted(1200, "entry", "entries")) == ("1 run", "1,200 entries")
