"""The identity of outside files is their content."""

import os
from pathlib import Path

import pytest

from mainspring.core.digests import digest_bytes, digest_json
from mainspring.core.errors import NotFoundError
from mainspring.pipelines.fingerprints import Fingerprint, fingerprint


def test_a_file_is_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"1,2\n")
    assert fingerprint("a.csv", tmp_path) == Fingerprint(digest_bytes(b"1,2\n"), 4, 1)
    assert fingerprint(str(tmp_path / "a.csv"), Path("/elsewhere")) == fingerprint("a.csv", tmp_path)


def test_an_edit_of_the_same_size_with_the_old_time_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("1,2\n")
    stat = file.stat()
    before = fingerprint("a.csv", tmp_path)
    file.write_text("1,3\n")
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (stat.st_size, stat.st_mtime_ns)
    assert fingerprint("a.csv", tmp_path).digest != before.digest


def test_name_and_time_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1\n")
    before = fingerprint("a.csv", tmp_path)
    (tmp_path / "a.csv").rename(tmp_path / "b.csv")
    os.utime(tmp_path / "b.csv", (1, 1))
    assert fingerprint("b.csv", tmp_path) == before


def test_a_folder_is_its_files_with_their_places(tmp_path: Path) -> None:
    for name in ("in/b.txt", "in/deep/a.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    found = fingerprint("in", tmp_path)
    listed = [["b.txt", digest_bytes(b"in/b.txt")], ["deep/a.txt", digest_bytes(b"in/deep/a.txt")]]
    assert found == Fingerprint(digest_json(listed), 21, 2)
    (tmp_path / "in").rename(tmp_path / "out")
    assert fingerprint("out", tmp_path) == found
    (tmp_path / "out/b.txt").rename(tmp_path / "out/c.txt")
    assert fingerprint("out", tmp_path) != found


@pytest.mark.parametrize("folder", ["plain", "odd [1]*"])
def test_globs(tmp_path: Path, folder: str) -> None:
    root = tmp_path / folder
    (root / "in/2026").mkdir(parents=True)
    for name in ("in/a.csv", "in/b.csv", "in/c.txt", "in/2026/d.csv"):
        (root / name).write_text(name)
    assert fingerprint("in/*.csv", root).files == 2
    assert fingerprint("in/**/*.csv", root).files == 3
    assert fingerprint("in/[ab].csv", root).files == 2
    assert fingerprint("in/?.csv", root) == fingerprint("in/*.csv", root)
    before = fingerprint("in/*.csv", root)
    (root / "in/z.csv").write_text("z")
    assert fingerprint("in/*.csv", root) != before


def test_one_file_of_a_glob_is_not_that_file(tmp_path: Path) -> None:
    """Another file with the same content under another name is other data for a glob."""
    (tmp_path / "a.csv").write_text("1")
    one = fingerprint("*.csv", tmp_path)
    (tmp_path / "a.csv").rename(tmp_path / "b.csv")
    assert fingerprint("*.csv", tmp_path) != one


@pytest.mark.parametrize("location", ["gone.csv", "gone/*.csv", "empty"])
def test_nothing_there(tmp_path: Path, location: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFoundError, match="there is no file") as caught:
        fingerprint(location, tmp_path)
    assert caught.value.where == str(tmp_path)


def test_spans_are_their_files_alone(tmp_path: Path) -> None:
    for day in (18, 19, 20):
        (tmp_path / f"in/2026/11/{day}").mkdir(parents=True)
        (tmp_path / f"in/2026/11/{day}/a.csv").write_text(f"{day}\n")
    days = "in/{YYYY}/{MM}/{DD}/*.csv"
    listed = [
        [f"2026/11/{day}/a.csv", digest_bytes(f"{day}\n".encode()), 20775 + day - 18, None] for day in (19, 20)
    ]
    both = fingerprint(f"{days} @ last 2", tmp_path)
    assert both == Fingerprint(digest_json(listed), 6, 2, "2026-11-19..2026-11-20")
    assert fingerprint(days, tmp_path).spans == "2026-11-20"
    (tmp_path / "in/2026/11/18/a.csv").write_text("other")
    assert fingerprint(f"{days} @ last 2", tmp_path) == both
    (tmp_path / "in/2026/11/19/a.csv").write_text("other")
    assert fingerprint(f"{days} @ last 2", tmp_path) != both


def test_the_same_files_as_other_spans_are_other_data(tmp_path: Path) -> None:
    (tmp_path / "in/2026/11/18").mkdir(parents=True)
    (tmp_path / "in/2026/11/18/a.csv").write_text("1\n")
    day, number = (fingerprint(f"in/{one}/*.csv", tmp_path) for one in ("{YYYY}/{MM}/{DD}", "2026/11/{SPAN}"))
    assert (day.spans, number.spans) == ("2026-11-18", "18")
    assert day.digest != number.digest


def test_spans_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("1\n")
    for location in ("{SPAN}.txt", "{SPAN}.csv @ 2", "{SPAN}.csv @ 1..2"):
        with pytest.raises(NotFoundError):
            fingerprint(location, tmp_path)
