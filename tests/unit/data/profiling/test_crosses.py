import math
import random

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import contingency as scipy_contingency
from sklearn.metrics import adjusted_mutual_info_score, mutual_info_score
from sklearn.metrics.cluster import contingency_matrix, expected_mutual_information

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import ColumnType, Table
from mainspring.data.profiling.crosses import measure_crosses
from mainspring.data.statistics import association
from mainspring.data.statistics.association import grouped, lifts
from mainspring.data.statistics.contingency import Axis, Contingency, axis_of_keys, keys_of
from mainspring.data.statistics.crosses import Crosses


def test_correlation_and_covariance_by_hand() -> None:
    table = Table.from_columns({"x": [1, 2, 3, 4, None], "y": [2.0, 4.0, 6.0, None, 1.0], "z": [1, 1, 1, 1, 1]})
    found = measure_crosses(table, ["x", "y", "z"])
    assert found.correlation("x", "y") == pytest.approx(1.0)
    assert found.covariance("x", "y") == pytest.approx(2 / 3 * 2)  # of the population, over the three whole rows
    assert found.covariance("x", "x") == pytest.approx(1.25)
    assert math.isnan(found.correlation("x", "z"))
    assert found.moments is not None
    assert found.moments.count("x", "y") == 3
    assert found.moments.strongest() == (("x", "y", pytest.approx(1.0)),)


def test_correlations_of_real_columns(taxi: Table) -> None:
    names = ["fare", "trip_miles", "trip_seconds", "tips", "dropoff_latitude"]
    found = measure_crosses(taxi, names)
    arrays = {name: taxi.column(name) for name in names}
    for one in names:
        for other in names:
            both = ~np.isnan(arrays[one]) & ~np.isnan(arrays[other])
            x, y = arrays[one][both], arrays[other][both]
            assert found.correlation(one, other) == pytest.approx(np.corrcoef(x, y)[0, 1], rel=1e-9)
            assert found.covariance(one, other) == pytest.approx(np.cov(x, y, ddof=0)[0, 1], rel=1e-9)


def test_large_means_cost_no_digits() -> None:
    dice = np.random.default_rng(0)
    x = dice.normal(size=1000)
    y = x + dice.normal(size=1000)
    near = measure_crosses(Table.from_columns({"x": x, "y": y})).correlation("x", "y")
    far = measure_crosses(Table.from_columns({"x": x + 1e9, "y": y - 1e9})).correlation("x", "y")
    assert far == pytest.approx(near, rel=1e-6)


def test_huge_and_infinite_numbers_do_no_harm() -> None:
    table = Table.from_columns({"x": [1e300, -1e300, 1e200], "y": [1.0, 2.0, math.inf]})
    found = measure_crosses(table)
    assert math.isnan(found.correlation("x", "y"))
    assert found.moments is not None
    assert found.moments.count("x", "y") == 2
    assert msgspec.json.decode(msgspec.json.encode(found), type=Crosses) == found


def words(*pairs: tuple[str | None, str | None], weights: list[float] | None = None) -> Table:
    columns = {"x": [x for x, _ in pairs], "y": [y for _, y in pairs]}
    kinds = {"x": ColumnType.STRING, "y": ColumnType.STRING}
    return Table.from_columns(columns | ({"w": weights} if weights else {}), kinds)


def test_lift_by_hand() -> None:
    pairs = [("cat", "yes")] * 3 + [("cat", "no")] + [("dog", "no")] * 4 + [(None, "no"), ("cat", None)]
    found = measure_crosses(words(*pairs), ["x"], "y").lift("x")
    by_name = {(one.value, one.label): one for one in found}
    assert by_name["cat", "yes"].lift == pytest.approx((3 / 4) / (3 / 9))
    assert by_name["cat", "no"].lift == pytest.approx((1 / 4) / (6 / 9))
    assert by_name["dog", "no"].lift == pytest.approx(1 / (6 / 9))
    assert by_name["dog", "yes"].lift == 0.0
    assert by_name["(missing)", "no"].count == 1
    assert (found[0].value, found[0].label) == ("cat", "yes")
    assert {one.value for one in measure_crosses(words(*pairs), ["x"], "y").lift("x", least=2)} == {"cat", "dog"}


