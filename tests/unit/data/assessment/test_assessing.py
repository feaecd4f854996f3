"""An assessment as a whole, on real data whose oddities are known."""

import random

import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.data.assessment import Assessment, FindingKind, Level, assess


def test_census_shows_what_is_known_of_it(census):
    found = assess(census, label="income")
    kinds = {finding.kind for finding in found.findings}

    duplicates = found.of(FindingKind.DUPLICATE_ROWS)[0]
    assert duplicates.found.startswith("24 of 32,561 rows")
    assert FindingKind.CLASS_IMBALANCE not in kinds  # 24,720 to 7,841
    rates = {one.paths[0]: one for one in found.of(FindingKind.UNEQUAL_RATES)}
    # 1,179 of 10,771 women and 6,662 of 21,790 men earn more than 50K.
    assert rates["sex"].observed == pytest.approx((1179 / 10771) / (6662 / 21790), rel=1e-12)
    proxies = {one.paths[0]: one for one in found.of(FindingKind.PROXY)}
    assert proxies["sex"].paths[1] == "relationship"
    assert found.problems == ()


def test_taxi_tells_that_tips_are_the_answer(big_tipper):
    found = assess(big_tipper, label="big_tipper")

    (leak,) = found.of(FindingKind.LABEL_LEAKAGE)
    assert leak.paths == ("tips", "big_tipper")
    assert leak.level is Level.PROBLEM
    assert found.findings[0] is leak


def test_clean_data_gives_no_finding():
    dice = random.Random(1)
    table = Table.from_rows(
        [
            {"height": dice.gauss(170, 10), "weight": dice.gauss(70, 10), "late": dice.random() < 0.4}
            for _ in range(2000)
        ]
    )

    assert assess(table, label="late").findings == ()


def test_a_sample_is_spread_and_said(census):
    found = assess(census, label="income", most_rows=5000)

    assert 4500 < found.sampled < 5500
    assert "associations measured on" in found.describe()
    assert assess(census, label="income", most_rows=5000) == found


def test_unknown_columns_are_named():
    with pytest.raises(InputError, match="there is no column 'labl'") as error:
        assess(Table.from_columns({"label": [1, 2]}), label="labl")
    assert "did you mean 'label'?" in str(error.value.fix)


def test_an_empty_table_and_lists_are_fine():
    empty = Table.from_columns({"x": [1, 2], "y": ["a", "b"]}).where("x > 5")
    assert isinstance(assess(empty, label="y"), Assessment)


def test_it_is_kept_as_it_was(tmp_path, big_tipper):
    found = assess(big_tipper, label="big_tipper")
    found.save(tmp_path)

    assert Assessment.load(tmp_path) == found
    assert found.properties()["problems"] == 1
    assert found.as_dict()["findings"][0]["kind"] == "LABEL_LEAKAGE"
