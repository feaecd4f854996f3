import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.data import Statistics, Table
from mainspring.data.sketches import Quantiles
from mainspring.monitoring.profiles import WindowProfile
from mainspring.monitoring.windows import Window


def window(table: Table, since: float = 0.0, **more: Any) -> Window:
    values: dict[str, Any] = {"until": since + 60, "requests": table.num_rows, "errors": 0, "complete": True}
    return Window(since=since, table=table, **(values | more))


def near(one: Any, other: Any) -> None:
    """That two profiles say the same, sums of floats up to rounding."""
    if isinstance(one, float) and isinstance(other, float):
        assert math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9) or (math.isnan(one) and math.isnan(other))
    elif hasattr(one, "__slots__") and type(one) is type(other):
        for name in one.__slots__:
            near(getattr(one, name), getattr(other, name))
    elif isinstance(one, dict):
        assert list(one) == list(other)
        for name in one:
            near(one[name], other[name])
    elif isinstance(one, tuple):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            near(a, b)
    else:
        assert one == other


ANSWERS = Table.from_columns(
    {
        "age": [20, 30, None, 50],
        "sex": ["F", "M", "F", None],
        "output.label": ["yes", "no", "no", "no"],
        "output.probability.yes": [0.9, 0.2, 0.4, 0.1],
        "feedback.truth": ["yes", None, "yes", "no"],
        "request.id": ["a", "b", "c", "d"],
        "request.version": ["1", "1", "2", "2"],
    }
)


def test_a_profile_says_what_a_window_held() -> None:
    latency = Quantiles((0.1, 0.2), (3, 1))
    found = WindowProfile.of(
        window(ANSWERS, errors=2, blocked=1, late=1, versions={"1": 2, "2": 2}, latency=latency, revision=3),
        model="census",
    )
    assert (found.rows, found.requests, found.errors, found.blocked, found.late, found.revision) == (
        4,
        4,
        2,
        1,
        1,
        3,
    )
    assert list(found.statistics.features) == ["age", "sex", r"output\.label", r"output\.probability\.yes"]
    assert found.labels == {"no": 3, "yes": 1}
    assert found.truths == {"yes": 2, "no": 1}
    assert found.labelled == 3
    assert found.confusion() == {"yes": {"yes": 1, "no": 1}, "no": {"no": 1}}
    assert (found.asked, found.failed) == (4, 2)
    assert found.latency.at(0.5) == 0.1
    assert str(found) == "census, 1970-01-01T00:00:00.000Z to 1970-01-01T00:01:00.000Z, 4 rows"


def test_slices_are_told_apart_when_asked() -> None:
    found = WindowProfile.of(window(ANSWERS), model="census", slices=["sex", "gone"], most_values=1)
    slices = found.statistics.slices
    assert {name: part.num_examples for name, part in slices.items()} == {"sex=F": 2, "sex=(other)": 2}
    assert slices["sex=F"].feature("age").num_missing == 1


def test_a_window_without_rows_has_a_profile() -> None:
    empty = Table.from_columns({"request.id": []}, {"request.id": "STRING"})
    found = WindowProfile.of(window(empty, requests=2, errors=2), model="m")
    assert (found.rows, found.errors, found.labelled, found.labels, found.truths) == (0, 2, 0, {}, {})
    full = WindowProfile.of(window(ANSWERS), model="m")
    both = found.merge(full)
    assert (both.rows, both.requests, both.labelled) == (4, 6, 3)
    near(both.statistics, full.statistics)


def test_columns_that_some_windows_do_not_have_are_missing_there() -> None:
    one = WindowProfile.of(window(Table.from_columns({"a": [1, 2], "b": ["x", "y"]})), model="m")
    other = WindowProfile.of(window(Table.from_columns({"a": ["?"], "c": [[1, 2]]})), model="m")
    both = WindowProfile.merged([one, other]).statistics
    assert (both.feature("a").num_missing, both.feature("a").num_non_missing) == (1, 2)
    assert both.feature("a").numbers is not None
    assert (both.feature("b").num_missing, both.feature("c").num_missing) == (1, 2)
    assert both.feature("c").levels[0].num_missing == 2


def test_profiles_of_one_model_are_merged() -> None:
    one, other = (WindowProfile.of(window(ANSWERS), model=name) for name in ("a", "b"))
    with pytest.raises(InputError, match="several models"):
        one.merge(other)
    with pytest.raises(InputError, match="no profiles"):
        WindowProfile.merged([])


def test_bytes_give_the_same_profile_back() -> None:
    sampled = window(ANSWERS, asked=40.0, failed=10.0, versions={"1": 4}, latency=Quantiles((0.1,), (4,)))
    found = WindowProfile.of(sampled, model="census", slices=["sex"])
    data = found.to_bytes()
    assert WindowProfile.from_bytes(data) == found
    newer = data.replace(b"WindowProfile 1 ", b"WindowProfile 9 ", 1)
    for wrong in (b"", b"nothing", data[: len(data) // 2], newer, data[:60] + b"\0\0\0\0" + data[64:]):
        with pytest.raises(InputError):
            WindowProfile.from_bytes(wrong)


ROWS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(-5, 5).map(float), st.floats(-1e6, 1e6)),
        st.one_of(st.none(), st.sampled_from(["a", "b", "c"])),
        st.sampled_from(["yes", "no"]),
        st.one_of(st.none(), st.sampled_from(["yes", "no"])),
    ),
    max_size=12,
)


def profiled(rows: list[tuple[Any, ...]], since: float, columns: int = 4) -> WindowProfile:
    names = ("x", "word", "output.label", "feedback.truth")
    types = dict(zip(names, ("FLOAT", "STRING", "STRING", "STRING"), strict=True))
    kept = names[:columns]
    table = Table.from_columns(
        {name: [row[place] for row in rows] for place, name in enumerate(kept)},
        {name: types[name] for name in kept},
    )
    latency = Quantiles.of_sorted(np.array([0.5] * len(rows)))
    return WindowProfile.of(window(table, since, latency=latency, versions={"1": len(rows)}), model="m")


@settings(max_examples=20, deadline=None)
@given(parts=st.lists(ROWS, min_size=2, max_size=4))
def test_merged_parts_are_the_whole(parts: list[list[tuple[Any, ...]]]) -> None:
    found = WindowProfile.merged([profiled(part, 60.0 * place) for place, part in enumerate(parts)])
    whole = profiled([row for part in parts for row in part], 0.0)
    assert (found.windows, found.since, found.until) == (len(parts), 0.0, 60.0 * len(parts))
    for name in ("requests", "asked", "latency", "statistics", "feedback", "outcomes"):
        near(getattr(found, name), getattr(whole, name))
    assert found.versions == whole.versions


@settings(max_examples=10, deadline=None)
@given(parts=st.lists(st.tuples(ROWS, st.integers(1, 4)), min_size=3, max_size=3))
def test_the_order_of_merging_does_not_matter(parts: list[tuple[list[tuple[Any, ...]], int]]) -> None:
    one, two, three = (profiled(rows, 60.0 * place, columns) for place, (rows, columns) in enumerate(parts))
    left, right = one.merge(two).merge(three), one.merge(two.merge(three))
    for name in ("requests", "rows", "labelled", "since", "until"):
        assert getattr(left, name) == getattr(right, name)
    near(Statistics({"rows": left.statistics}).splits, Statistics({"rows": right.statistics}).splits)
