"""Real data of which it is known what differs, and what does not."""

from pathlib import Path

import pytest

from mainspring.data import Table
from mainspring.data.comparison import compare

SHARED = Path(__file__).parents[5] / "shared/data"


def read(name, **options):
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"the shared data set {name} is not here")
    return Table.read_parquet(path) if path.suffix == ".pq" else Table.read_csv(path, **options)


def test_penguins_of_which_one_column_was_moved():
    one, other = read("monitoring/penguins_labelled.csv.gz"), read("monitoring/penguins_skewed.csv.gz")
    found = compare(one, other)
    assert max(one.distances["total_variation"].value for one in found.features[1:]) == 0.0
    assert found.features[0].name == "culmen_length_mm"


def test_the_census_test_set_is_like_its_training_set(census):
    names = list(census.names)
    path = SHARED / "adult/adult.test.gz"
    if not path.exists():
        pytest.skip("the shared data set adult.test.gz is not here")
    other = Table.read_csv(path, header=True, names=names, trim=True, missing=["?"])
    found = compare(census, other)
    assert set(found.drifted) <= {"income"}  # written with a full stop in one of the files
    assert all(one.distances["jensen_shannon"].value < 0.01 for one in found.features if one.name != "income")


def test_bikes_are_ridden_more_in_the_second_year():
    table = read("time_entities/bike_hour.csv.gz").sql("SELECT yr, hr, cnt, windspeed FROM this")
    found = compare(table.where("yr = 0").drop(["yr"]), table.where("yr = 1").drop(["yr"]))
    assert found.drifted == ("cnt",)
    moved = found.feature("cnt").distances["wasserstein"]
    # The means are 143.8 and 234.7, the deviation of the first year 133.8.
    assert moved.value == pytest.approx((234.7 - 143.8) / 133.8, abs=0.05)
    assert moved.interval[0] < moved.value < moved.interval[1]


def test_a_stable_model_stays_quiet():
    one = read("monitoring/employment_MA_reference.pq")
    found = compare(one.where("id % 2 = 0").drop(["id"]), one.where("id % 2 = 1").drop(["id"]), intervals=False)
    assert found.drifted == ()
