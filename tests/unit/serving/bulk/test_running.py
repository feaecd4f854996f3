"""Whole runs: every row once, in order, in any form, from any source, whatever is killed on the way."""

import gzip
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mainspring.core.errors import ConflictError
from mainspring.data import read
from mainspring.serving.bulk import (
    Options,
    PackageAnswerer,
    Progress,
    Told,
    run,
)

Rows = Callable[..., Path]
Model = Callable[..., PackageAnswerer]
Columns = Callable[[Path], dict[str, list[Any]]]
Expected = Callable[[int], list[str]]
Command = Callable[..., list[str]]
KEEP = Options(keep=("id",))


def test_every_row_is_answered_once_and_in_order(
    rows: Rows, model: Model, tmp_path: Path, columns: Columns, expected: Expected
) -> None:
    out = tmp_path / "answers.parquet"
    report = run(rows(30_000), model(), out, options=KEEP, processes=1)
    found = columns(out)
    assert list(found) == ["id", "label", "p_no", "p_yes"]
    assert found["id"] == list(range(30_000))
    assert found["label"] == expected(30_000)
    assert np.allclose(np.array(found["p_no"]) + np.array(found["p_yes"]), 1)
    assert (report.rows, report.tally.written, report.processes) == (30_000, 30_000, 1)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("answers")) == [
        "answers.parquet",
        "answers.parquet.report.json",
    ]


def test_worker_processes_give_the_same_answers(
    rows: Rows, model: Model, tmp_path: Path, columns: Columns
) -> None:
    data, one = rows(40_000), model()
    seen: list[Progress] = []
    told = Told(progress=seen.append)
    options = Options(keep=("id",), part_rows=4_000)
    report = run(data, one, tmp_path / "two.parquet", options=options, processes=2, told=told)
    assert report.processes == 2
    assert [one.done for one in seen] == list(range(0, 40_001, 4_000))
    assert seen[-1].left == 0
    run(data, one, tmp_path / "one.parquet", options=options, processes=1)
    assert columns(tmp_path / "two.parquet") == columns(tmp_path / "one.parquet")


def begin(command: list[str], out: Path, *, parts: int) -> subprocess.Popen[bytes]:
    """Start a run in a process of its own, and wait until it has made so many parts."""
    process = subprocess.Popen(command)
    done = out.with_name(f"{out.name}.work") / "parts"
    until = time.monotonic() + 60
    while len([one for one in done.glob("*") if one.name.isdecimal()]) < parts:
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.01)
    return process


