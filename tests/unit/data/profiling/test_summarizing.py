"""Computing statistics: against NumPy, and against the known answers of the Chicago taxi data."""

import statistics as stdlib

import numpy as np
import pytest

from mainspring.data import ColumnType, Examples, Table, summarize
from mainspring.data.profiling import summarize_table


def numbers(values):
    return summarize_table(Table.from_columns({"x": values})).features["x"].numbers


def test_numbers_by_hand():
    found = numbers([0.0, 1.0, 1.5, None, 4.0, -0.0])
    assert (found.count, found.zeros, found.whole, found.unique) == (5, 2, 4, 4)
    assert (found.min, found.median, found.max, found.mean) == (0.0, 1.0, 4.0, 1.3)
    assert found.std_dev == pytest.approx(stdlib.pstdev([0, 1, 1.5, 4, 0]), rel=1e-12)
    assert found.histogram.edges[1] == 0.4
    assert found.histogram.counts == (2, 0, 1, 1, 0, 0, 0, 0, 0, 1)


def test_nan_and_infinity_are_counted_apart():
    table = Table.from_columns({"n": [1]}).sql(
        "SELECT unnest(['nan'::DOUBLE, 'inf'::DOUBLE, '-inf'::DOUBLE, 2.0, NULL]) AS x"
    )
    found = summarize_table(table).features["x"]
    assert (found.num_missing, found.num_non_missing) == (1, 4)
    assert (found.numbers.count, found.numbers.num_nan, found.numbers.num_inf) == (1, 1, 2)
    assert (found.numbers.mean, found.numbers.min, found.numbers.std_dev) == (2.0, 2.0, 0.0)


def test_against_numpy():
    values = np.random.default_rng(4).lognormal(2, 1.5, size=5_000)
    found = numbers(values)
    assert found.mean == pytest.approx(values.mean(), rel=1e-12)
    assert found.std_dev == pytest.approx(values.std(), rel=1e-12)
    assert list(found.histogram.counts) == np.histogram(values, 10)[0].tolist()
    assert found.quantile_histogram().counts == pytest.approx([500] * 10, abs=10)


def test_constant_and_empty_columns():
    found = numbers([0.1] * 7)
    assert (found.mean, found.std_dev, found.histogram.counts) == (0.1, 0.0, (7,))
    assert found.quantile_histogram().counts == (7,)
    table = Table.from_columns({"x": [None, None]}, types={"x": ColumnType.FLOAT})
    found = summarize_table(table).features["x"].numbers
    assert (found.count, found.mean, found.min, found.deciles(), found.histogram.counts) == (0, None, None, (), ())


def test_large_whole_numbers_keep_their_digits():
    found = numbers([2**62 + 1, 2**62 + 3, -(2**63)])
    assert (found.min, found.max, found.unique) == (-(2**63), 2**62 + 3, 3)
    assert found.mean == pytest.approx((2**63 + 4 - 2**63) / 3, abs=1000)


def test_words_by_hand():
    table = Table.from_columns({"w": ["b", "a", "b", None, "cc", "a", "\u6f22"]})
    found = summarize_table(table).features["w"].words
    assert list(found.frequencies.counts.items()) == [("a", 2), ("b", 2), ("cc", 1), ("\u6f22", 1)]
    assert (found.unique, found.avg_length, found.min, found.max) == (4, 7 / 6, "a", "\u6f22")
    assert (found.num_numbers, found.offenders) == (0, ())


def test_bools_and_times_are_words(tips):
    smoker = summarize_table(tips).features["smoker"].words.frequencies
    assert set(smoker.counts) == {"true", "false"}
    assert smoker.total == 200


def test_text_among_numbers_is_named_with_its_rows():
    cells = [str(n) for n in range(100)]
    cells[6], cells[40], cells[70], cells[71] = "abc", "1.5", "abc", "?"
    table = Table.from_columns({"x": cells})
    found = summarize_table(table).features["x"].words
    assert (found.num_whole, found.num_numbers) == (96, 97)
    assert [(one.value, one.count, one.row) for one in found.offenders] == [("abc", 2, 7), ("?", 1, 72)]
    examples = Examples(splits={"train": table.rows(0, 10)}, origins={"train": np.arange(10) * 2 + 1001})
    assert summarize(examples).split("train").feature("x").words.offenders[0].row == 1013


def test_statistics_do_not_depend_on_the_order_of_rows(tips, tmp_path):
    texts = set()
    for order in ("bill", "day, bill", "size DESC, bill"):
        folder = tmp_path / order
        folder.mkdir()
        summarize(tips.sql(f"SELECT * FROM this ORDER BY {order}")).save(folder)
        texts.add((folder / "statistics.json").read_bytes())
    assert len(texts) == 1


MISSING = [2, 0, 0, 0, 0, 0, 2, 2, 483, 483, 0, 15001, 4241, 0, 5140, 6, 507, 0]


@pytest.fixture(scope="module")
def taxi_statistics(taxi):
    return summarize(taxi).split("train")


def test_taxi_counts(taxi_statistics):
    assert taxi_statistics.num_examples == 15_002
    assert [feature.num_missing for feature in taxi_statistics.features.values()] == MISSING


@pytest.mark.parametrize(
    ("name", "mean", "std_dev", "most", "zeros"),
    [
        ("fare", 11.768216, 11.538466, 700.07, 27),
        ("trip_miles", 2.872820, 15.275498, 1710.0, 4091),
        ("trip_seconds", 777.6275, None, 72120, 484),
        ("tips", 1.076674, None, 47.0, 10259),
    ],
)
def test_taxi_numbers(taxi_statistics, name, mean, std_dev, most, zeros):
    found = taxi_statistics.feature(name).numbers
    assert found.mean == pytest.approx(mean, abs=5e-7 if std_dev else 5e-5)
    assert std_dev is None or found.std_dev == pytest.approx(std_dev, abs=5e-7)
    assert (found.max, found.zeros) == (most, zeros)


def test_taxi_words(taxi_statistics):
    payment, company = (taxi_statistics.feature(name).words for name in ("payment_type", "company"))
    assert payment.unique == 7
    assert payment.frequencies.top(3) == (("Cash", 9909), ("Credit Card", 4975), ("No Charge", 81))
    assert company.unique == 61
    assert company.frequencies.top(1) == (("Taxi Affiliation Services", 5176),)


def test_census_counts(census):
    found = summarize(census).split("train")
    missing = {name: feature.num_missing for name, feature in found.features.items() if feature.num_missing}
    assert missing == {"workclass": 1836, "occupation": 1843, "native_country": 583}
    assert found.feature("income").words.frequencies.counts == {"<=50K": 24_720, ">50K": 7_841}
