"""Stratified splits: exact shares per class, whatever the order of rows; entities stay whole."""

import hashlib
import logging
import random
from collections import Counter

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.data.splits import check_disjoint, stratified

SHARES = {"train": 3, "eval": 1}


def number(*cells: object, seed: int = 0) -> int:
    text = "\x1f".join([str(seed), *map(str, cells)])
    return int(hashlib.md5(text.encode()).hexdigest()[:15], 16)


def counts(splits: dict[str, Table], column: str = "y") -> dict[str, Counter[str]]:
    return {name: Counter(table.to_columns()[column]) for name, table in splits.items()}


def test_the_rule_is_the_one_that_is_written_down() -> None:
    """By hand: a class of 8 gives 6 and 2, those with the least numbers first; one of 5 is rounded by its hash."""
    rows = [{"x": n, "y": "a" if n < 8 else "b"} for n in range(13)]
    splits, origins = stratified(Table.from_rows(rows), "y", SHARES)
    wanted = []
    for kind, size in (("a", 8), ("b", 5)):
        ordered = sorted((row for row in rows if row["y"] == kind), key=lambda row: number(row["x"], row["y"]))
        stop = (size * 3 + number(kind) % 4) // 4
        wanted += [row["x"] for row in ordered[:stop]]
    assert splits["train"].to_columns()["x"] == sorted(wanted)
    assert origins["train"].tolist() == [x + 1 for x in sorted(wanted)]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=6),
    st.lists(st.integers(1, 9), min_size=2, max_size=3),
    st.integers(0, 9),
)
def test_the_shares_of_every_class_hold_within_a_row(sizes: list[int], shares: list[int], seed: int) -> None:
    classes = [name for name, size in enumerate(sizes) for _ in range(size)]
    table = Table.from_columns({"x": list(range(len(classes))), "y": [f"c{one}" for one in classes]})
    wanted = {f"s{place}": share for place, share in enumerate(shares)}
    try:
        found = counts(stratified(table, "y", wanted, seed=seed)[0])
    except InputError:  # too few rows for a split
        assume(False)
    for name, share in wanted.items():
        for kind, size in enumerate(sizes):
            assert abs(found[name][f"c{kind}"] - size * share / sum(shares)) < 1
    assert sum(sum(one.values()) for one in found.values()) == len(classes)


def test_order_of_rows_and_columns_does_not_matter() -> None:
    rows = [{"x": n, "y": "ab"[n % 3 == 0], "z": n % 7} for n in range(100)]
    turned = [dict(reversed(row.items())) for row in random.Random(5).sample(rows, 100)]
    one, other = (stratified(Table.from_rows(given_), "y", SHARES)[0] for given_ in (rows, turned))
    assert sorted(one["eval"].to_columns()["x"]) == sorted(other["eval"].to_columns()["x"])
    another, _ = stratified(Table.from_rows(rows), "y", SHARES, seed=1)
    assert one["eval"].to_columns()["x"] != another["eval"].to_columns()["x"]


def test_many_small_classes_have_the_right_shares_together(caplog: pytest.LogCaptureFixture) -> None:
    table = Table.from_columns({"x": list(range(4000)), "y": [f"c{n // 2}" for n in range(4000)]})
    with caplog.at_level(logging.WARNING):
        splits, _ = stratified(table, "y", SHARES)
    # 2,000 classes of two rows: of each, one or two are in train, half of the time each.
    assert abs(splits["eval"].num_rows - 1000) < 4 * (2000 * 0.25) ** 0.5
    messages = [record.message for record in caplog.records]
    assert len(messages) == 1
    assert messages[0].endswith(", …")
    assert "classes of y are too small to be in eval: 'c" in messages[0]


def test_equal_rows_stay_together() -> None:
    rows = [{"x": n % 20, "y": n % 2} for n in range(200)]
    splits, _ = stratified(Table.from_rows(rows), "y", {"train": 1, "eval": 1})
    check_disjoint(splits)


def test_missing_values_are_a_class_and_several_columns_make_one() -> None:
    table = Table.from_columns({"x": list(range(40)), "y": ["a", None] * 20, "z": [1, 1, 2, 2] * 10})
    assert counts(stratified(table, "y", SHARES)[0])["eval"] == {"a": 5, None: 5}
    splits, _ = stratified(table, ["y", "z"], {"train": 1, "eval": 1})
    pairs = Counter(zip(*(splits["eval"].to_columns()[name] for name in "yz"), strict=True))
    assert pairs == {("a", 1): 5, ("a", 2): 5, (None, 1): 5, (None, 2): 5}


def test_entities_of_one_class_stay_whole() -> None:
    rows = [{"who": n % 40, "y": "ab"[n % 40 < 8], "x": n} for n in range(400)]
    splits, _ = stratified(Table.from_rows(rows), "y", SHARES, group="who")
    check_disjoint(splits, group="who")
    assert counts(splits) == {"train": {"a": 240, "b": 60}, "eval": {"a": 80, "b": 20}}


def test_entities_of_several_classes_are_refused() -> None:
    rows = [{"who": f"p{n % 4}", "y": n % 3} for n in range(24)]
    with pytest.raises(InputError, match="4 entities have rows of several classes, such as 'p0', 'p1'"):
        stratified(Table.from_rows(rows), "y", SHARES, group="who")


def test_what_is_refused() -> None:
    table = Table.from_columns({"x": [1, 2], "y": ["a", "b"]})
    with pytest.raises(InputError, match="positive"):
        stratified(table, "y", {"train": 0.5, "eval": 0.5})  # type: ignore[dict-item]
    with pytest.raises(InputError, match="no column"):
        stratified(table, "label", SHARES)
    with pytest.raises(InputError, match="no column of classes"):
        stratified(table, [], SHARES)
    with pytest.raises(InputError, match="no row falls into split"):
        stratified(table, "y", {"a": 1, "b": 1, "c": 1})