def test_weighted_lift_by_hand() -> None:
    pairs = [("a", "1"), ("a", "0"), ("b", "1"), ("b", "0")]
    found = measure_crosses(words(*pairs, weights=[3.0, 1.0, 1.0, 3.0]), ["x"], "y", weight="w")
    assert {(one.value, one.label): one.lift for one in found.lift("x", weighted=True)} == {
        ("a", "1"): 1.5,
        ("b", "0"): 1.5,
        ("a", "0"): 0.5,
        ("b", "1"): 0.5,
    }
    assert {one.lift for one in found.lift("x")} == {1.0}
    with pytest.raises(InputError, match="no weights"):
        measure_crosses(words(*pairs), ["x"], "y").lift("x", weighted=True)


def test_association_agrees_with_scikit_learn_and_scipy(census: Table) -> None:
    names = ["workclass", "education", "marital_status", "race", "sex", "native_country"]
    found = measure_crosses(census, names, "income")
    rows = census.to_columns()
    for name in names:
        x, y = ["(missing)" if value is None else value for value in rows[name]], rows["income"]
        got = found.association(name)
        assert got.mutual_information == pytest.approx(mutual_info_score(y, x), rel=1e-9)
        assert got.adjusted_mutual_information == pytest.approx(adjusted_mutual_info_score(y, x), rel=1e-9)
        matrix = contingency_matrix(x, y)
        assert got.cramers_v == pytest.approx(scipy_contingency.association(matrix, method="cramer"), rel=1e-9)
        shares = matrix.sum(axis=0) / matrix.sum()
        assert got.theils_u == pytest.approx(got.mutual_information / -(shares * np.log(shares)).sum(), rel=1e-9)
        assert got.exact
    assert next(iter(found.associations())) == "marital_status"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4)), min_size=1, max_size=80))
def test_adjusted_mutual_information_agrees_with_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    x, y = [a for a, _ in pairs], [b for _, b in pairs]
    matrix = contingency_matrix(x, y)
    expected = expected_mutual_information(contingency_matrix(x, y, sparse=True), len(pairs))
    found = association.expected_mutual_information(matrix.sum(axis=1), matrix.sum(axis=0))
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)
    rows = Axis(words=tuple(map(str, range(len(matrix)))))
    columns = Axis(words=tuple(map(str, range(matrix.shape[1]))))
    counts = np.pad(matrix, ((0, 2), (0, 1)))
    got = association.associate(Contingency.of_arrays(rows, columns, counts, None))
    assert got.adjusted_mutual_information == pytest.approx(adjusted_mutual_info_score(x, y), rel=1e-7, abs=1e-9)


def test_expected_mutual_information_of_many_rows() -> None:
    rows, columns = np.array([400_000, 1, 599_999]), np.array([250_000, 750_000])
    # The mean of mutual information by chance is near (R - 1)(C - 1) / 2N.
    assert association.expected_mutual_information(rows, columns) == pytest.approx(2 / 2e6, rel=0.3)


def test_expected_mutual_information_of_many_words() -> None:
    dice = np.random.default_rng(2)
    x, y = dice.zipf(1.5, size=20_000) % 200, dice.zipf(1.7, size=20_000) % 50
    matrix = contingency_matrix(x, y)
    expected = expected_mutual_information(contingency_matrix(x, y, sparse=True), 20_000)
    found = association.expected_mutual_information(matrix.sum(axis=1), matrix.sum(axis=0))
    assert found == pytest.approx(expected, rel=1e-9)


def test_a_number_that_decides_the_label_is_found() -> None:
    dice = np.random.default_rng(5)
    x, noise = dice.normal(size=5000), dice.normal(size=5000)
    table = Table.from_columns({"x": x, "noise": noise, "y": x > 0, "each": [f"id{i}" for i in range(5000)]})
    found = measure_crosses(table, label="y").associations()
    assert next(iter(found)) == "x"
    assert found["x"].theils_u > 0.85
    assert abs(found["noise"].adjusted_mutual_information) < 0.01
    # A value of its own in every row says nothing, which plain mutual information does not see.
    assert abs(found["each"].adjusted_mutual_information) < 0.01
    assert not found["each"].exact


