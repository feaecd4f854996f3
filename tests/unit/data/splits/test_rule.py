import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.data.splits import SplitRule

TABLE = Table.from_columns(
    {
        "who": [n % 9 for n in range(60)],
        "y": ["ab"[n % 3 == 0] for n in range(60)],
        "t": list(range(60)),
        "part": ["train" if n % 4 else "eval" for n in range(60)],
    }
)


@pytest.mark.parametrize(
    ("rule", "rows"),
    [
        (SplitRule(), None),
        (SplitRule(group=("who",), seed=3), None),
        (SplitRule(method="time", by=("t",)), (45, 15)),
        (SplitRule(method="time", splits={"train": "<40", "eval": ">=40"}, by="t", gap="5"), (36, 20)),
        (SplitRule(method="stratified", by=("y",)), (45, 15)),
        (SplitRule(method="given", splits={"train": "train", "eval": "eval"}, by="part"), (45, 15)),
        (SplitRule(method="given", splits={}, by="part"), (15, 45)),
    ],
)
def test_a_rule_is_text_json_and_splits(rule: SplitRule, rows: tuple[int, int] | None) -> None:
    assert SplitRule.parse(rule.text()) == rule
    assert msgspec.json.decode(msgspec.json.encode(rule), type=SplitRule) == rule
    splits, numbers = rule.split(TABLE)
    assert sum(len(numbers[name]) for name in splits) == sum(one.num_rows for one in splits.values())
    if rows is not None:
        assert tuple(one.num_rows for one in splits.values()) == rows


def test_the_text_is_short() -> None:
    assert SplitRule().text() == "hash train=3 eval=1"
    rule = SplitRule(method="stratified", by=("a b", "c"), group="who", seed=2)
    assert rule.text() == "stratified train=3 eval=1 'by=a b,c' group=who seed=2"
    assert SplitRule.parse("train=8 eval=1 test=1").splits == {"train": 8, "eval": 1, "test": 1}
    assert SplitRule.parse("given a=x,y b=z by=part").splits == {"a": ["x", "y"], "b": "z"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("random train=3", "no such method"),
        ("time train=3 eval=1", "by must name the column"),
        ("time train=3 eval=1 by=a,b", "by names 2 columns"),
        ("time train=3 eval=1 by=t group=who", "group means nothing here"),
        ("given by=part gap=1d", "gap means nothing here"),
        ("train=3 eval", "neither a split nor an option"),
        ("train=3 eval=1 seed=x", "seed=x"),
        ("hash train=3 eval=1 by=t", "by means nothing here"),
    ],
)
def test_what_is_no_rule(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        SplitRule.parse(text)


@given(
    st.dictionaries(st.text("xyz", min_size=1), st.integers(1, 99), min_size=1),
    st.integers(-5, 5),
    st.text("uvw "),
)
def test_what_is_written_is_read_back(splits: dict[str, int], seed: int, group: str) -> None:
    rule = SplitRule(splits=splits, seed=seed, group=(group,))
    assert SplitRule.parse(rule.text()) == rule
