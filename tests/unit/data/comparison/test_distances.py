"""Distances with known answers, and judgements that are neither deaf nor nervous."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2, chi2_contingency, false_discovery_control

from mainspring.data import ColumnType, DriftLimits, Table, distances
from mainspring.data.comparison import benjamini_hochberg, homogeneity, measure
from mainspring.data.comparison.formulas import jensen_shannon, psi
from mainspring.data.comparison.rows import distances_of_rows
from mainspring.data.comparison.significance import chi_squared_tail
from mainspring.data.profiling import summarize_table


def feature(values, type_=None):
    types = {"x": type_} if type_ else None
    return summarize_table(Table.from_columns({"x": values}, types=types)).features["x"]


@pytest.fixture(scope="module")
def halves(taxi):
    return summarize_table(taxi.rows(0, 10_000)), summarize_table(taxi.rows(10_000, taxi.num_rows))


def apart(halves, name):
    return distances(halves[0].features[name], halves[1].features[name])


def test_taxi_known_answers(halves):
    assert apart(halves, "payment_type").l_infinity == pytest.approx(0.039822, abs=5e-7)
    assert apart(halves, "company").l_infinity == pytest.approx(0.0117273, abs=5e-8)
    assert apart(halves, "trip_miles").jensen_shannon == pytest.approx(0.011, abs=5e-4)
    assert apart(halves, "fare").jensen_shannon == pytest.approx(0.016, abs=5e-4)


def test_taxi_train_to_eval(taxi_train, taxi_eval):
    found = distances(
        summarize_table(taxi_train.select(["company"])).features["company"],
        summarize_table(taxi_eval.select(["company"])).features["company"],
    )
    assert found.l_infinity == pytest.approx(0.00820891, abs=5e-9)
    assert found.at == "Blue Ribbon Taxi Association Inc."


@pytest.mark.parametrize("row", [7_000, 10_000, 12_500])
def test_distances_from_summaries_are_near_those_from_rows(taxi, row):
    """trip_start_timestamp has 13,789 different values, so that its statistics hold a summary only."""
    values = taxi.column("trip_start_timestamp")
    one, other = values[:row], values[row:]
    edges = np.quantile(values, np.arange(1, 10) / 10)
    shares = [
        np.bincount(np.searchsorted(edges, side, "right"), minlength=10) / len(side) for side in (one, other)
    ]
    found = distances(feature(one), feature(other))
    assert found.jensen_shannon == pytest.approx(jensenshannon(*shares, base=2) ** 2, abs=2e-3)


SHARES = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=12).filter(
    lambda pairs: sum(a for a, _ in pairs) and sum(b for _, b in pairs)
)


@settings(max_examples=60, deadline=None)
@given(SHARES)
def test_jensen_shannon_is_scipys_and_symmetric(pairs):
    p, q = (np.array(side, dtype=float) / sum(side) for side in zip(*pairs, strict=True))
    assert jensen_shannon(p.tolist(), q.tolist()) == pytest.approx(jensenshannon(p, q, base=2) ** 2, abs=1e-9)
    assert jensen_shannon(q.tolist(), p.tolist()) == pytest.approx(
        jensen_shannon(p.tolist(), q.tolist()), abs=1e-12
    )
    assert psi(p.tolist(), q.tolist()) == pytest.approx(psi(q.tolist(), p.tolist()))


@pytest.mark.parametrize("degrees", range(1, 31))
@pytest.mark.parametrize("statistic", [0.0, 0.01, 0.7, 3.0, 12.0, 55.5, 300.0])
def test_the_tail_of_chi_squared_is_scipys(degrees, statistic):
    assert chi_squared_tail(statistic, degrees) == pytest.approx(chi2.sf(statistic, degrees), rel=1e-9, abs=1e-300)


def test_homogeneity_is_pearsons_test():
    counts = [(30.0, 50.0), (70.0, 40.0), (10.0, 60.0)]
    assert homogeneity(counts) == pytest.approx(chi2_contingency(np.array(counts).T).pvalue, rel=1e-9)
    rare = [*counts, (1.0, 0.0), (0.0, 2.0), (1.0, 1.0)]
    together = [(30.0, 50.0), (70.0, 40.0), (12.0, 63.0)]
    assert homogeneity(rare) == pytest.approx(homogeneity(together), rel=1e-9)
    assert homogeneity([(5.0, 0.0)]) == 1.0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_benjamini_hochberg_is_scipys(p_values):
    assert benjamini_hochberg(p_values) == pytest.approx(false_discovery_control(p_values).tolist())


SAME = [
    "1.5",
    "NULL::DOUBLE",
    "'nan'::DOUBLE",
    "CASE WHEN i % 3 = 0 THEN 'inf'::DOUBLE ELSE i END",
    "i",
    "i % 2 = 0",
]


@pytest.mark.parametrize("sql", [*SAME, "'w' || i % 7"])
def test_identical_data_is_at_distance_zero(sql):
    rows = Table.from_columns({"i": list(range(100))})
    found = summarize_table(rows.sql(f"SELECT {sql} AS x FROM this")).features["x"]
    same = distances(found, found)
    assert (same.jensen_shannon, same.psi, same.p_value, same.l_infinity or 0.0) == (0.0, 0.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([], [1.0, 2.0]),
        ([], []),
        ([None, None], [1.0, 2.0]),
        ([1.0], [1.0] * 50),
        ([1e300, -1e300], [0.0]),
    ],
)
def test_odd_sides_have_a_result(one, other):
    found = distances(feature(one, ColumnType.FLOAT), feature(other, ColumnType.FLOAT))
    assert 0.0 <= found.jensen_shannon <= 1.0
    assert math.isfinite(found.psi)
    assert 0.0 <= found.p_value <= 1.0
    assert found.l_infinity is None


def test_new_words_and_missing_values_count():
    found = distances(feature(["a"] * 50 + ["b"] * 50), feature(["a"] * 50 + ["c"] * 50))
    assert (found.l_infinity, found.at) == (0.5, "c")
    assert found.jensen_shannon == pytest.approx(0.5)
    gone = distances(feature([1.0, 2.0] * 50), feature([1.0, None] * 50))
    assert gone.jensen_shannon > 0.2
    assert gone.at == "missing"


def test_what_cannot_be_compared():
    assert distances(feature([1.0]), feature(["a"])) is None
    assert distances(feature(["2020-01-01"], ColumnType.DATE), feature([1.0])) is None


def test_points_in_time_are_compared_as_seconds():
    days = [f"2020-01-{day:02}" for day in range(1, 31)]
    found = distances(feature(days, ColumnType.DATE), feature(days[10:], ColumnType.DATE))
    assert found.kolmogorov_smirnov == pytest.approx(1 / 3)
    rows = [Table.from_columns({"x": part}, types={"x": ColumnType.DATE}) for part in (days, days[10:])]
    assert distances_of_rows(*rows)["x"] == found
    one, other = (summarize_table(table) for table in rows)
    usual = DriftLimits(l_infinity=0.1, jensen_shannon=0.1)
    [moved] = measure(one, other, between=("a", "b"), limits={"x": usual})
    assert (moved.metric, moved.limit, moved.drifted) == ("kolmogorov_smirnov", None, False)


def test_one_outlier_moves_nothing():
    dice = np.random.default_rng(0)
    one, other = dice.normal(size=5_000), dice.normal(0.5, size=5_000)
    plain, outlier = distances(feature(one), feature(other)), distances(feature(one), feature([*other[1:], 1e6]))
    assert outlier.jensen_shannon == pytest.approx(plain.jensen_shannon, rel=0.01)
    assert outlier.psi == pytest.approx(plain.psi, rel=0.01)


def columns(values):
    return summarize_table(Table.from_columns({f"x{place}": column for place, column in enumerate(values)}))


@pytest.mark.parametrize("rows", [50, 200, 2_000])
def test_identical_columns_are_not_called_drifted_even_without_a_limit(rows):
    dice = np.random.default_rng(rows)
    limits = {f"x{place}": DriftLimits(0.0, 0.0) for place in range(40)}
    reference = columns(dice.normal(size=(40, 4_000)))
    found = [
        one.drifted
        for _ in range(3)
        for one in measure(reference, columns(dice.normal(size=(40, rows))), between=("a", "b"), limits=limits)
    ]
    assert len(found) == 120
    assert sum(found) <= 2


def test_drift_is_significant_and_large():
    dice = np.random.default_rng(9)
    reference = columns([dice.normal(size=20_000)] * 3)
    limits = {name: DriftLimits(0.1, 0.05) for name in ("x0", "x1", "x2")}
    current = columns([dice.normal(0.08, size=20_000), dice.normal(1.0, size=20_000), dice.normal(size=20_000)])
    small, shifted, same = measure(reference, current, between=("a", "b"), limits=limits)
    assert small.adjusted_p < 0.01  # real, and too small to matter
    assert (small.drifted, shifted.drifted, same.drifted) == (False, True, False)
    few = columns([dice.normal(size=12), dice.normal(size=12), dice.normal(size=12)])
    assert not any(one.drifted for one in measure(reference, few, between=("a", "b"), limits=limits))


def test_everything_measured_is_recorded():
    one, other = columns([[1.0, 2.0], [3.0, 4.0]]), columns([[1.0, 2.0], [3.0, 5.0]])
    found = measure(
        one, other, between=("a", "b"), limits={"x0": DriftLimits(), "x1": DriftLimits(), "x9": DriftLimits()}
    )
    assert [(one.path, one.metric, one.limit, one.drifted) for one in found] == [
        ("x0", "jensen_shannon", None, False),
        ("x1", "jensen_shannon", None, False),
    ]
