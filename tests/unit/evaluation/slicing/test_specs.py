from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core import InputError
from mainspring.evaluation.slicing import Part, Range, SliceSpec, parse_specs, ranges

NAMES = ("sex", "race", "age", "hours * rate")


def one(form: object) -> SliceSpec:
    (spec,) = parse_specs([form], NAMES)  # type: ignore[list-item]  # wrong forms too
    return spec


def test_a_bound_belongs_to_the_range_that_the_bracket_says() -> None:
    left, right = one("age in [30, 50, 65]"), one("age in (30, 50]")
    assert [str(range_) for range_ in left.parts[0].ranges] == ["below 30", "[30, 50)", "[50, 65)", "65 and more"]
    assert [str(range_) for range_ in right.parts[0].ranges] == ["up to 30", "(30, 50]", "above 50"]
    with pytest.raises(InputError, match="where the bounds belong"):
        one("age in (30, 50)")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("sex", SliceSpec.of("sex")),
        ("sex * race", ("sex", "race")),
        ("sex x race", SliceSpec.of("sex", "race")),
        ("sex = Female", {"sex": ["Female"]}),
        ("sex in {Female, (missing)}", {"sex": ["Female", None]}),
        ("age in [30, 50]", {"age": [(None, 30), (30, 50), (50, None)]}),
        ("race * age in [30]", SliceSpec.of("race", Part("age", ranges=ranges([30])))),
        ("sql old men: age > 60 and sex = 'Male'", {"old men": "age > 60 and sex = 'Male'"}),
        ("hours * rate", SliceSpec.of("hours * rate")),
    ],
)
def test_texts_and_python_forms_mean_the_same(text: str, form: object) -> None:
    assert one(text) == one(form)
    if text != "hours * rate":
        assert one(str(one(form))) == one(form), "the text of a spec is that spec"


def test_each_spec_is_there_once() -> None:
    assert len(parse_specs(["sex", ("sex",), {"sex": None, "race": None}, "sex"], NAMES)) == 2


def test_all_that_cannot_be_read_is_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        parse_specs(["age in [a, b]", "age in [1, inf]", "sex * sex", 3], NAMES)  # type: ignore[list-item]
    for part in ("no numbers", "not finite", "names a column twice", "3 is no slice"):
        assert part in caught.value.found


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=6), st.integers(-60, 60), st.booleans())
def test_ranges_hold_every_number_once(cuts: list[int], number: int, left: bool) -> None:
    def holds(range_: Range) -> bool:
        low = -1e9 if range_.low is None else range_.low
        high = 1e9 if range_.high is None else range_.high
        return low <= number < high if left else low < number <= high

    assert sum(map(holds, ranges(cuts, "left" if left else "right"))) == 1