@pytest.mark.parametrize("processes", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_a_killed_run_goes_on_where_it_stopped(
    rows: Rows, command: Command, model: Model, tmp_path: Path, processes: int, expected: Expected
) -> None:
    data, out = rows(60_000), tmp_path / "answers.csv"
    one = model(sleep=0.05)
    package = one.folder(tmp_path)
    assert package is not None
    begun = command(data, package, out, options={"part_rows": 3_000}, processes=processes)
    process = begin(begun, out, parts=6)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not out.exists()
    # A worker may be about to finish a part: whoever comes first, the other one's is thrown away.
    report = run(data, one, out, options=Options(keep=("id",), part_rows=3_000), processes=1)
    assert 18_000 <= report.resumed < 60_000
    lines = out.read_text().splitlines()
    assert lines[0] == "id,label,p_no,p_yes"
    assert [line.split(",")[:2] for line in lines[1:]] == [
        [str(number), label] for number, label in enumerate(expected(60_000))
    ]
    assert not out.with_name("answers.csv.work").exists()


@pytest.mark.slow
def test_another_process_is_kept_out(rows: Rows, command: Command, model: Model, tmp_path: Path) -> None:
    data, out, one = rows(20_000), tmp_path / "answers.parquet", model(sleep=0.2)
    package = one.folder(tmp_path)
    assert package is not None
    begun = command(data, package, out, options={"part_rows": 1_000}, processes=1)
    process = begin(begun, out, parts=1)
    try:
        with pytest.raises(ConflictError, match="another process is at work"):
            run(data, one, out, options=KEEP)
    finally:
        process.kill()
        process.wait()


def test_a_worker_that_is_killed_is_replaced(
    rows: Rows, model: Model, tmp_path: Path, columns: Columns, expected: Expected
) -> None:
    killed: list[int] = []

    def kill(progress: Progress) -> None:
        children = Path(f"/proc/self/task/{os.getpid()}/children")
        if progress.done and not killed and children.exists():
            killed.extend(map(int, children.read_text().split()))
            for one in killed:
                os.kill(one, signal.SIGKILL)

    out = tmp_path / "answers.parquet"
    options = Options(keep=("id",), part_rows=2_000)
    run(rows(30_000), model(sleep=0.02), out, options=options, processes=2, told=Told(progress=kill))
    assert columns(out)["id"] == list(range(30_000))
    assert columns(out)["label"] == expected(30_000)
    assert killed or not Path("/proc").exists()


def left_half_done(data: Path, one: PackageAnswerer, out: Path, options: Options = KEEP) -> None:
    """A run that was interrupted after its first parts, and knows what its data is."""
    manifest = out.with_name(f"{out.name}.work") / "run.json"

    def stop(progress: Progress) -> None:
        time.sleep(0.01)
        if progress.done and json.loads(manifest.read_text())["digest"]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(data, one, out, options=options, processes=1, told=Told(progress=stop))


def test_other_arguments_are_refused_and_a_restart_takes_them(
    rows: Rows, model: Model, tmp_path: Path, columns: Columns
) -> None:
    data, one, out = rows(20_000), model(), tmp_path / "answers.parquet"
    left_half_done(data, one, out)
    with pytest.raises(
        ConflictError, match=r'keep was \["id"\], and is \["id","fare"\]; probabilities was True'
    ) as found:
        run(data, one, out, options=Options(keep=("id", "fare"), probabilities=False))
    assert found.value.fix == "throw it away with --restart"
    with pytest.raises(ConflictError, match="model digest was 'sha256:"):
        run(data, model(shift=1.0), out, options=KEEP)
    report = run(data, one, out, options=Options(probabilities=False), restart=True)
    assert report.resumed == 0
    assert list(columns(out)) == ["label"]


def test_changed_data_is_told_from_a_copy(rows: Rows, model: Model, tmp_path: Path) -> None:
    data, one, out = rows(20_000), model(), tmp_path / "answers.parquet"
    left_half_done(data, one, out)
    os.utime(data)
    assert run(data, one, out, options=KEEP).resumed > 0  # its content is known by its digest
    left_half_done(data, one, out)
    data.write_bytes(data.read_bytes().replace(b"PAR1", b"PAR2", 1))
    with pytest.raises(ConflictError, match="the content of the data is another one"):
        run(data, one, out, options=KEEP)
    rows(20_001)
    with pytest.raises(ConflictError, match="another size"):
        run(data, one, out, options=KEEP)


def test_a_damaged_part_is_made_again(rows: Rows, model: Model, tmp_path: Path, columns: Columns) -> None:
    data, one, out = rows(20_000), model(), tmp_path / "answers.parquet"
    left_half_done(data, one, out)
    [part] = out.with_name("answers.parquet.work").glob("parts/*/rows.parquet")
    part.write_bytes(part.read_bytes()[:-1])
    assert run(data, one, out, options=KEEP).resumed == 0
    assert columns(out)["id"] == list(range(20_000))


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.tsv", "a.jsonl", "a.jsonl.gz", "a.parquet", "folder"])
def test_forms_hold_the_same_answers(
    rows: Rows, model: Model, tmp_path: Path, name: str, expected: Expected
) -> None:
    out = tmp_path / name
    options = Options(keep=("id", "company"), part_rows=3_000)
    run(rows(10_000), model(), out, options=options, processes=1)
    found = read(out).to_columns()
    assert found["id"] == list(range(10_000))
    assert found["company"][:3] == ["A", "B", None]
    assert found["label"] == expected(10_000)
    assert abs(found["p_no"][5] + found["p_yes"][5] - 1) < 1e-12
    meta = out / "_meta.json" if name == "folder" else tmp_path / f"{name}.meta.json"
    if name == "a.parquet":
        assert not meta.exists()
    else:
        assert json.loads(meta.read_text())["model_version"] == "1.0.0"


def test_a_packed_file_is_one_text(rows: Rows, model: Model, tmp_path: Path) -> None:
    out = tmp_path / "a.csv.gz"
    run(rows(5_000), model(), out, options=Options(keep=("id",), part_rows=1_000), processes=1)
    lines = gzip.decompress(out.read_bytes()).decode().splitlines()
    assert len(lines) == 5_001
    assert lines.count("id,label,p_no,p_yes") == 1


def test_earlier_answers_are_replaced_and_other_folders_are_not(rows: Rows, model: Model, tmp_path: Path) -> None:
    data, one = rows(3_000), model()
    for out in (tmp_path / "a.parquet", tmp_path / "folder"):
        run(data, one, out, options=KEEP)
        run(data, one, out, options=Options(keep=("fare",)))
        assert read(out).names == ("fare", "label", "p_no", "p_yes")
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("mine")
    with pytest.raises(ConflictError, match="holds something else"):
        run(data, one, other)
    assert [path.name for path in other.iterdir()] == ["mine.txt"]


def test_no_rows_give_a_file_without_rows(rows: Rows, model: Model, tmp_path: Path) -> None:
    report = run(rows(0), model(), tmp_path / "a.parquet", options=KEEP)
    assert read(tmp_path / "a.parquet").names == ("id", "label", "p_no", "p_yes")
    run(rows(0), model(), tmp_path / "a.csv", options=KEEP)
    assert (tmp_path / "a.csv").read_text() == "id,label,p_no,p_yes\n"
    assert report.as_dict()["rows"] == 0