def test_numeric_label_is_gathered_into_ranges() -> None:
    table = Table.from_columns({"x": ["a", "b"] * 500, "y": [float(i % 2 * 1000 + i / 7) for i in range(1000)]})
    found = measure_crosses(table, label="y").lift("x")
    assert found[0].lift > 1.9
    assert all(one.label == "(other)" or one.label.startswith("[") for one in found)
    assert len({one.label for one in found}) <= 10


def test_numbers_and_times_have_names_people_read() -> None:
    table = Table.from_columns({"x": [1, 2, 2, 5], "y": [True, False, True, True]})
    assert {one.value for one in measure_crosses(table, label="y").lift("x")} == {"1", "2", "5"}
    axis = axis_of_keys(np.sort(keys_of(np.arange(1, 1001) / 8)), 16)
    assert axis.text(0).startswith("[")
    assert axis.text(0).endswith(")")
    low, high = axis.edges(0, len(axis) - 1)
    assert low <= 0.125
    assert high > 125


def test_ranges_of_times_are_times() -> None:
    table = Table.of_query(
        "SELECT DATE '2024-01-01' + i::INT AS d, TIMESTAMP '2024-01-01' + INTERVAL (i) HOUR AS t, "
        "'2024-01-01'::DATE AS one, i > 150 AS y FROM range(300) t(i)"
    )
    found = measure_crosses(table, label="y")
    assert found.lift("one")[0].value == "2024-01-01"
    for name in ("d", "t"):
        assert found.association(name).theils_u > 0.6
        assert all(one.value.startswith(("[202", "(")) for one in found.lift(name))
    endless = table.sql("SELECT 'infinity'::DATE AS d, y FROM this")
    assert measure_crosses(endless, label="y").contingencies["d"].total == 300
    parts = [measure_crosses(table.rows(start, start + 100), label="y") for start in (0, 100, 200)]
    assert Crosses.merged(parts).contingencies == found.contingencies


def test_bins_keep_the_order_of_numbers() -> None:
    numbers = np.array([-math.inf, -1e300, -2.5, -2.0, -1e-300, 0.0, 1e-300, 1.0, 1.5, 1e300, math.inf])
    assert (np.diff(keys_of(numbers)) > 0).all()
    assert keys_of(np.array([-0.0]))[0] == keys_of(np.array([0.0]))[0]
    axis = axis_of_keys(keys_of(numbers), 100)
    assert [axis.edges(i, i)[0] for i in range(len(axis))] == numbers.tolist()


def test_groups_hold_about_equal_shares() -> None:
    dice = np.random.default_rng(1)
    table = Table.from_columns({"x": dice.lognormal(0, 3, size=20_000), "y": dice.random(20_000) < 0.5})
    counts, names, _ = grouped(measure_crosses(table, label="y").contingencies["x"])
    sizes = counts.sum(axis=1)[:-2]
    assert len(names) == len(sizes) + 2 == 12
    assert sizes.min() > 1000
    assert sizes.max() < 3000


def test_too_many_words_are_counted_together() -> None:
    table = Table.of_query(
        "SELECT 'w' || i AS x, 'l' || (i % 300) AS y FROM range(2500) t(i) "
        "UNION ALL SELECT 'w7', 'l1' FROM range(9)"
    )
    found = measure_crosses(table, label="y").contingencies["x"]
    assert (len(found.rows), len(found.columns), found.total) == (1000, 200, 2509)
    assert not found.complete
    assert "w7" in found.rows.words
    assert found.merge(found).total == 2 * 2509
    assert len(found.merge(found).rows) == 1000


def test_what_cannot_be_crossed_is_told() -> None:
    table = Table.of_query("SELECT [1] AS l, 'a' AS w, 1 AS n")
    with pytest.raises(InputError, match="'l' is LIST"):
        measure_crosses(table, ["l", "n"])
    assert measure_crosses(table, label="w").contingencies.keys() == {"n"}
    with pytest.raises(NotFoundError, match="not measured"):
        measure_crosses(table, label="w").association("w")
    with pytest.raises(NotFoundError, match="no correlations"):
        measure_crosses(table, label="w").correlation("n", "n")
    with pytest.raises(InputError, match="one label"):
        Crosses(label="a").merge(Crosses(label="b"))


