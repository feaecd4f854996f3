"""Each kind of finding: raised where it should be, and not by its near miss."""

import random

import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.data.assessment import FindingKind, Level, assess
from mainspring.data.assessment.groups import find_protected


def kinds(table: Table, **options) -> set[FindingKind]:
    return {finding.kind for finding in assess(table, **options).findings}


def rows(count: int, seed: int = 1) -> list[dict[str, object]]:
    dice = random.Random(seed)
    return [
        {
            "x": dice.gauss(0, 1),
            "word": dice.choice("abc"),
            "group": dice.choice("fm"),
            "y": dice.choice(["no", "yes"]),
        }
        for _ in range(count)
    ]


def test_the_plain_rows_are_clean():
    assert kinds(Table.from_rows(rows(1000)), label="y", protected=["group"]) == set()


def test_empty_and_constant_columns():
    table = Table.from_rows([{**row, "nothing": None, "one": 1, "mostly": 1} for row in rows(200)])
    found = assess(table, label="y")
    assert {(one.kind, one.paths) for one in found.findings} == {
        (FindingKind.EMPTY_COLUMN, ("nothing",)),
        (FindingKind.CONSTANT_COLUMN, ("one",)),
        (FindingKind.CONSTANT_COLUMN, ("mostly",)),
    }
    varied = Table.from_rows([{**row, "one": place % 2} for place, row in enumerate(rows(200))])
    assert FindingKind.CONSTANT_COLUMN not in kinds(varied)


def test_a_label_of_one_class_is_a_problem():
    table = Table.from_rows([{**row, "y": "no"} for row in rows(100)])
    (found,) = assess(table, label="y").of(FindingKind.CONSTANT_COLUMN)
    assert found.level is Level.PROBLEM


def test_identifiers_are_words_and_whole_numbers_that_never_repeat():
    named = Table.from_rows([{**row, "id": f"u{place}"} for place, row in enumerate(rows(100))])
    (found,) = assess(named, label="y").of(FindingKind.IDENTIFIER)
    assert found.paths == ("id",)
    twice = Table.from_rows([{**row, "id": f"u{place // 2}"} for place, row in enumerate(rows(100))])
    assert FindingKind.IDENTIFIER not in kinds(twice)


def test_duplicate_rows_are_counted():
    plain = rows(100)
    (found,) = assess(Table.from_rows([*plain, *plain[:5]])).of(FindingKind.DUPLICATE_ROWS)
    assert found.found.startswith("5 of 105 rows")
    assert found.level is Level.WARNING


def test_copies_and_near_copies_of_columns():
    table = Table.from_rows([{**row, "copy": row["x"], "near": 3 * row["x"] + 1} for row in rows(300)])
    found = assess(table)
    assert found.of(FindingKind.DUPLICATE_COLUMNS)[0].paths == ("x", "copy")
    assert set(found.of(FindingKind.CORRELATED_FEATURES)[0].paths) == {"x", "near"}
    words = Table.from_rows([{**row, "again": row["word"]} for row in rows(300)])
    assert assess(words).of(FindingKind.DUPLICATE_COLUMNS)[0].paths == ("word", "again")


def test_conflicting_labels_tell_the_ceiling():
    table = Table.from_columns({"x": [1, 1, 1, 2, 2, 3], "y": ["a", "a", "b", "a", "a", "b"]})
    (found,) = assess(table, label="y").of(FindingKind.CONFLICTING_LABELS)
    assert "3 rows have the inputs of others" in found.found
    assert "83.33% of all rows" in found.found
    agreed = Table.from_columns({"x": [1, 1, 2], "y": ["a", "a", "b"]})
    assert FindingKind.CONFLICTING_LABELS not in kinds(agreed, label="y")


def test_missing_labels():
    table = Table.from_rows(
        [{**row, "y": None if place < 10 else row["y"]} for place, row in enumerate(rows(100))]
    )
    (found,) = assess(table, label="y").of(FindingKind.MISSING_LABELS)
    assert found.found == "10 of 100 rows have no label"


