from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core import InputError, Slice
from mainspring.evaluation.gates.rules.reading import read_rule
from mainspring.evaluation.gates.rules.tokens import UNITS
from mainspring.evaluation.gates.rules.tree import Binary, Choice, Comparison, Every, Figure, Number, Some


def comparison(text: str) -> Comparison:
    found = read_rule(text).condition
    assert isinstance(found, Comparison)
    return found


def figures(text: str) -> list[tuple[str, str, str]]:
    return [(figure.whose, figure.metric, figure.bound) for figure in read_rule(text).figures]


def test_names_of_metrics_are_read_whole() -> None:
    text = "recall@0.3 + precision[a b]@0.5 + recall_weighted + `any name` + auc.low > 0"
    assert [name for _, name, _ in figures(text)] == [
        "recall@0.3",
        "precision[a b]@0.5",
        "recall_weighted",
        "any name",
        "auc",
    ]
    assert figures("recall@0.3.high > 0") == [("", "recall@0.3", "high")]


def test_baseline_alone_is_the_same_metric_over_the_same_slice() -> None:
    assert figures("auc >= baseline") == [("", "auc", ""), ("baseline", "auc", "")]
    assert figures("auc >= baseline.f1.low") == [("", "auc", ""), ("baseline", "f1", "low")]
    first, second = read_rule("auc | sex=Female >= baseline - 0.1").figures
    assert first.pattern == second.pattern
    third = read_rule("auc | sex=Female >= baseline | sex=Male").figures[1]
    assert third.pattern is not None
    assert third.pattern.slice == Slice.of(sex="Male")
    named = read_rule("auc >= champion and auc >= baseline", baselines=["champion", "baseline"])
    assert [figure.whose for figure in named.figures] == ["", "champion", "", "baseline"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("1_000.5", 1000.5),
        (".5", 0.5),
        ("5e6", 5e6),
        ("90 %", 0.9),
        ("0.5%", 0.005),
        ("20 ms", 0.02),
        ("20ms", 0.02),
        ("5 MB", 5e6),
        ("2 MiB", 2 * 2**20),
        ("3 µs", 3e-6),
    ],
)
def test_numbers_and_units(text: str, value: float) -> None:
    found = comparison(f"x <= {text}").right
    assert isinstance(found, Number)
    assert found.value == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "slice_"),
    [
        ("sex=Female", Slice.of(sex="Female")),
        ("sex = Female , race=Black", Slice.of(sex="Female", race="Black")),
        ("race=Asian-Pac-Islander", Slice.of(race="Asian-Pac-Islander")),
        ("race=Other Asian", Slice.of(race="Other Asian")),
        ("native country=(missing)", Slice.of({"native country": "(missing)"})),
        ('age="> 28 and ≤ 37"', Slice.of(age="> 28 and ≤ 37")),
        ("income='<=50K'", Slice.of(income="<=50K")),
        ('sex=""', Slice.of(sex="")),
    ],
)
def test_slices(text: str, slice_: Slice) -> None:
    for rule in (f"auc | {text} >= 0.8", f"0.8 <= auc | {text}", f"(auc | {text}) + 1 > 1 and x > 2"):
        pattern = next(figure.pattern for figure in read_rule(rule).figures if figure.metric == "auc")
        assert pattern is not None
        assert pattern.slice == slice_


def test_patterns_mean_several_slices() -> None:
    every, by_sex = (read_rule(f"auc | {text} >= 0.8").figures[0].pattern for text in ("*", "sex=*"))
    assert every is not None
    assert by_sex is not None
    assert read_rule("auc | every slice >= 0.8").figures[0].pattern == every
    female, black = Slice.of(sex="Female"), Slice.of(sex="Female", race="Black")
    assert [every.fits(key) for key in (female, black, Slice())] == [True, True, False]
    assert [by_sex.fits(key) for key in (female, black, Slice())] == [True, False, False]


