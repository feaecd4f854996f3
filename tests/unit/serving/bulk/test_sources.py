"""Where rows come from: files of all kinds, folders, globs, queries, tables."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import Table
from mainspring.serving.bulk import (
    Options,
    PackageAnswerer,
    Progress,
    Reading,
    Told,
    predict_table,
    run,
)

Rows = Callable[..., Path]
Model = Callable[..., PackageAnswerer]
Columns = Callable[[Path], dict[str, list[Any]]]
Expected = Callable[[int], list[str]]
KEEP = Options(keep=("id",))


def test_sources_of_all_kinds_give_the_same_answers(
    rows: Rows, model: Model, tmp_path: Path, columns: Columns, expected: Expected
) -> None:
    table = Table.read_parquet(rows(500))
    one = model()
    values = table.to_columns()
    lines = ["id,fare,hour,company,airport"]
    lines += [
        f"{i},{fare},{hour},{company or ''},{str(airport).lower()}"
        for i, fare, hour, company, airport in zip(*values.values(), strict=True)
    ]
    (tmp_path / "rows.csv").write_text("\n".join(lines) + "\n")
    objects = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(each) + "\n" for each in objects))
    with sqlite3.connect(tmp_path / "rows.db") as database:
        database.execute("CREATE TABLE rows (id INT, fare REAL, hour INT, company TEXT, airport INT)")
        database.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?)", list(zip(*values.values(), strict=True)))
    query = Reading(options={"query": "SELECT * FROM rows ORDER BY id"})
    folder = tmp_path / "parts"
    folder.mkdir()
    for number, piece in enumerate(table.chunks(200)):
        piece.write_parquet(folder / f"{number}.parquet")
    sources: dict[str, tuple[object, Reading | None]] = {
        "csv": (tmp_path / "rows.csv", None),
        "jsonl": (str(tmp_path / "rows.jsonl"), None),
        "database": (f"sqlite:///{tmp_path}/rows.db", query),
        "folder": (folder, None),
        "glob": (f"{folder}/*.parquet", None),
        "files": ([folder / "0.parquet", folder / "1.parquet", folder / "2.parquet"], None),
        "table": (table, None),
        "rows": (objects, None),
    }
    for name, (data, reading) in sources.items():
        out = tmp_path / f"{name}.parquet"
        run(data, one, out, options=KEEP, reading=reading)
        assert columns(out)["id"] == list(range(500)), name
        assert columns(out)["label"] == expected(500), name


def test_a_query_is_asked_once_however_often_the_run_is_killed(
    model: Model, tmp_path: Path, columns: Columns
) -> None:
    place = tmp_path / "rows.db"
    with sqlite3.connect(place) as database:
        database.execute("CREATE TABLE rows (id INT, fare REAL, hour INT, company TEXT, airport INT)")
        database.executemany("INSERT INTO rows VALUES (?, 12.0, 3, 'A', 0)", [(n,) for n in range(5_000)])
    url, reading = f"sqlite:///{place}", Reading(options={"query": "SELECT * FROM rows"})
    out, one = tmp_path / "a.parquet", model()

    def stop(progress: Progress) -> None:
        if progress.done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(url, one, out, options=KEEP, reading=reading, told=Told(progress=stop))
    with sqlite3.connect(place) as database:
        database.execute("UPDATE rows SET id = -1")
    run(url, one, out, options=KEEP, reading=reading)
    assert columns(out)["id"] == list(range(5_000))


def test_answers_do_not_become_data(rows: Rows, model: Model, tmp_path: Path) -> None:
    data = rows(10)
    folder = tmp_path / "folder"
    folder.mkdir()
    data.rename(folder / "rows.parquet")
    for given, out in (
        (folder / "rows.parquet", folder / "rows.parquet"),
        (folder, folder / "answers.parquet"),
        (f"{folder}/*.parquet", folder / "answers.parquet"),
    ):
        with pytest.raises(InputError, match="would be part of the data"):
            run(given, model(), out)
    run(f"{folder}/*.parquet", model(), folder / "answers.csv")


def test_links_and_dots_do_not_hide_that_answers_would_become_data(
    rows: Rows, model: Model, tmp_path: Path
) -> None:
    folder, link = tmp_path / "folder", tmp_path / "link"
    folder.mkdir()
    rows(10).rename(folder / "rows.parquet")
    link.symlink_to(folder)
    for given, out in (
        (folder, link / "answers.parquet"),
        (link, folder / "answers.parquet"),
        (folder / ".." / "folder", folder / "answers.parquet"),
        (folder, folder / ".." / "folder" / "answers.parquet"),
        (folder / "rows.parquet", link / "rows.parquet"),
        (f"{link}/*.parquet", link / "answers.parquet"),
        (f"{folder}/*.parquet", link / "answers.parquet"),
        (f"{link}/*.parquet", folder / "answers.parquet"),
    ):
        with pytest.raises(InputError, match="would be part of the data"):
            run(given, model(), out)


def test_text_that_looks_like_a_number_stays_text(model: Model, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("fare,hour,company,airport\n10,1,01,false\n10,2,007,true\n")
    run(tmp_path / "a.csv", model(), tmp_path / "out.csv", options=Options(keep=("company",)))
    assert [line.split(",")[0] for line in (tmp_path / "out.csv").read_text().splitlines()] == [
        "company",
        "01",
        "007",
    ]


def test_nothing_is_found_where_nothing_is(model: Model, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        run(tmp_path / "nowhere.csv", model(), tmp_path / "out.csv")
    with pytest.raises(InputError, match=r"answers as \.xlsx"):
        run(tmp_path, model(), tmp_path / "out.xlsx")


def test_a_table_of_answers(rows: Rows, rule: object, model: Model, tmp_path: Path, expected: Expected) -> None:
    package = model().package
    found = predict_table(package, rows(1_000), keep=("id",))
    assert found.names == ("id", "label", "p_no", "p_yes")
    assert found.to_columns()["label"] == expected(1_000)
    kept = predict_table(
        package, [{"fare": 12.0, "hour": 3, "company": "A", "airport": False}], out=tmp_path / "a.csv"
    )
    assert kept.to_columns()["label"] == ["yes"]
