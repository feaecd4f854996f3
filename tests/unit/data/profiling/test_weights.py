import math
import random

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.data import ColumnType, Table
from mainspring.data.profiling.weights import check_weights, measure_weights, total_weight
from mainspring.data.statistics.weights import Weighted, WeightedWords


def one(table: Table, name: str) -> Weighted:
    return measure_weights(table, [name], "w")[name]


@pytest.fixture
def small() -> Table:
    return Table.from_columns(
        {
            "x": [1.0, 2.0, 3.0, None, 5.0],
            "word": ["a", "b", "a", None, "c"],
            "w": [1.0, 2.0, 3.0, 4.0, 0.0],
        }
    )


def test_numbers_by_hand(small: Table) -> None:
    found = one(small, "x")
    assert (found.num_missing, found.num_non_missing, found.by) == (4.0, 6.0, "w")
    assert found.presence == 0.6
    numbers = found.numbers
    assert numbers is not None
    assert numbers.mean == pytest.approx((1 + 4 + 9) / 6)
    assert numbers.std_dev == pytest.approx(math.sqrt((1 + 8 + 27) / 6 - (14 / 6) ** 2))
    assert numbers.median == 2.5  # half of the weight is on 1 and 2
    assert (numbers.min, numbers.max) == (1.0, 3.0)  # a row without weight does not count
    assert numbers.histogram.counts == (1.0, 0, 0, 0, 0, 2.0, 0, 0, 0, 3.0)
    assert sum(numbers.quantile_histogram().counts) == 6.0


def test_words_by_hand(small: Table) -> None:
    words = one(small, "word").words
    assert words is not None
    assert words.top(9) == (("a", 4.0), ("b", 2.0)) == words.rank_histogram()
    assert (words.total, words.complete) == (6.0, True)


def test_whole_weights_are_as_so_many_rows() -> None:
    dice = random.Random(3)
    rows = [(dice.gauss(0, 3), dice.choice("abc"), dice.randrange(4)) for _ in range(300)]
    weighted = Table.from_rows([{"x": x, "c": c, "w": w} for x, c, w in rows])
    repeated = [(x, c) for x, c, w in rows for _ in range(w)]
    found = measure_weights(weighted, ["x", "c"], "w")
    numbers, words = found["x"].numbers, found["c"].words
    assert numbers is not None
    assert words is not None
    values = np.array([x for x, _ in repeated])
    assert numbers.mean == pytest.approx(values.mean(), rel=1e-12)
    assert numbers.std_dev == pytest.approx(values.std(), rel=1e-12)
    assert numbers.median == pytest.approx(np.median(values))
    assert numbers.histogram.counts == tuple(np.histogram(values, 10)[0])
    assert dict(words.weights) == {c: sum(d == c for _, d in repeated) for c in "abc"}


def test_equal_weights_change_nothing(census: Table) -> None:
    table = census.sql("SELECT *, 0.1 AS w FROM this")
    found = measure_weights(table, ["age", "occupation"], "w")
    assert found["occupation"].num_missing == pytest.approx(184.3, rel=1e-12)
    assert found["age"].numbers is not None
    assert found["age"].numbers.mean == pytest.approx(38.58164675532078, rel=1e-12)
    assert found["age"].numbers.median == 37
    words = found["occupation"].words
    assert words is not None
    assert words.top(1)[0] == ("Prof-specialty", pytest.approx(414.0, rel=1e-12))


def test_another_weight_for_a_feature(small: Table) -> None:
    table = small.sql("SELECT *, 1 AS each FROM this")
    found = measure_weights(table, ["x", "word"], "w", overrides={"x": "each"})
    assert (found["x"].num_non_missing, found["word"].num_non_missing) == (4.0, 6.0)
    assert (found["x"].by, found["word"].by) == ("each", "w")
    with pytest.raises(InputError, match="'each' and by 'w'"):
        found["x"].merge(found["word"])


def test_lists_count_as_much_as_their_rows() -> None:
    table = Table.of_query(
        "SELECT * FROM (VALUES ([1, 2, NULL], 1.0), ([]::INT[], 2.0), (NULL, 4.0), ([2], 8.0)) AS t(n, w)"
    )
    found = one(table, "n")
    assert (found.num_missing, found.num_non_missing) == (4.0, 11.0)
    level = found.levels[0]
    assert (level.num_lists, level.num_missing, level.num_empty) == (11.0, 4.0, 2.0)
    assert level.total_values == 1 * 3 + 8 * 1
    assert level.avg_values == 1.0
    assert level.lengths.values == (0, 1, 3)
    assert found.numbers is not None
    assert found.numbers.mean == pytest.approx((1 + 2 + 16) / 10)


