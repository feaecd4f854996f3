"""Spans as data: many files, one set of examples."""

from pathlib import Path

import pytest

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import Table, steps
from mainspring.data.sources import fingerprint, read
from mainspring.data.spans import read_examples
from mainspring.data.splits import SplitRule
from mainspring.pipelines import File

DAYS = "in/{YYYY}/{MM}/{DD}/*.csv"


@pytest.fixture
def days(tmp_path: Path) -> str:
    """Three days of forty rows each; only the last has a fraction."""
    for day in (18, 19, 20):
        folder = tmp_path / f"in/2026/11/{day}"
        folder.mkdir(parents=True)
        rows = [f"{day * 100 + n}{'.5' if day == 20 and n == 39 else ''},{'ab'[n % 4 == 0]}" for n in range(40)]
        (folder / "a.csv").write_text("x,y\n" + "\n".join(rows[:20]) + "\n")
        (folder / "b.csv").write_text("x,y\n" + "\n".join(rows[20:]) + "\n")
    return str(tmp_path / DAYS)


def xs(table: Table) -> set[float]:
    return set(table.to_columns()["x"])


def test_a_window_of_spans_is_one_set_of_examples(days: str) -> None:
    examples = read_examples(days, spans="last 2")
    assert (examples.span, examples.spans, examples.version) == (20777, (20776, 20777), None)
    assert sum(table.num_rows for table in examples.splits.values()) == 80
    assert min(xs(examples.split("train")) | xs(examples.split("eval"))) == 1900
    assert examples.source == days
    assert read_examples(f"{days} @ last 2", spans="all").spans == (20776, 20777)
    assert read_examples(days).spans == (20777,)


def test_a_pattern_may_stand_wherever_a_path_may(days: str) -> None:
    assert read(f"{days} @ last 2").num_rows == 80
    assert sorted(read(days).to_columns()["x"])[:2] == [2000.0, 2001.0]
    assert fingerprint(f"{days} @ 2026-11-18") != fingerprint(f"{days} @ 2026-11-19")
    assert fingerprint(f"{days} @ last 2 skip 1") == fingerprint(f"{days} @ 2026-11-18..2026-11-19")


def test_row_numbers_run_through_all_files(days: str) -> None:
    examples = read_examples(f"{days} @ all", "time a=<1950 b=>=1950 by=x")
    assert examples.origins["b"].tolist() == list(range(81, 121))
    assert examples.split("b").to_columns()["x"][0] == 2000


def test_a_row_stays_where_it_is_when_the_window_moves(days: str) -> None:
    before = read_examples(f"{days} @ 2026-11-18..2026-11-19")
    behind = read_examples(f"{days} @ 2026-11-19..2026-11-20")
    middle = set(range(1900, 1940))
    assert xs(before.split("train")) & middle == xs(behind.split("train")) & middle
    assert not xs(before.split("train")) & xs(behind.split("eval"))


def test_a_location_without_spans(days: str, tmp_path: Path) -> None:
    rule = SplitRule(method="stratified", splits={"train": 4, "eval": 1}, by=("y",))
    examples = read_examples(tmp_path / "in/2026/11/18", rule, span=7, version=1)
    assert (examples.span, examples.spans, examples.version) == (7, (7,), 1)
    assert [table.num_rows for table in examples.splits.values()] == [32, 8]
    with pytest.raises(InputError, match="spans 'latest' are asked for"):
        read_examples(tmp_path / "in/2026/11/18", spans="latest")
    with pytest.raises(InputError, match="both a pattern and a number"):
        read_examples(days, span=7)


def test_files_for_each_split_have_columns_of_one_type(tmp_path: Path) -> None:
    for name, rows in {"train/1": "1\n2\n", "train/2": "3\n", "eval/1": "4.5\n"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.csv").write_text("x\n" + rows)
    examples = read_examples(tmp_path, {"train": "train/*.csv", "eval": "eval"})
    assert {name: table.to_columns()["x"] for name, table in examples.splits.items()} == {
        "train": [1.0, 2.0, 3.0],
        "eval": [4.5],
    }
    assert not examples.origins
    with pytest.raises(NotFoundError, match="split 'test': there is no data at"):
        read_examples(tmp_path, {"train": "train", "test": "test"})
    (tmp_path / "eval/1.csv").write_text("z\n1\n")
    with pytest.raises(InputError, match="'x' is only in the first"):
        read_examples(tmp_path, {"train": "train", "eval": "eval"})


def test_options_of_other_readers(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"x": "2026-11-20"}\n{"x": "2026-11-21"}\n')
    source = File(str(tmp_path / "a.jsonl"))
    examples = steps.ingest(source, splits={"all": 1}, options={"types": {"x": "DATE"}})
    assert str(examples.split("all").type_of("x")) == "DATE"


def test_files_for_each_split_of_every_span(tmp_path: Path) -> None:
    for span in (1, 2):
        for name in ("train", "eval"):
            (tmp_path / f"{span}/{name}").mkdir(parents=True)
            (tmp_path / f"{span}/{name}/a.csv").write_text(f"x\n{span}\n")
    examples = read_examples(tmp_path / "{SPAN}", {"train": "train", "eval": "eval/*.csv"}, spans="all")
    assert examples.split("eval").to_columns()["x"] == [1, 2]
    assert examples.spans == (1, 2)


def test_versions_are_asked_for_in_the_range(tmp_path: Path) -> None:
    for version in (1, 2):
        (tmp_path / f"5-{version}.csv").write_text("x\n" + f"{version}\n" * 2)
    pattern = tmp_path / "{SPAN}-{VERSION}.csv"
    examples = read_examples(pattern, "all=1")
    assert (examples.span, examples.version) == (5, 2)
    assert read_examples(pattern, "all=1", spans="latest version 1").split("all").to_columns()["x"] == [1, 1]


def test_the_step(days: str, tmp_path: Path) -> None:
    source = File(days)
    assert steps.ingest(source, spans="last 3").spans == (20775, 20776, 20777)
    timed = steps.ingest(source, spans="all", method="time", splits={"train": 2, "eval": 1}, by="x", gap="10")
    assert [table.num_rows for table in timed.splits.values()] == [80, 40]
    strata = steps.ingest(source, method="stratified", by=["y"])
    assert strata.split("eval").to_columns()["y"].count("b") in (2, 3)
    given = steps.ingest(source, method="given", by="y", splits={"train": "a", "eval": "b"})
    assert given.split("eval").num_rows == 10
    files = steps.ingest(
        File(str(tmp_path / "in/2026/11/20")), method="files", splits={"one": "a.csv", "two": "b.csv"}
    )
    assert [table.num_rows for table in files.splits.values()] == [20, 20]
    text = steps.ingest(source, splits="stratified train=3 eval=1 by=y")
    assert text.split("eval").to_columns() == strata.split("eval").to_columns()
    for options in (
        {"splits": "train=3 eval=1", "seed": 4},
        {"method": "files", "splits": {"one": 1}},
        {"method": "files", "splits": {"one": "a.csv"}, "by": "y"},
        {"method": "guess"},
        {"method": "time", "by": "x", "group": ["y"]},
    ):
        with pytest.raises(InputError):
            steps.ingest(source, **options)
