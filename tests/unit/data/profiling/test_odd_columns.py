"""Columns of every type, with names that queries use themselves; no rows, one row, many; held and in a file."""

import pytest

from mainspring.data import Statistics, Table, summarize
from mainspring.data.profiling import Options, features, summarize_table, summarizing

SQL = """
    SELECT range AS v, range::VARCHAR AS "row", 'x' AS file_row_number, 1 AS rowid, range % 3 AS grouped,
    'b' AS batch, 3.0 AS "n ""q"" x", [1, 2, 3]::INT[3] AS arr, [range] AS "L.x", TIME '10:00' AS clock,
    {'v': 1, 'Row': [NULL::INT]} AS s, INTERVAL 1 DAY AS step, 1::HUGEINT AS h, 1.5::DECIMAL(5, 2) AS n,
    TIMESTAMPTZ '2020-01-01' AS tz, NULL AS nothing, 'a'::ENUM ('a', 'b') AS e, [{'a': NULL::VARCHAR}] AS ls,
    MAP {'k': 1} AS m, [MAP {'k': 1}] AS lm, []::INT[] AS empty, NULL::INT[] AS nl, ''::BLOB AS bl,
    [['\\xff'::BLOB]] AS lbl, DATE '2020-01-01' AS day, [TIMESTAMP '2020-01-01'] AS lts, range % 2 = 0 AS yes,
    'nan'::DOUBLE AS w, [1.5, 'inf'::DOUBLE] AS li FROM range({rows})
"""


@pytest.mark.parametrize("rows", [0, 1, 7, 3000])
@pytest.mark.parametrize("stored", [False, True], ids=["held", "stored"])
@pytest.mark.parametrize("chunk", [1 << 20, 700], ids=["whole", "chunks"])
def test_every_type_and_name(rows, stored, chunk, tmp_path, monkeypatch):
    for module in (features, summarizing):
        monkeypatch.setattr(module, "CHUNK_ROWS", chunk)
    table = Table.of_query(SQL.replace("{rows}", str(rows)))
    if stored:
        table.write_parquet(tmp_path / "table.parquet")
        table = Table.read_parquet(tmp_path / "table.parquet")
    statistics = summarize(table)
    found = statistics.split("train")
    assert all(feature.num_examples == rows for feature in found.features.values())
    assert {name for name, feature in found.features.items() if rows and feature.num_missing} == (
        {"nothing", "nl"} if rows else set()
    )
    assert found.feature("v").unique == rows or chunk < rows
    assert (found.feature("s.v").num_values, found.feature(r"L\.x").num_values) == (rows, rows)
    assert found.feature("lbl").words.num_invalid_utf8 == rows
    assert Statistics.from_bytes(statistics.to_bytes()) == statistics


def test_slices_and_crosses_of_such_names_do_not_depend_on_threads():
    table = Table.of_query(SQL.replace("{rows}", "300"))
    slices = ("grouped", "grouped x batch")
    one, many = (
        summarize_table(table, options=Options(slices=slices, label="yes", threads=threads)) for threads in (1, 6)
    )
    assert one == many
    assert one.slices["grouped=1"].num_examples == 100