@pytest.mark.parametrize(
    ("name", "leak"),
    [
        ("number", lambda row, dice: (row["y"] == "yes") * 5 + dice.random()),
        ("word", lambda row, dice: {"yes": "paid", "no": "open"}[row["y"]]),
        ("missing", lambda row, dice: dice.random() if row["y"] == "yes" else None),
    ],
)
def test_what_gives_the_label_away(name, leak):
    dice = random.Random(5)
    table = Table.from_rows([{**row, name: leak(row, dice)} for row in rows(400)])
    (found,) = assess(table, label="y").of(FindingKind.LABEL_LEAKAGE)
    assert found.paths == (name, "y")
    assert found.level is Level.PROBLEM


def test_a_good_feature_is_no_leak():
    dice = random.Random(6)
    table = Table.from_rows([{**row, "good": (row["y"] == "yes") + dice.gauss(0, 0.7)} for row in rows(2000)])
    assert FindingKind.LABEL_LEAKAGE not in kinds(table, label="y")


def test_a_number_to_be_predicted_may_leak_too():
    dice = random.Random(7)
    table = Table.from_rows(
        [{"x": x, "price": x**3 + dice.random() / 1000} for x in (dice.random() for _ in range(500))]
    )
    assert FindingKind.LABEL_LEAKAGE in kinds(table, label="price")


def test_rare_classes():
    table = Table.from_rows([{**row, "y": "yes" if place < 30 else "no"} for place, row in enumerate(rows(1000))])
    (found,) = assess(table, label="y").of(FindingKind.CLASS_IMBALANCE)
    assert found.level is Level.WARNING
    assert "'yes' has 30 rows (3.00%)" in found.found
    fair = Table.from_rows([{**row, "y": "yes" if place < 200 else "no"} for place, row in enumerate(rows(1000))])
    assert FindingKind.CLASS_IMBALANCE not in kinds(fair, label="y")


def test_protected_columns_are_known_by_their_names():
    assert find_protected(["maritalStatus", "AGE", "page", "sexton", "native-country", "race_code"]) == (
        "maritalStatus",
        "AGE",
        "native-country",
        "race_code",
    )
    table = Table.from_rows([{**row, "gender": row["group"]} for row in rows(300)]).drop(["group"])
    (found,) = assess(table, label="y").of(FindingKind.PROTECTED_FEATURE)
    assert found.paths == ("gender",)
    assert FindingKind.PROTECTED_FEATURE not in kinds(table, label="y", protected=["gender"])


def test_proxies_and_groups():
    dice = random.Random(8)
    made = [
        {
            **row,
            "group": group,
            "name": dice.choice(["Ann", "Eve"] if group == "f" else ["Bob", "Max"]),
            "income": None if group == "f" and dice.random() < 0.5 else dice.gauss(0, 1),
            "y": "yes" if dice.random() < (0.2 if group == "f" else 0.5) else "no",
        }
        for row in rows(3000)
        for group in [dice.choices("fmx", [50, 48, 2])[0]]
    ]
    found = assess(Table.from_rows(made), label="y", protected=["group"])
    assert found.of(FindingKind.PROXY)[0].paths[:2] == ("group", "name")
    assert found.of(FindingKind.GROUP_IMBALANCE)[0].examples[0].startswith("'x' ")
    assert found.of(FindingKind.UNEQUAL_RATES)[0].observed == pytest.approx(0.4, abs=0.05)
    assert found.of(FindingKind.UNEQUAL_MISSINGNESS)[0].paths == ("income", "group")


def test_a_table_that_is_not_like_its_population():
    table = Table.from_rows(rows(2000))
    assert kinds(table, reference={"group": {"f": 0.5, "m": 0.5}}) == set()
    found = assess(table, reference={"group": {"f": 0.7, "m": 0.3}})
    assert found.of(FindingKind.NOT_REPRESENTATIVE)[0].paths == ("group",)
    other = Table.from_rows([{**row, "x": row["x"] + 1} for row in rows(2000, seed=2)])
    assert {one.paths for one in assess(table, reference=other).findings} == {("x",)}


def test_shares_that_are_no_shares():
    with pytest.raises(InputError, match=r"no column 'sex'; the shares of 'group' add up to 0.9"):
        assess(Table.from_rows(rows(10)), reference={"sex": {"f": 1.0}, "group": {"f": 0.5, "m": 0.4}})
