"""Columns and their names: what is bound to what, and what is said where that cannot be."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.serving.bulk import (
    Options,
    PackageAnswerer,
    run,
)

Rows = Callable[..., Path]
Model = Callable[..., PackageAnswerer]
Columns = Callable[[Path], dict[str, list[Any]]]
Expected = Callable[[int], list[str]]
KEEP = Options(keep=("id",))


def test_columns_are_renamed_and_unknown_ones_ignored(
    rows: Rows, model: Model, tmp_path: Path, columns: Columns, expected: Expected
) -> None:
    table = Table.read_parquet(rows(100)).sql(
        "SELECT id, fare AS price, hour, company, airport, 1 AS other FROM this"
    )
    out = tmp_path / "a.parquet"
    run(table, model(), out, options=Options(keep=("id",), columns={"fare": "price"}))
    assert columns(out)["label"] == expected(100)


def test_every_misfit_is_named_at_once_with_names_that_sound_like_it(
    rows: Rows, model: Model, tmp_path: Path
) -> None:
    table = Table.read_parquet(rows(10)).sql(
        "SELECT id, fare AS fares, hour, DATE '2024-01-01' AS airport, company AS Company FROM this"
    )
    with pytest.raises(InputError) as found:
        run(table, model(), tmp_path / "a.csv", options=Options(keep=("idd",), columns={"hours": "hour"}))
    assert found.value.found == (
        "the data does not fit the model: the model has no column 'hours' (perhaps 'hour'); "
        "column 'fare' is not there (perhaps 'fares'); column 'company' is not there (perhaps 'Company'); "
        "column 'airport' holds DATE; expected true or false; there is no column 'idd' to keep (perhaps 'id')"
    )


def test_kept_columns_and_answers_must_have_different_names(rows: Rows, model: Model, tmp_path: Path) -> None:
    table = Table.read_parquet(rows(10)).sql("SELECT *, 'x' AS Label FROM this")
    with pytest.raises(InputError, match="named as answers are: label"):
        run(table, model(), tmp_path / "a.csv", options=Options(keep=("*",)))
    run(table, model(), tmp_path / "a.csv", options=Options(keep=("*",), prefix="model_", row_numbers=True))
    assert (tmp_path / "a.csv").read_text().splitlines()[0] == (
        "id,fare,hour,company,airport,Label,row,model_label,model_p_no,model_p_yes"
    )
