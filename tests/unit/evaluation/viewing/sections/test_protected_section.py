"""The section of counterfactual flips."""

from mainspring.core import Slice
from mainspring.evaluation import Interval
from mainspring.evaluation.fairness.flipped import Flip, Flipped, Flips
from mainspring.evaluation.viewing.sections.protected import protected_section
from mainspring.evaluation.viewing.showing import sections_of

FEMALE, MALE = Slice.of(sex="Female"), Slice.of(sex="Male")
FOUND = Flips(
    protected=("sex",), positive="yes", count=200, flipped=10, share=0.05, interval=Interval(0.027, 0.09),
    changes=(
        Flipped(
            group=FEMALE, to=MALE, count=100, to_yes=8, to_no=0, share=0.08, interval=Interval(0.04, 0.15),
            mean=0.02, median=0.01, largest=0.3, chance=0.0078,
        ),
    ),
    examples=(Flip(row=4, group=FEMALE, to=MALE, before="no", after="yes", change=0.3),),
    proxies={"sex": {"relationship": 0.65}},
)  # fmt: skip


def test_what_changes_for_whom_and_which_columns_tell_the_group() -> None:
    section = protected_section(FOUND)
    assert [(fact.value, fact.more) for fact in section.facts] == [("5 %", "2.7 % to 9 %")]
    changes, proxies, examples = section.grids
    assert [entry.text for entry in changes.rows[0]] == [
        "sex=Female", "sex=Male", "100", "8 %", "8", "0", "+0.02", "+0.3", "0.0078",
    ]  # fmt: skip
    assert [entry.text for entry in proxies.rows[0]] == ["relationship", "sex", "0.65"]
    assert [entry.text for entry in examples.rows[0]] == ["row 5", "sex=Female", "sex=Male", "no", "yes", "+0.3"]


def test_flips_of_values_and_of_models_are_told_apart() -> None:
    assert [section.key for section in sections_of(flips=FOUND)] == ["protected"]