def test_no_rows() -> None:
    table = Table.from_columns({"x": [1.0, 2.0], "z": [1.0, 2.0], "y": ["a", "b"]}).where("false")
    found = measure_crosses(table, label="y")
    assert found.association("x").mutual_information == 0.0
    assert math.isnan(found.correlation("x", "z"))
    assert lifts(found.contingencies["x"]) == ()
    assert found.merge(found) == found


ROWS = st.tuples(
    st.one_of(st.none(), st.floats(-1e6, 1e6, allow_nan=False), st.integers(-3, 3).map(float)),
    st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False, width=16)),
    st.one_of(st.none(), st.sampled_from(["a", "b", "", "é"])),
    st.one_of(st.none(), st.integers(0, 2)),
    st.sampled_from([0.0, 0.5, 3.0]),
)


@settings(max_examples=10, deadline=None)
@given(st.lists(ROWS, min_size=3, max_size=30), st.data())
def test_parts_merge_to_the_whole(rows: list[tuple[object, ...]], data: st.DataObject) -> None:
    kinds = dict(zip("xzcyw", map(ColumnType, ("FLOAT", "FLOAT", "STRING", "INT", "FLOAT")), strict=True))

    def measured(some: list[tuple[object, ...]]) -> Crosses:
        columns = dict(zip("xzcyw", map(list, zip(*some, strict=True)), strict=True))
        return measure_crosses(Table.from_columns(columns, kinds), ["x", "z", "c"], "y", weight="w")

    first = data.draw(st.integers(1, len(rows) - 2))
    second = data.draw(st.integers(first + 1, len(rows) - 1))
    whole, one, two, three = map(measured, (rows, rows[:first], rows[first:second], rows[second:]))
    for merged in (Crosses.merged([one, two, three]), three.merge(one).merge(two), one.merge(two.merge(three))):
        assert {name: table.counts for name, table in merged.contingencies.items()} == {
            name: table.counts for name, table in whole.contingencies.items()
        }
        for name, table in merged.contingencies.items():
            assert table.rows.keys == whole.contingencies[name].rows.keys
            assert np.allclose(table.weights, whole.contingencies[name].weights, rtol=1e-9)
        assert merged.moments is not None
        assert whole.moments is not None
        assert merged.moments.counts == whole.moments.counts
        for figure in ("means", "squares", "products"):
            largest = max(map(abs, getattr(whole.moments, figure)))
            assert np.allclose(
                getattr(merged.moments, figure), getattr(whole.moments, figure), rtol=1e-9, atol=1e-9 * largest
            )
    assert msgspec.json.decode(msgspec.json.encode(whole), type=Crosses) == whole


def test_bins_of_parts_are_those_of_the_whole() -> None:
    dice = random.Random(2)
    rows = [(dice.gauss(0, 10.0 ** dice.randrange(4)), dice.random() < 0.4) for _ in range(3000)]

    def measured(some: list[tuple[float, bool]]) -> Contingency:
        table = Table.from_columns({"x": [x for x, _ in some], "y": [y for _, y in some]})
        return measure_crosses(table, ["x"], "y").contingencies["x"]

    whole = measured(rows)
    parts = [measured(rows[start : start + 271]) for start in range(0, 3000, 271)]
    assert len(whole.rows) > 60
    assert Contingency.merged(parts) == whole
    folded = parts[-1]
    for part in parts[-2::-1]:
        folded = part.merge(folded)
    assert folded == whole


def test_correlations_of_very_many_columns_are_only_for_those_who_ask() -> None:
    table = Table.from_columns({f"c{place}": [1.0, 2.0, place] for place in range(6)} | {"y": ["a", "b", "a"]})
    assert measure_crosses(table, label="y", most_correlated=5).moments is None
    assert measure_crosses(table, label="y", most_correlated=6).moments is not None
