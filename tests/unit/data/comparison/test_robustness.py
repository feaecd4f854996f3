"""What a distance and a verdict must not be moved by, and what they must see."""

import numpy as np
import pytest
from scipy.stats import fisher_exact, ks_2samp, kstwobign, wasserstein_distance

from mainspring.data import DriftLimits, Table
from mainspring.data.comparison import distances, measure
from mainspring.data.comparison.apart import distances_of_sides
from mainspring.data.comparison.ordered import kolmogorov_tail
from mainspring.data.comparison.rows import distances_of_rows, side_of_numbers
from mainspring.data.comparison.significance import two_shares
from mainspring.data.profiling import summarize_table
from mainspring.data.statistics import merge_all

BINNED = ("psi", "jensen_shannon", "hellinger")
ALONG = ("kolmogorov_smirnov", "wasserstein")
LIMITS = DriftLimits(
    jensen_shannon=0.02, psi=0.1, hellinger=0.1, kolmogorov_smirnov=0.1, wasserstein=0.2, l_infinity=0.1
)


def apart(one, other, **options):
    sides = (side_of_numbers(np.asarray(side, dtype=float)) for side in (one, other))
    return distances_of_sides(*sides, **options)


def profile(**columns):
    return summarize_table(Table.from_columns(columns))


def verdicts(one, other):
    found = measure(profile(x=one), profile(x=other), between=("a", "b"), limits={"x": LIMITS})
    return {one.metric: one.drifted for one in found}


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_one_outlier_changes_nothing(shift):
    dice = np.random.default_rng(1)
    one, other = dice.normal(size=5_000), dice.normal(shift, size=5_000)
    plain, outlier = apart(one, other), apart(one, [*other[1:], 1e6])
    for name in (*BINNED, *ALONG):
        assert outlier.value(name) == pytest.approx(plain.value(name), rel=0.01), name


def test_identical_data_is_at_distance_zero():
    dice = np.random.default_rng(2)
    values = [*dice.normal(size=3_000), np.nan, np.inf, -np.inf]
    found = apart(values, values, intervals=True)
    assert {name: found.value(name) for name in (*BINNED, *ALONG)} == dict.fromkeys((*BINNED, *ALONG), 0.0)
    assert set(found.p_values.values()) == {1.0}
    assert all(low == 0.0 for low, _ in found.intervals.values())


@pytest.mark.parametrize("rows", [50, 100, 200, 1_000, 5_000])
def test_false_alarms_of_every_distance_alone_stay_below_eight_percent(rows):
    dice = np.random.default_rng(rows)
    found = [apart(dice.normal(size=5_000), dice.normal(size=rows)).p_values for _ in range(200)]
    for name in (*BINNED, *ALONG, "total_variation", "chi_squared"):
        assert np.mean([p_values[name] <= 0.05 for p_values in found]) < 0.08, name


@pytest.mark.parametrize("rows", [50, 200, 5_000])
def test_false_alarms_of_verdicts_are_rarer_still(rows):
    dice = np.random.default_rng(rows)
    alarms = sum(any(verdicts(dice.normal(size=2_000), dice.normal(size=rows)).values()) for _ in range(50))
    assert alarms <= 2


def test_a_shift_too_small_to_matter_does_not_alarm_however_many_rows():
    dice = np.random.default_rng(3)
    one, other = dice.normal(size=100_000), dice.normal(0.02, size=100_000)
    assert apart(one, other).p_values["kolmogorov_smirnov"] < 0.05  # real
    assert not any(verdicts(one, other).values())


@pytest.mark.parametrize("rows", [200, 5_000])
@pytest.mark.parametrize("outlier", [False, True])
def test_a_shift_of_one_deviation_alarms_also_beside_an_outlier(rows, outlier):
    dice = np.random.default_rng(4)
    one, other = dice.normal(size=20_000), dice.normal(1.0, size=rows)
    other[0] = 1e6 if outlier else other[0]
    assert verdicts(one, other) == dict.fromkeys(verdicts(one, other), True)