def test_lists_of_lists_of_words() -> None:
    table = Table.of_query("SELECT [['a'], ['b', 'a'], NULL] AS t, 0.5 AS w UNION ALL SELECT NULL, 3.0")
    found = one(table, "t")
    assert [level.num_lists for level in found.levels] == [0.5, 1.0]
    assert [level.num_missing for level in found.levels] == [3.0, 0.5]
    assert found.words is not None
    assert found.words.top(2) == (("a", 1.0), ("b", 0.5))


def test_nan_and_infinity_have_a_weight_of_their_own() -> None:
    table = Table.of_query(
        "SELECT x::DOUBLE AS x, w FROM (VALUES ('1', 1), ('nan', 2), ('inf', 4), ('-inf', 8)) AS t(x, w)"
    )
    numbers = one(table, "x").numbers
    assert numbers is not None
    assert (numbers.weight, numbers.num_nan, numbers.num_inf, numbers.mean) == (1.0, 2.0, 12.0, 1.0)


def test_weights_that_cannot_be_used_are_named_with_their_rows() -> None:
    table = Table.of_query("SELECT unnest(['1', '-2', 'nan', 'inf', NULL, '0'])::DOUBLE AS w")
    with pytest.raises(InputError) as caught:
        check_weights(table, "w")
    message = str(caught.value)
    assert "4 of 6 weights in 'w'" in message
    assert all(part in message for part in ("row 2 -2.0", "row 3 nan", "row 4 inf", "row 5 is missing"))
    with pytest.raises(InputError, match="row 70 -2"):
        check_weights(table, "w", origin=np.array([60, 70, 80, 90, 100, 110]))
    with pytest.raises(InputError, match="STRING"):
        check_weights(Table.from_columns({"w": ["a"]}), "w")


def test_no_weight_at_all() -> None:
    table = Table.from_columns({"x": [1, 2], "c": ["a", None], "w": [0, 0]})
    found = measure_weights(table, ["x", "c"], "w")
    numbers, words = found["x"].numbers, found["c"].words
    assert numbers is not None
    assert words is not None
    assert (numbers.mean, numbers.min, words.total) == (None, None, 0.0)
    assert math.isnan(numbers.median)
    assert math.isnan(numbers.std_dev)
    assert found["x"].presence == 1.0
    assert numbers.merge(numbers) == numbers
    assert numbers.quantile_histogram().counts == ()


def test_sums_do_not_depend_on_the_order_of_rows() -> None:
    dice = random.Random(11)
    weights = [dice.random() * 10.0 ** dice.randrange(-8, 8) for _ in range(5000)]
    rows = list(zip([dice.choice("xyz") for _ in weights], weights, strict=True))
    found = []
    for _ in range(3):
        table = Table.from_columns({"c": [c for c, _ in rows], "w": [w for _, w in rows]})
        found.append((one(table, "c"), one(table, "w"), total_weight(table, "w")))
        dice.shuffle(rows)
    assert found[0] == found[1] == found[2]
    assert found[0][2] == math.fsum(weights)


def test_many_words_keep_the_heaviest() -> None:
    table = Table.of_query("SELECT (i % 3000)::VARCHAR AS c, (i % 3000)::DOUBLE AS w FROM range(6000) t(i)")
    words = one(table, "c").words
    assert words is not None
    assert words.top(1) == (("2999", 5998.0),)
    assert len(words.weights) == 1000
    assert not words.complete
    assert words.floor == 2 * 1999
    assert words.total == 2 * sum(range(3000))
    merged = words.merge(words)
    assert merged.total == 2 * words.total
    assert merged.floor == 2 * words.floor


CELLS = st.tuples(
    st.one_of(st.none(), st.integers(-5, 5)),
    st.one_of(st.none(), st.sampled_from(["a", "b", ""])),
    st.sampled_from([0.0, 0.1, 0.25, 1.0, 3.0, 1e6]),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(CELLS, min_size=3, max_size=12), st.data())
