"""Fingerprints are of content and names below the location, of nothing else."""

import hashlib
import os
import shutil

import pytest

from mainspring.core.errors import NotFoundError
from mainspring.data.sources import fingerprint


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "here"
    (folder / "deep").mkdir(parents=True)
    (folder / "1.csv").write_text("a\n1\n")
    (folder / "deep/2.csv").write_text("a\n2\n")
    return folder


def test_a_copy_has_the_same_fingerprint(folder, tmp_path):
    first = fingerprint(folder)
    copy = tmp_path / "else/where"
    shutil.copytree(folder, copy)
    os.utime(copy / "1.csv", (0, 0))
    (copy / "notes.md").write_text("no data")
    (copy / "_SUCCESS").write_text("")
    assert fingerprint(copy) == fingerprint(str(copy)) == first
    assert first.startswith("sha256:")
    assert len(first) == 71


def test_every_change_of_content_or_names_is_seen(folder):
    found = {fingerprint(folder)}
    (folder / "1.csv").write_text("a\n3\n")
    found.add(fingerprint(folder))
    (folder / "1.csv").rename(folder / "3.csv")
    found.add(fingerprint(folder))
    (folder / "3.csv").rename(folder / "deep/1.csv")
    found.add(fingerprint(folder))
    (folder / "deep/1.csv").write_text("")
    found.add(fingerprint(folder))
    assert len(found) == 5


def test_a_file_by_its_content_alone_and_globs(folder, tmp_path, monkeypatch):
    one = fingerprint(folder / "1.csv")
    shutil.copy(folder / "1.csv", tmp_path / "other.csv")
    assert fingerprint(tmp_path / "other.csv") == one
    digest = hashlib.sha256(b"a\n1\n").digest()
    assert one == "sha256:" + hashlib.sha256(hashlib.sha256(b".").digest() + digest).hexdigest()
    assert fingerprint(f"{folder}/**/*.csv") == fingerprint(folder)
    monkeypatch.chdir(folder)
    assert fingerprint("*.csv") == fingerprint(f"{folder}/*.csv") != one
    with pytest.raises(NotFoundError):
        fingerprint("*.parquet")
