"""Bytes that are not what was stored: lists show everything else, and say what cannot be read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.unit.app.console.conftest import words_of
from tests.unit.app.console.models_project import write

import mainspring
from mainspring.core.records import Kind


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = write(tmp_path_factory.mktemp("damage") / "loans")
    with mainspring.open(folder) as opened:
        assert opened.pipelines.run().state == "COMPLETE"
    return folder


@pytest.fixture
def damaged(using, made, tmp_path):
    """A console over a copy of the project in which the bytes of one type are damaged."""
    folder = Path(shutil.copytree(made, tmp_path / "loans"))

    def damage(kind: str):
        with mainspring.open(folder) as opened:
            things = opened.store.record.find(Kind.ARTIFACT, "type = :type", {"type": f"mainspring.{kind}"}).items
            files = [file.digest for one in things for file in opened.store.blobs.entries(one.digest)]
        assert files
        for digest in files:
            key = digest.rpartition(":")[2]
            file = folder / ".mainspring" / "artifacts" / "files" / key[:2] / key
            text = bytearray(file.read_bytes())
            text[len(text) // 2] ^= 0xFF
            file.chmod(0o644)
            file.write_bytes(text)
        return using(folder)

    return damage


def test_damaged_statistics_are_said_in_the_list_and_at_the_version(damaged):
    used = damaged("Statistics")
    assert used.get("/data")[0]["damaged"] == ["statistics"]
    assert "the statistics cannot be read" in words_of(used.page("/data"))
    assert "What describes them cannot be read" in words_of(used.page("/data/loans.ingest/1"))
    for path in ("/data/loans.ingest", "/data/loans.ingest/drift", "/data/anomalies", "/search?q=income"):
        assert used.page(path)
    told = used.get("/data/loans.ingest/versions/1/column", status=500, column="age")["error"]
    assert told["code"] == "CORRUPT"


def test_of_damaged_packages_everything_else_is_shown(damaged):
    used = damaged("Package")
    (one,) = used.get("/models/loans/versions")
    assert (one["damaged"], one["size"], one["passed"]) == (True, None, True)
    assert "damaged" in words_of(used.page("/models/loans"))
    assert "Its package cannot be read" in words_of(used.page("/models/loans/versions/1.0.0"))
    for view in ("card", "evaluation", "slices", "explanations", "what-if", "promotion", "package", "history"):
        assert used.page(f"/models/loans/versions/1.0.0?tab={view}")
    assert used.get("/models/loans/versions/1.0.0/package", status=500)["error"]["code"] == "CORRUPT"