def test_zeros_alone_are_seen():
    dice = np.random.default_rng(5)
    one = np.where(dice.random(5_000) < 0.97, 0.0, dice.lognormal(size=5_000))
    other = np.where(dice.random(5_000) < 0.80, 0.0, dice.lognormal(size=5_000))
    found = apart(one, other)
    assert found.kolmogorov_smirnov == pytest.approx(0.17, abs=0.02)
    assert found.jensen_shannon > 0.03
    assert found.p_values["jensen_shannon"] < 1e-9


SIZES = [(20, 30), (60, 25), (100, 100), (3_000, 800)]


@pytest.mark.parametrize(("n", "m"), SIZES)
@pytest.mark.parametrize("shift", [0.0, 0.3, 1.0])
def test_kolmogorov_smirnov_is_scipys(n, m, shift):
    dice = np.random.default_rng(n + m)
    one, other = dice.normal(size=n), dice.normal(shift, size=m)
    exact = n + m <= 1_000
    theirs = ks_2samp(one, other, method="exact" if exact else "asymp")
    found = apart(one, other)
    assert found.kolmogorov_smirnov == pytest.approx(theirs.statistic, abs=1e-12)
    tolerance = {"rel": 1e-6, "abs": 1e-12} if exact else {"rel": 0.1, "abs": 1e-3}
    assert found.p_values["kolmogorov_smirnov"] == pytest.approx(theirs.pvalue, **tolerance)


@pytest.mark.parametrize("size", [0.2, 0.5, 0.83, 1.0, 1.17, 1.19, 1.6, 2.5, 6.0])
def test_the_tail_of_kolmogorov_is_scipys(size):
    assert kolmogorov_tail(size) == pytest.approx(kstwobign.sf(size), rel=1e-9, abs=1e-13)


@pytest.mark.parametrize("shift", [0.0, 0.2, 2.0])
def test_wasserstein_is_scipys_of_the_clipped_values_over_the_spread(shift):
    dice = np.random.default_rng(6)
    one, other = dice.normal(size=4_000), dice.normal(shift, 1.5, size=4_000)
    low, high = np.sort([*one, *other])[[79, 7_919]]
    clipped = np.clip(one, low, high), np.clip(other, low, high)
    expected = wasserstein_distance(*clipped) / clipped[0].std()
    assert apart(one, other).wasserstein == pytest.approx(expected, rel=5e-3)


def test_wassersteins_p_value_is_that_of_the_permutation_test():
    dice = np.random.default_rng(7)
    one, other = dice.exponential(size=150), dice.exponential(1.25, size=100)
    found = apart(one, other)
    both = np.concatenate([one, other])
    permuted = [apart(shuffled[:150], shuffled[150:]) for shuffled in (dice.permutation(both) for _ in range(400))]
    # The unit is the spread of the first side, which permuting changes; it hardly matters.
    share = np.mean([moved.wasserstein >= found.wasserstein for moved in permuted])
    assert found.p_values["wasserstein"] == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize("table", [(3, 40, 10, 38), (0, 50, 5, 10_000), (4, 50, 0, 10_000), (700, 900, 650, 900)])
def test_missing_rows_are_tested_by_fisher(table):
    a, n, b, m = table
    expected = fisher_exact([[a, n - a], [b, m - b]]).pvalue
    assert two_shares((a, b), (n, m)) == pytest.approx(expected, rel=1e-6)


def test_missing_nan_and_infinite_rows_are_masses_of_their_own():
    dice = np.random.default_rng(8)
    values = dice.normal(size=2_000)
    for odd in (np.nan, np.inf, None):
        holed = Table.from_columns({"x": [odd if place % 4 == 0 else value for place, value in enumerate(values)]})
        if odd is not None and np.isnan(odd):
            holed = Table.from_columns({"x": values}).sql(
                "SELECT CASE WHEN row_number() OVER () % 4 = 0 THEN 'nan'::DOUBLE ELSE x END AS x FROM this"
            )
        found = distances(profile(x=values).features["x"], summarize_table(holed).features["x"])
        assert found.kolmogorov_smirnov == pytest.approx(0.25)
        assert found.p_values["kolmogorov_smirnov"] < 1e-9
        assert found.jensen_shannon > 0.1
    assert found.missing == 0.25
    assert found.p_values["missing"] < 1e-9


