import msgspec
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.data.profiling.slices import parse_slices, slice_tables
from mainspring.data.statistics.slices import NumberRange, SliceRule


@pytest.fixture
def people() -> Table:
    return Table.from_columns(
        {
            "sex": ["F", "M", None, "F", "M"],
            "race": ["a", "b", "a", "b", "b"],
            "age": [17, 40, 65, 18, None],
            "score": [1.0, 2.5, 1.0, None, float("inf")],
        }
    )


def rows(table: Table, *slices: object) -> dict[str, int]:
    return {name: found.num_rows for name, found in slice_tables(table, slices).items()}


def test_every_value_and_missing(people: Table) -> None:
    found = slice_tables(people, ["sex"])
    assert {name: table.to_columns()["age"] for name, table in found.items()} == {
        "sex=(missing)": [65],
        "sex=F": [17, 18],
        "sex=M": [40, None],
    }
    assert all(table.names == people.names for table in found.values())


@pytest.mark.parametrize("cross", ["sex x race", "sex * race", ("sex", "race"), ["sex", "race"]])
def test_crosses(people: Table, cross: object) -> None:
    assert rows(people, cross) == {
        "race=a, sex=(missing)": 1,
        "race=a, sex=F": 1,
        "race=b, sex=F": 1,
        "race=b, sex=M": 2,
    }


def test_only_some_values(people: Table) -> None:
    assert rows(people, {"sex": ["F", "X"]}) == {"sex=F": 2, "sex=X": 0}
    assert rows(people, {"sex": [None]}) == {"sex=(missing)": 1}
    assert rows(people, {"sex": ["M"], "race": None}) == {"race=b, sex=M": 2}
    assert rows(people, {"age": [17, 18.0]}) == {"age=17": 1, "age=18": 1}


def test_ranges_of_numbers(people: Table) -> None:
    assert rows(people, {"age": [(None, 18), (18, 65), (65, None)]}) == {
        "age=65 and more": 1,
        "age=[18, 65)": 2,
        "age=below 18": 1,
    }
    assert rows(people, {"score": [[2.5, None]], "sex": ["M", "F"]}) == {
        "score=2.5 and more, sex=M": 2,
        "score=2.5 and more, sex=F": 0,
    }


def test_conditions_may_overlap(people: Table) -> None:
    assert rows(people, {"young": "age < 30", "grown": "age >= 18", "nobody": "age > 99"}) == {
        "young": 2,
        "grown": 3,
        "nobody": 0,
    }


def test_numbers_bools_dates_and_columns_with_odd_names() -> None:
    table = Table.of_query(
        "SELECT 3.0 AS f, true AS b, DATE '2024-01-02' AS d, 1 AS \"a x b\", 'q' AS \"it's\" "
        "UNION ALL SELECT 'nan'::DOUBLE, false, NULL, 2, NULL"
    )
    assert set(rows(table, "f", "b", "d", "a x b", "it's")) == {
        *("f=3", "f=nan", "b=true", "b=false", "d=2024-01-02", "d=(missing)", "a x b=1", "a x b=2"),
        *("it's=q", "it's=(missing)"),
    }


def test_a_row_with_a_list_is_in_the_slices_of_its_elements() -> None:
    table = Table.of_query(
        "SELECT unnest([['a', 'b', 'a'], ['b', NULL], [], NULL]) AS t, unnest([1, 2, 3, 4]) AS n"
    )
    found = slice_tables(table, ["t"])
    assert {name: rows.to_columns()["n"] for name, rows in found.items()} == {
        "t=(missing)": [2, 4],
        "t=a": [1],
        "t=b": [1, 2],
    }
    assert rows(table, {"t": ["b"]}) == {"t=b": 2}


def test_rows_of_a_slice_keep_their_order() -> None:
    table = Table.of_query("SELECT i, (i * 7919 % 13)::VARCHAR AS k FROM range(5000) t(i)")
    found = slice_tables(table, ["k"])
    assert len(found) == 13
    for part in found.values():
        numbers = part.to_columns()["i"]
        assert numbers == sorted(numbers)
    assert sum(part.num_rows for part in found.values()) == 5000


def test_real_people(census: Table) -> None:
    found = rows(census, "sex", "sex x income", {"workclass": [None]})
    assert found["sex=Male"] == 21790
    assert found["income=>50K, sex=Female"] == 1179
    assert found["workclass=(missing)"] == 1836


def test_too_many_slices_are_an_error() -> None:
    table = Table.of_query("SELECT i, i % 2 AS k FROM range(2000) t(i)")
    with pytest.raises(InputError) as caught:
        slice_tables(table, ["k", "i"])
    assert all(part in str(caught.value) for part in ("2,002 slices", "'i' 2,000", "at most 1,000"))
    assert len(slice_tables(table, ["i"], most=2000)) == 2000


def test_all_faults_are_told_at_once(people: Table) -> None:
    wrong = ["gone", {"age": [(0, 10), (5, 20)]}, 7, {"sex": ["F", (1, 2)]}, {"age": [(1, 2, 3)]}, {"sex": 3}]
    with pytest.raises(InputError) as caught:
        slice_tables(people, wrong)
    message = str(caught.value)
    for part in ("'gone'", "[0, 10) and [5, 20) overlap", "7 is no slice", "together", "no range", "no list"):
        assert part in message
    with pytest.raises(InputError, match="same name"):
        slice_tables(people, ["sex", {"sex": ["F"]}])
    with pytest.raises(InputError, match="SQL"):
        slice_tables(people, [{"odd": "age <"}])
    with pytest.raises(InputError, match="column of numbers"):
        slice_tables(people, [{"sex": [(1, 2)]}])


def test_rules_go_through_json() -> None:
    rules = parse_slices(["a x b", {"a": [(1, None)], "b": ["x", None], "c": "a > 1"}], ["a", "b"])
    assert rules[1] == SliceRule(name="c", condition="a > 1")
    assert rules[2].ranges == {"a": (NumberRange(1, None),)}
    assert str(rules[0]) == "a x b"
    assert msgspec.json.decode(msgspec.json.encode(rules), type=tuple[SliceRule, ...]) == rules
    assert parse_slices(rules, ["a", "b"]) == rules
    assert str(NumberRange()) == "any number"
