"""Everything asked for in one call: of the whole as of its parts, and through a file."""

from pathlib import Path

import pytest

from mainspring.core.errors import InputError
from mainspring.data import Statistics, Table, TableStatistics, summarize
from mainspring.data.profiling import features, slices, summarizing
from mainspring.data.profiling.text import Vocabulary
from mainspring.data.statistics.recognition import Kind, recognitions


def everything(table: Table) -> Statistics:
    return summarize(
        table,
        weight="fnlwgt",
        label="income",
        slices=["sex", {"age": [(30, None)], "sex": ["Male"]}, {"rich": "capital_gain > 0"}],
        text=["occupation"],
        vocabularies={"occupation": Vocabulary(known=("sales", "exec"), watched=("armed",))},
        generators=["recognition"],
        features=["age", "sex", "occupation", "income", "hours_per_week", "capital_gain"],
    )


@pytest.fixture(scope="module")
def whole(census: Table) -> TableStatistics:
    return everything(census).split("train")


def test_weights_of_real_people(whole: TableStatistics, census: Table) -> None:
    total = int(census.column("fnlwgt").sum())
    assert whole.num_examples_weighted == total
    age = whole.feature("age").weighted
    assert age is not None
    assert age.numbers is not None
    assert age.numbers.mean == pytest.approx(
        float((census.column("age") * census.column("fnlwgt")).sum() / total), rel=1e-12
    )
    job = whole.feature("occupation").weighted
    assert job is not None
    assert job.num_missing + job.num_non_missing == total


def test_slices_of_real_people(whole: TableStatistics) -> None:
    assert {name: found.num_examples for name, found in whole.slices.items() if name.startswith("sex=")} == {
        "sex=Female": 10771,
        "sex=Male": 21790,
    }
    assert whole.slices["age=30 and more, sex=Male"].num_examples == 16065
    assert whole.slices["sex=Female"].crosses is not None
    assert whole.slices["rich"].feature("capital_gain").numbers.zeros == 0


def test_pairs_of_real_people(whole: TableStatistics) -> None:
    assert whole.crosses is not None
    assert whole.crosses.correlation("age", "hours_per_week") == pytest.approx(0.0687557, abs=1e-6)
    found = {one.value: one.lift for one in whole.crosses.lift("sex") if one.label == ">50K"}
    assert found["Male"] == pytest.approx((6662 / 21790) / (7841 / 32561))
    assert set(whole.crosses.associations()) == {*whole.features} - {"income"}


def test_text_and_recognition(whole: TableStatistics) -> None:
    text = whole.feature("occupation").text
    assert text is not None
    assert text.num_texts == 32561 - 1843
    assert text.fraction_with("armed") == 9 / text.num_texts
    assert text.num_known == 3650 + 4066
    assert recognitions(whole)["occupation"].kind is Kind.NOTHING


def same(one: TableStatistics, other: TableStatistics) -> None:
    assert one.num_examples_weighted == pytest.approx(other.num_examples_weighted, rel=1e-9)
    assert set(one.slices) == set(other.slices)
    for name, found in other.features.items():
        mine = one.feature(name)
        assert mine.num_missing == found.num_missing
        assert mine.text == found.text
        assert mine.custom == found.custom
        assert mine.weighted is not None
        assert found.weighted is not None
        assert mine.weighted.num_missing == pytest.approx(found.weighted.num_missing, rel=1e-9)
        if found.weighted.numbers is not None:
            assert mine.weighted.numbers is not None
            assert mine.weighted.numbers.mean == pytest.approx(found.weighted.numbers.mean, rel=1e-9)
            assert mine.weighted.numbers.std_dev == pytest.approx(found.weighted.numbers.std_dev, rel=1e-9)
        if found.weighted.words is not None:
            assert mine.weighted.words is not None
            assert dict(mine.weighted.words.weights) == pytest.approx(dict(found.weighted.words.weights), rel=1e-9)
    assert one.crosses is not None
    assert other.crosses is not None
    for name, table in other.crosses.contingencies.items():
        assert one.crosses.contingencies[name].counts == table.counts
        assert one.crosses.contingencies[name].rows == table.rows
    for name, found in other.slices.items():
        assert one.slices[name].num_examples == found.num_examples
        same(one.slices[name], found)


def test_parts_and_chunks_give_the_whole(census: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    some = census.rows(0, 900)
    of_some = everything(some).split("train")
    one, other = everything(some.rows(0, 400)), everything(some.rows(400, 900))
    same(one.merge(other).split("train"), of_some)
    same(other.merge(one).split("train"), of_some)
    for module in (features, summarizing):
        monkeypatch.setattr(module, "CHUNK_ROWS", 500)
    same(everything(some).split("train"), of_some)


def test_a_file_keeps_everything(whole: TableStatistics, tmp_path: Path) -> None:
    Statistics({"train": whole}).save(tmp_path)
    again = Statistics.load(tmp_path).split("train")
    assert again == whole
    same(again.merge(again), whole.merge(whole))


def test_weights_that_cannot_be_used_name_the_rows_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (features, summarizing):
        monkeypatch.setattr(module, "CHUNK_ROWS", 100)
    table = Table.of_query("SELECT i, CASE WHEN i = 249 THEN -1 ELSE 1 END AS w FROM range(300) t(i)")
    with pytest.raises(InputError, match="row 250 -1"):
        summarize(table, weight="w")


def test_a_feature_may_have_a_weight_of_its_own() -> None:
    table = Table.from_columns({"x": [1, 2], "y": [1, 2], "w": [1, 3], "v": [3, 1]})
    found = summarize(table, weight="w", weights={"y": "v"}, slices="x").split("train")
    assert [found.feature(name).weighted.numbers.mean for name in "xy"] == [1.75, 1.25]
    assert set(found.slices) == {"x=1", "x=2"}
    with pytest.raises(InputError, match="alone"):
        summarize(table, weights={"y": "v"})
    with pytest.raises(InputError, match="'gone'"):
        summarize(table, weight="w", weights={"y": "gone"})


def test_inside_lists_and_structures_too() -> None:
    table = Table.of_query(
        "SELECT {'note': 'a b c ' || i, 'seen': ['2024-01-02', '2024-01-03']} AS s, "
        "['GIF89a\\x03\\x00\\x02\\x00'::BLOB] AS p, "
        "'x y' AS \"v1.5\", 2.0 AS w FROM range(10) t(i)"
    )
    found = summarize(table, weight="w", text=["s.note", "v1.5"], images=["p"], generators=["recognition"]).split(
        "train"
    )
    assert found.feature("s.note").text.num_tokens == 40
    assert found.feature("v1\\.5").text.num_tokens == 20
    assert found.feature("p").images.formats == {"gif": 10}
    assert found.feature("s.seen").weighted.words.total == 40.0
    assert recognitions(found)["s.seen"].format == "%Y-%m-%d"


def test_too_many_slices_in_all_parts_together(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (features, summarizing):
        monkeypatch.setattr(module, "CHUNK_ROWS", 3)
    monkeypatch.setattr(slices.check_number, "__defaults__", (4, ""))
    table = Table.from_columns({"n": [1, 2, 3, 4, 5]})
    with pytest.raises(InputError, match="5 slices"):
        summarize(table, slices=["n"])
    assert len(summarize(table.rows(0, 4), slices=["n"]).split("train").slices) == 4