def test_parts_merge_to_the_whole(rows: list[tuple[int | None, str | None, float]], data: st.DataObject) -> None:
    def measured(some: list[tuple[int | None, str | None, float]]) -> dict[str, Weighted]:
        kinds = {"n": ColumnType.INT, "c": ColumnType.STRING, "w": ColumnType.FLOAT}
        columns = dict(zip("ncw", map(list, zip(*some, strict=True)), strict=True))
        return measure_weights(Table.from_columns(columns, kinds), ["n", "c"], "w")

    first = data.draw(st.integers(1, len(rows) - 2))
    second = data.draw(st.integers(first + 1, len(rows) - 1))
    whole = measured(rows)
    parts = [measured(rows[:first]), measured(rows[first:second]), measured(rows[second:])]
    for name in "nc":
        one_, two, three = (part[name] for part in parts)
        for merged in (
            Weighted.merged([one_, two, three]),
            three.merge(one_).merge(two),
            one_.merge(two.merge(three)),
        ):
            check_same(merged, whole[name])
        assert msgspec.json.decode(msgspec.json.encode(whole[name]), type=Weighted) == whole[name]


def check_same(one_: Weighted, other: Weighted) -> None:
    assert one_.num_missing == pytest.approx(other.num_missing, rel=1e-9)
    assert one_.num_non_missing == pytest.approx(other.num_non_missing, rel=1e-9)
    if other.numbers is not None:
        assert one_.numbers is not None
        assert (one_.numbers.mean or 0) == pytest.approx(other.numbers.mean or 0, rel=1e-9, abs=1e-9)
        assert one_.numbers.m2 == pytest.approx(other.numbers.m2, rel=1e-9, abs=1e-9)
        assert (one_.numbers.min, one_.numbers.max) == (other.numbers.min, other.numbers.max)
        assert one_.numbers.quantiles.values == other.numbers.quantiles.values
        assert one_.numbers.quantiles.weights == pytest.approx(other.numbers.quantiles.weights, rel=1e-9)
        assert one_.numbers.histogram.edges == other.numbers.histogram.edges
        assert one_.numbers.histogram.counts == pytest.approx(other.numbers.histogram.counts, rel=1e-9)
    if other.words is not None:
        assert isinstance(one_.words, WeightedWords)
        assert dict(one_.words.weights) == pytest.approx(dict(other.words.weights), rel=1e-9)


def test_fields_of_structures_and_columns_with_points() -> None:
    table = Table.of_query(
        "SELECT {'age': 3, 'tags': ['a', 'b']} AS person, 2 AS \"v1.5\", 2.0 AS w UNION ALL SELECT NULL, 4, 1.0"
    )
    found = measure_weights(table, ["person", "person.age", "person.tags", "v1.5"], "w")
    assert (found["person"].num_missing, found["person"].num_non_missing) == (1.0, 2.0)
    assert found["person.age"].numbers is not None
    assert found["person.age"].numbers.mean == 3.0
    assert found["person.tags"].words is not None
    assert found["person.tags"].words.top(2) == (("a", 2.0), ("b", 2.0))
    assert found["v1.5"].numbers is not None
    assert found["v1.5"].numbers.mean == pytest.approx(8 / 3)
    with pytest.raises(InputError, match="row 12 is missing"):
        measure_weights(table.sql("SELECT NULL::DOUBLE AS w FROM this"), ["w"], "w", first=11)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-50, 50), st.integers(1, 9)), min_size=1, max_size=60), st.floats(0.01, 0.99)
)
def test_quantiles_agree_with_numpy(rows: list[tuple[int, int]], share: float) -> None:
    values, weights = [float(value) for value, _ in rows], [float(weight) for _, weight in rows]
    numbers = one(Table.from_columns({"x": values, "w": weights}), "x").numbers
    assert numbers is not None
    expected = np.quantile(values, share, weights=weights, method="inverted_cdf")
    reached = sum(weight for value, weight in zip(values, weights, strict=True) if value <= expected)
    if abs(reached - share * sum(weights)) > 1e-6:  # just between two numbers their mean is taken
        assert numbers.quantile(share) == expected
    assert numbers.std_dev == pytest.approx(np.sqrt(np.cov(values, aweights=weights, ddof=0)), rel=1e-9, abs=1e-9)