def test_bools_texts_and_lengths():
    one = profile(flag=[True] * 300 + [False] * 100, text=["ab"] * 200 + ["abcd"] * 200)
    other = profile(flag=[True] * 100 + [False] * 300, text=["xy"] * 200 + ["vwxyz"] * 200)
    flag = distances(one.features["flag"], other.features["flag"])
    assert (flag.l_infinity, flag.normalized_absolute_difference) == (0.5, 0.25)
    text = distances(one.features["text"], other.features["text"])
    assert (text.length, text.l_infinity) == (0.5, 0.5)
    assert text.p_values["length"] < 1e-9


def test_rows_and_profiles_agree_within_the_bound_of_the_summary():
    dice = np.random.default_rng(9)
    columns = [
        {"normal": dice.normal(at, size=30_000), "skewed": dice.lognormal(at, size=30_000),
         "whole": dice.poisson(3 + at, size=30_000), "word": dice.choice(list("abcdef"), 30_000).astype(object)}
        for at in (0.0, 0.3)
    ]  # fmt: skip
    one, other = (Table.from_columns(side) for side in columns)
    rows = distances_of_rows(one, other)
    profiles = summarize_table(one), summarize_table(other)
    for name, exact in rows.items():
        found = distances(*(side.features[name] for side in profiles))
        for metric in ("jensen_shannon", "total_variation", "hellinger", "kolmogorov_smirnov", "wasserstein"):
            if exact.value(metric) is not None:
                assert found.value(metric) == pytest.approx(exact.value(metric), abs=0.01), (name, metric)
        if exact.kolmogorov_smirnov is not None:
            assert found.kolmogorov_smirnov == pytest.approx(exact.kolmogorov_smirnov, abs=0.004)
    assert rows["word"] == distances(*(side.features["word"] for side in profiles))


@pytest.mark.parametrize("rows", [20_000, 100_000])
def test_what_a_summary_rounds_is_no_drift(rows):
    p_values = []
    for seed in range(8):
        dice = np.random.default_rng(seed)
        one, other = profile(x=dice.normal(size=rows)), profile(x=dice.normal(size=rows))
        parts = [profile(x=part) for part in np.array_split(dice.normal(size=rows), 20)]
        for side in (other, merge_all(parts)):
            found = distances(one.features["x"], side.features["x"]).p_values
            p_values += [found[name] for name in (*BINNED, *ALONG)]
    assert min(p_values) > 0.01


@pytest.mark.parametrize("shift", [0.0, 0.3, 1.0])
def test_intervals_hold_the_truth(shift):
    dice = np.random.default_rng(10)
    truth = apart(dice.normal(size=300_000), dice.normal(shift, size=300_000))
    held = dict.fromkeys((*BINNED, *ALONG), 0)
    for _ in range(25):
        found = apart(dice.normal(size=800), dice.normal(shift, size=800), intervals=True)
        for name in held:
            low, high = found.intervals[name]
            held[name] += low <= truth.corrected(name) <= high
    assert min(held.values()) >= 19
    again = apart([1.0, 2.0] * 40, [1.0, 3.0] * 40, intervals=True)
    assert again == apart([1.0, 2.0] * 40, [1.0, 3.0] * 40, intervals=True)


def test_every_limit_is_obeyed():
    one, other = profile(x=[0.0] * 50 + [1.0] * 50), profile(x=[0.0] * 10 + [1.0] * 90)
    for metric in ("jensen_shannon", "psi", "wasserstein", "kolmogorov_smirnov", "hellinger"):
        [found] = measure(one, other, between=("a", "b"), limits={"x": DriftLimits(**{metric: 0.05})})
        assert (found.metric, found.limit, found.drifted) == (metric, 0.05, True)
    words = profile(x=["a"] * 50 + ["b"] * 50), profile(x=["a"] * 10 + ["b"] * 90)
    both = DriftLimits(l_infinity=0.1, jensen_shannon=0.1, normalized_absolute_difference=0.1)
    found = measure(*words, between=("a", "b"), limits={"x": both})
    assert [(one.metric, round(one.value, 3), one.drifted) for one in found] == [
        ("l_infinity", 0.4, True),
        ("normalized_absolute_difference", 0.2, True),
    ]
    [alone] = measure(*words, between=("a", "b"), limits={"x": DriftLimits(jensen_shannon=0.05)})
    assert (alone.metric, alone.drifted) == ("jensen_shannon", True)