def test_multiplication_binds_before_addition_and_and_before_or() -> None:
    right = comparison("x >= 1 + 2 * y - 3").right
    assert isinstance(right, Binary)
    assert (right.sign, right.left.sign, right.left.right.sign) == ("-", "+", "*")  # type: ignore[union-attr]  # known shape
    either = read_rule("a > 1 or b > 2 and c > 3").condition
    assert isinstance(either, Some)
    assert isinstance(either.parts[1], Every)
    assert isinstance(read_rule("(a > 1 or b > 2) and c > 3").condition, Every)
    chain = read_rule("0.2 <= base_rate < 0.4").condition
    assert isinstance(chain, Every)
    assert [part.sign for part in chain.parts] == ["<=", "<"]  # type: ignore[union-attr]  # known shape


def test_not_goes_inwards() -> None:
    found = read_rule("not (a > 1 or not b <= 2)").condition
    assert isinstance(found, Every)
    assert [part.sign for part in found.parts] == ["<=", "<="]  # type: ignore[union-attr]  # known shape


def test_without_else_the_plain_comparison_is_meant() -> None:
    found = read_rule("accuracy >= baseline - 0.005 if latency_p50 <= 0.7 * baseline").condition
    assert isinstance(found, Choice)
    assert found.plain
    assert isinstance(found.otherwise, Comparison)
    assert found.otherwise.sign == ">="
    assert isinstance(found.otherwise.right, Figure)
    assert (found.otherwise.right.whose, found.otherwise.right.metric) == ("baseline", "accuracy")
    assert isinstance(found.condition, Comparison)
    latencies = [
        figure.metric for figure in read_rule("accuracy >= 1 if latency_p50 <= 0.7 * baseline else pass").figures
    ]
    assert latencies == ["accuracy", "latency_p50", "latency_p50"]
    chained = read_rule("a >= 1 if b > 2 else a >= 3 if b > 1 else fail").condition
    assert isinstance(chained, Choice)
    assert isinstance(chained.otherwise, Choice)


def test_parts_are_what_and_joins_on_the_outside() -> None:
    assert len(read_rule("a > 1 and (b > 2 and c > 3) and (d > 4 or e > 5)").parts) == 4


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ("", 0, "where a figure is due"),
        ("accuracy", 8, "where a comparison is due"),
        ("accuracy >= ", 11, "where a figure is due"),
        ("accuracy = 0.9", 9, "'=' cannot be read"),
        ("accuracy >= 0.8)", 15, "where the rule could end"),
        ("(accuracy >= 0.8", 16, "parenthesis is still open"),
        ("accuracy >= 5 MX", 14, "no unit 'MX'"),
        ("accuracy >= 0.8 auc > 1", 16, "no unit 'auc'"),
        ("accuracy.foo >= 3", 0, "'accuracy.foo' is no figure"),
        ("baseline >= 3", 0, "this comparison has none"),
        ("accuracy + auc >= baseline", 18, "this comparison has several"),
        ("accuracy >= 0.8 if auc > 1", 16, "not said what must hold"),
        ("accuracy >= baseline if auc > 1", 21, "not said what must hold"),
        ("latency_p50 <= 3 MB", 15, "3 MB is a size"),
        ("size_bytes <= 3 ms", 14, "3 ms is a time"),
        ("accuracy | >= 3", 10, "followed by no slice"),
        ("accuracy | sex= >= 3", 16, "lacks its value"),
        ("accuracy ? 3", 9, "'?' cannot be read"),
        ("if accuracy > 3", 0, "'if' comes where a figure is due"),
    ],
)
def test_errors_point_at_the_place(text: str, place: int, told: str) -> None:
    with pytest.raises(InputError, match=r"\^") as caught:
        read_rule(text)
    lines = caught.value.found.split("\n")
    assert told in lines[0]
    assert lines[-1] == " " * (4 + place) + "^"


@given(st.text(alphabet="abc_ =<>|()*+-/.@[]\"'`0123%ms,\n", max_size=40))
def test_any_text_is_a_rule_or_is_refused(text: str) -> None:
    with suppress(InputError):
        assert read_rule(text).figures is not None


@given(st.sampled_from(sorted(UNITS)), st.floats(0, 1e6))
def test_units_multiply(unit: str, number: float) -> None:
    found = comparison(f"x <= {number!r} {unit}").right
    assert isinstance(found, Number)
    assert found.value == number * UNITS[unit]
