from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.data.replacing import with_columns, with_constants


def make() -> Table:
    return Table.from_columns(
        {
            "n": [1, None, 3],
            "word": ["a", None, 'q"t'],
            "yes": [True, None, False],
            "day": [datetime.date(2024, 1, 2)] * 3,
        }
    )


def test_columns_take_the_place_of_others_and_come_behind() -> None:
    table = with_columns(make(), {"word": ["x", "y", None], "w": np.array([0.5, 1.5, np.nan])})
    assert table.names == ("n", "word", "yes", "day", "w")
    assert table.to_columns()["word"] == ["x", "y", None]
    assert table.to_columns()["w"] == [0.5, 1.5, None]
    assert table.to_columns()["n"] == [1, None, 3]


def test_a_constant_keeps_the_type_of_its_column() -> None:
    table = with_constants(make(), {"n": "7", "word": "it's", "yes": "true"})
    assert table.columns == make().columns
    assert table.to_columns()["n"] == [7, 7, 7]
    assert table.to_columns()["word"] == ["it's"] * 3
    assert table.to_columns()["yes"] == [True, True, True]


def test_pieces_and_files_take_columns_too(tmp_path: Path) -> None:
    make().write_parquet(tmp_path / "rows.parquet")
    lying = Table.read_parquet(tmp_path / "rows.parquet")
    assert with_columns(lying.rows(1, 3), {"n": [8, 9]}).to_columns()["n"] == [8, 9]
    assert with_columns(lying.where("n > 1"), {"n": [5]}).to_columns()["word"] == ['q"t']


def test_what_does_not_fit_is_told() -> None:
    with pytest.raises(InputError, match="2 values for the column 'n'"):
        with_columns(make(), {"n": [1, 2]})
    with pytest.raises(InputError, match="'many' for n"):
        with_constants(make(), {"n": "many"})
    with pytest.raises(InputError, match="no column 'm'"):
        with_constants(make(), {"m": "1"})
