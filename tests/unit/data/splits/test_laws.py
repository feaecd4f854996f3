"""Laws that every way of splitting keeps."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.data import Table
from mainspring.data.sources import read
from mainspring.data.splits import SplitRule, check_disjoint, parting, split_rows

ROWS = [
    {
        "id": n,
        "who": f"p{n % 40}",
        "y": "ab"[n % 40 < 10],
        "t": 1000 + n // 3,
        "x": n / 7,
        "part": "ab"[n % 4 == 0],
    }
    for n in range(240)
]
RULES = [
    SplitRule(),
    SplitRule(group=("who",), seed=5),
    SplitRule(method="stratified", by=("y",)),
    SplitRule(method="stratified", by=("y",), group=("who",)),
    SplitRule(method="time", by=("t",), gap="2"),
    SplitRule(method="time", by=("t",), splits={"train": "<1050", "eval": ">=1050"}),
    SplitRule(method="given", by=("part",), splits={"train": "a", "eval": "b"}),
]
ids = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.text())


def ids_of(rule: SplitRule, table: Table) -> dict[str, list[int]]:
    return {name: sorted(rows.to_columns()["id"]) for name, rows in rule.split(table)[0].items()}


@ids
@settings(max_examples=6, deadline=None)
@given(dice=st.randoms(use_true_random=False))
def test_order_of_rows_and_columns_does_not_matter(rule: SplitRule, dice: random.Random) -> None:
    names = dice.sample(list(ROWS[0]), len(ROWS[0]))
    turned = [{name: row[name] for name in names} for row in dice.sample(ROWS, len(ROWS))]
    assert ids_of(rule, Table.from_rows(turned)) == ids_of(rule, Table.from_rows(ROWS))


@ids
def test_the_layout_of_files_does_not_matter(rule: SplitRule, tmp_path: Path) -> None:
    whole = Table.from_rows(ROWS)
    for number, chunk in enumerate(whole.chunks(50)):
        chunk.write_parquet(tmp_path / f"{9 - number}.parquet")
    assert ids_of(rule, read(tmp_path)) == ids_of(rule, whole)


@ids
def test_row_numbers_are_those_of_the_rows(rule: SplitRule) -> None:
    table = Table.from_rows(ROWS)
    splits, numbers = rule.split(table)
    assert list(numbers) == list(splits)
    for name, rows in splits.items():
        assert [ROWS[number - 1]["id"] for number in numbers[name]] == rows.to_columns()["id"]


@ids
def test_nothing_is_on_both_sides(rule: SplitRule) -> None:
    splits, _ = rule.split(Table.from_rows(ROWS))
    check_disjoint(splits)
    if rule.group:
        check_disjoint(splits, group=rule.group)
    if rule.method == "time":
        check_disjoint(splits, time=rule.by[0])


@ids
def test_large_splits_lie_in_files_and_are_the_same(rule: SplitRule, monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table.from_rows(ROWS)
    before = {name: rows.digest() for name, rows in rule.split(table)[0].items()}
    monkeypatch.setattr(parting, "LARGE", 100)
    splits, _ = rule.split(table)
    assert all("read_parquet" in rows.query() for rows in splits.values())
    assert {name: rows.digest() for name, rows in splits.items()} == before


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 9), min_size=2, max_size=4))
def test_shares_converge(seed: int, shares: list[int]) -> None:
    count = 4000
    wanted = {f"s{place}": share for place, share in enumerate(shares)}
    splits, _ = split_rows(Table.from_columns({"x": list(range(count))}), wanted, seed=seed)
    for name, share in wanted.items():
        expected = share / sum(shares)
        deviation = (count * expected * (1 - expected)) ** 0.5
        assert abs(splits[name].num_rows - count * expected) < 6 * deviation


def test_a_row_stays_where_it_is_when_others_come() -> None:
    few = {name: set(found) for name, found in ids_of(RULES[0], Table.from_rows(ROWS[:120])).items()}
    all_ = {name: set(found) for name, found in ids_of(RULES[0], Table.from_rows(ROWS)).items()}
    assert all(few[name] <= all_[name] for name in few)
