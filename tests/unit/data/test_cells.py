"""Which type a column of text cells becomes: every cell decides."""

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.data import ColumnType, Table

INT, FLOAT, STRING, BOOL = ColumnType.INT, ColumnType.FLOAT, ColumnType.STRING, ColumnType.BOOL


def read(tmp_path, cells, **options):
    path = tmp_path / "cells.csv"
    path.write_text("x,n\n" + "".join(f'"{cell}",1\n' for cell in cells), encoding="utf-8")
    return Table.read_csv(path, **options)


@pytest.mark.parametrize(
    ("cells", "type_", "values"),
    [
        (["1", "-2", "+3", ""], INT, [1, -2, 3, None]),
        (["9223372036854775807", "-9223372036854775808"], INT, [2**63 - 1, -(2**63)]),
        (["1", "2.5", "1e3", ".5", "7."], FLOAT, [1.0, 2.5, 1000.0, 0.5, 7.0]),
        ([" 1", "2 "], INT, [1, 2]),
        (["inf", "-inf", "1"], FLOAT, [float("inf"), float("-inf"), 1.0]),
        (["007", "042"], STRING, ["007", "042"]),
        (["12345678901234567890"], STRING, ["12345678901234567890"]),
        (["12345678901234567890", "0.5"], FLOAT, [12345678901234567890.0, 0.5]),
        (["1_000"], STRING, ["1_000"]),
        (["0x10"], STRING, ["0x10"]),
        (["1,000"], STRING, ["1,000"]),
        (["true", "FALSE", ""], BOOL, [True, False, None]),
        (["yes", "no"], STRING, ["yes", "no"]),
        (["0", "1"], INT, [0, 1]),
        (["1", "a"], STRING, ["1", "a"]),
        (["", ""], STRING, [None, None]),
        (["caf\u00e9", "\u6f22"], STRING, ["caf\u00e9", "\u6f22"]),
    ],
)
def test_types(tmp_path, cells, type_, values):
    table = read(tmp_path, cells)
    assert table.type_of("x") is type_
    assert table.to_columns()["x"] == values


def test_nan_is_a_value_and_empty_is_missing(tmp_path):
    table = read(tmp_path, ["nan", "", "1.5"])
    assert table.type_of("x") is FLOAT
    assert table.sql("SELECT count(x) AS n FROM this").to_columns() == {"n": [2]}


@pytest.mark.parametrize(
    ("cells", "type_", "first"),
    [
        (["2024-02-29", ""], ColumnType.DATE, "2024-02-29"),
        (["2023-02-29"], STRING, "2023-02-29"),
        (["20240229"], INT, 20240229.0),
        (["2024-02-29 10:30"], ColumnType.TIMESTAMP, "2024-02-29T10:30:00"),
        (["2024-02-29T10:30:00.5Z"], ColumnType.TIMESTAMP, "2024-02-29T10:30:00.5"),
        (["2024-02-29T10:30:00+02:00"], ColumnType.TIMESTAMP, "2024-02-29T08:30:00"),
        (["29/02/2024"], STRING, "29/02/2024"),
    ],
)
def test_dates_and_times(tmp_path, cells, type_, first):
    table = read(tmp_path, cells)
    assert table.type_of("x") is type_
    assert table.column("x")[0] == first


def test_one_odd_cell_at_the_very_end_decides(tmp_path):
    table = read(tmp_path, [str(n) for n in range(30_000)] + ["n/a"])
    assert table.type_of("x") is STRING
    assert table.column("x")[-1] == "n/a"


def test_words_for_missing(tmp_path):
    table = read(tmp_path, ["1", "?", "NA", "2"], missing=["?", "NA"])
    assert table.to_columns()["x"] == [1, None, None, 2]


def test_types_that_are_asked_for(tmp_path):
    assert read(tmp_path, ["1", "", "2"], types={"x": "STRING"}).to_columns()["x"] == ["1", None, "2"]
    assert read(tmp_path, ["1", "", "2"], types={"x": "FLOAT"}).to_columns()["x"] == [1.0, None, 2.0]
    assert read(tmp_path, ["007"], types={"x": STRING, "n": FLOAT}).to_columns() == {"x": ["007"], "n": [1.0]}
    with pytest.raises(InputError) as caught:
        read(tmp_path, ["1", "b", "2", "c"], types={"x": INT})
    assert "'b' in row 2, 'c' in row 4" in str(caught.value)
    with pytest.raises(InputError, match="columns that do not exist: y"):
        read(tmp_path, ["1"], types={"y": INT})
    with pytest.raises(InputError, match="no such types: x: NUMBER"):
        read(tmp_path, ["1"], types={"x": "NUMBER"})


WHOLE = re.compile(r" *[+-]?(0|[1-9][0-9]*) *")
NUMBER = re.compile(r" *[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)? *")


def type_of(cells):
    """The rules for numbers, in other words."""
    present = [cell for cell in cells if cell]
    if present and all(WHOLE.fullmatch(cell) and -(2**63) <= int(cell) < 2**63 for cell in present):
        return INT
    if present and all(NUMBER.fullmatch(cell) for cell in present):
        return FLOAT if any(set(cell) & set(".eE") for cell in present) else STRING
    return STRING


LIKE_NUMBERS = st.text(st.sampled_from(list("0123456789" * 2 + "+-.eE ")), max_size=5) | st.integers(
    -(2**70), 2**70
).map(str)


@settings(max_examples=80, deadline=None)
@given(st.lists(LIKE_NUMBERS, min_size=1, max_size=4))
def test_types_follow_the_rules(tmp_path_factory, cells):
    table = read(tmp_path_factory.mktemp("cells"), cells)
    wanted = type_of(cells)
    assert table.type_of("x") is wanted
    values = [cell or None for cell in cells]
    if wanted.is_numeric:
        kind = int if wanted is INT else float
        values = [None if cell is None else kind(cell) for cell in values]
    for found, value in zip(table.to_columns()["x"], values, strict=True):
        assert found == value or math.isclose(found, value, rel_tol=1e-15)
