from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.data import ColumnType
from mainspring.serving.payloads import LogRecord, PredictionLog, read, table
from mainspring.serving.payloads.cells import cells_of, picked, plain
from mainspring.serving.payloads.compact import compact
from mainspring.serving.payloads.glancing import GLANCES
from mainspring.serving.payloads.journal_reading import Form, read_as
from mainspring.serving.payloads.packing import Line, pack
from mainspring.serving.payloads.reading import ARRAYS
from mainspring.serving.payloads.tables import made_of

ROWS = 70
NUMBERS = np.arange(ROWS)


def packed(name: str, **arrays: tuple[npt.NDArray[Any], str]) -> Line:
    """A large request as a server writes it."""
    columns = {column: pack(array, kind) for column, (array, kind) in arrays.items()}
    return Line(
        id=name,
        time=float(len(name)),
        model="m",
        version="1",
        columns={**{column: [] for column in columns}, "word": ["a", None] * (ROWS // 2)},
        outputs={"label": ["x"] * ROWS, "odd": [1, 2, 3]},
        packed_columns=columns,
    )


LARGE = packed(
    "large",
    floats=(np.where(NUMBERS == 3, np.nan, NUMBERS / 2), "FP64"),
    small=(np.linspace(0, 1, ROWS, dtype=np.float32), "FP32"),
    whole=(NUMBERS.astype(np.int32), "INT32"),
    gaps=(np.where(NUMBERS == 5, np.nan, NUMBERS * 1.0), "INT64"),
    full=(NUMBERS * 1.0, "INT64"),
    truths=(NUMBERS % 2 == 0, "BOOL"),
    pairs=(np.ones((ROWS, 2)), "FP64"),
)
SMALL = LogRecord(
    id="s", time=1.0, model="m", version="2", columns={"floats": [None, 2], "whole": [7, 8], "word": ["b", "c"]}
)
ERASED = LogRecord(
    id="e", time=1.0, model="m", version="2", columns={"floats": [None, 2.5], "new": [None, 1]}, erased=(0,)
)


def test_arrays_say_what_plain_values_say(tmp_path: Path) -> None:
    with PredictionLog(tmp_path) as log:
        for record in (LARGE, SMALL, ERASED):
            assert log.write(record)
    for _ in range(2):
        arrays, lists = list(read_as(tmp_path, ARRAYS)), list(read(tmp_path))
        assert [record.rows for record in arrays] == [record.rows for record in lists] == [ROWS, 2, 2]
        found = table(arrays)
        assert found.columns == table(lists).columns
        assert found.to_columns() == table(lists).to_columns()
        compact(tmp_path)
    kinds = {column.name: column.type.value for column in found.columns}
    assert kinds["floats"] == kinds["small"] == "FLOAT"
    assert kinds["whole"] == kinds["gaps"] == kinds["full"] == kinds["new"] == "INT"
    assert kinds["truths"] == "BOOL"
    assert kinds["pairs"] == kinds["word"] == "STRING"
    assert "output.odd" not in kinds
    assert found.column("request.row").tolist() == [*range(ROWS), 0, 1, 1]


def test_large_numbers_stay_arrays(tmp_path: Path) -> None:
    with PredictionLog(tmp_path) as log:
        log.write(LARGE)
    cells = cells_of(read_as(tmp_path, ARRAYS))
    kinds = {name: values.dtype.kind for name, values in cells.items() if isinstance(values, np.ndarray)}
    assert {name: kinds.get(name) for name in ("floats", "small", "whole", "full", "gaps")} == {
        "floats": "f",
        "small": "f",
        "whole": "i",
        "full": "i",
        "gaps": None,
    }
    assert plain(cells["floats"])[2:5] == [1.0, None, 2.0]
    assert plain(picked(cells["whole"], [3, 1])) == picked(plain(cells["whole"]), [3, 1]) == [3, 1]


def test_a_glance_says_which_record_it_is_in_every_form(tmp_path: Path) -> None:
    form: Form[Any] = GLANCES
    with PredictionLog(tmp_path) as log:
        for record in (LARGE, SMALL, ERASED):
            log.write(record)
    for _ in range(2):
        seen = [(one.id, one.time, one.model, one.erased) for one in read_as(tmp_path, form)]
        assert seen == [("large", 5.0, "m", ()), ("s", 1.0, "m", ()), ("e", 1.0, "m", (0,))]
        compact(tmp_path)


VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "float": st.one_of(st.none(), st.floats(allow_nan=False)),
    "int": st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
    "number": st.one_of(st.integers(-9, 9), st.floats(-1, 1)),
    "bool": st.one_of(st.none(), st.booleans()),
    "text": st.one_of(st.none(), st.text(max_size=3)),
}


@settings(max_examples=30, deadline=None)
@given(data=st.data(), sizes=st.lists(st.integers(1, 3), max_size=4))
def test_cells_are_those_of_the_records_one_after_the_other(data: st.DataObject, sizes: Sequence[int]) -> None:
    records = []
    for place, size in enumerate(sizes):
        names = data.draw(st.sets(st.sampled_from(sorted(VALUES)), min_size=1))
        columns = {name: data.draw(st.lists(VALUES[name], min_size=size, max_size=size)) for name in sorted(names)}
        records.append(LogRecord(id=str(place), time=1.0, model="m", version="1", columns=columns))
    cells = cells_of(records)
    for name in {name for record in records for name in record.columns}:
        expected = [
            value
            for one, size in zip(records, sizes, strict=True)
            for value in one.columns.get(name, [None] * size)
        ]
        assert plain(cells[name]) == expected
    assert made_of(cells, {}).num_rows == sum(sizes)


def sent(**columns: list[Any]) -> dict[str, list[Any]]:
    """The table of two requests that sent something, without what says where they came from."""
    records = [
        LogRecord(
            id=str(place),
            time=1.0,
            model="m",
            version="1",
            columns={name: [values[place]] for name, values in columns.items()},
            outputs={"label": ["yes"]},
        )
        for place in range(2)
    ]
    found = table(records).to_columns()
    return {name: values for name, values in found.items() if not name.startswith("request.")}


def test_whatever_callers_send_becomes_a_table() -> None:
    found = sent(
        mixed=[1.5, "N/A"],
        flag=[True, 2],
        large=[2**70, None],
        enormous=[10**400, 1],
        nested=[[1, 2], 3],
    )
    assert found == {
        "mixed": ["1.5", "N/A"],
        "flag": ["true", "2"],
        "large": [float(2**70), None],
        "enormous": [str(10**400), "1"],
        "nested": ["[1,2]", "3"],
        "output.label": ["yes", "yes"],
    }


def test_names_that_a_table_cannot_have_are_changed() -> None:
    odd: dict[str, list[Any]] = {"": [1, 2], "output.label": ["a", "b"], "request.time": [7, 8]}
    found = sent(**odd, age=[3, 4], Age=[5, 6])
    assert found == {
        "(no name)": [1, 2],
        "age": [3, 4],
        "Age (2)": [5, 6],
        "input.output.label": ["a", "b"],
        "input.request.time": [7, 8],
        "output.label": ["yes", "yes"],
    }


def test_a_column_that_is_known_keeps_its_name() -> None:
    columns: dict[str, Any] = {"Age": [1], "age": [2]}
    assert made_of(columns, {"age": ColumnType.INT}).to_columns() == {"Age (2)": [1], "age": [2]}


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("INT", [1.5, 2.0]),
        ("INT", [2.0, 1e300]),
        ("DATE", ["2026-01-01", "N/A"]),
        ("TIMESTAMP", ["soon", None]),
        ("BYTES", ["a", "b"]),
        ("LIST", ["[1]", "[2]"]),
        ("BOOL", ["yes", "never"]),
    ],
)
def test_a_type_that_does_not_fit_is_left_aside(kind: str, values: list[Any]) -> None:
    numbers = np.array(values) if isinstance(values[0], float) else values
    assert made_of({"x": numbers}, {"x": ColumnType(kind)}).to_columns() == {"x": values}


def test_a_type_that_fits_is_kept() -> None:
    found = made_of({"i": np.array([1.0, np.nan]), "d": ["2026-01-01", None]}, KNOWN)
    assert [column.type for column in found.columns] == ["INT", "DATE"]


KNOWN = {"i": ColumnType.INT, "d": ColumnType.DATE}
