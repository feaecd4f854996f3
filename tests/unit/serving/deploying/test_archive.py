"""What is kept survives whoever writes it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mainspring.core.errors import ConflictError, NotFoundError
from mainspring.serving.deploying.archive import Archive, Event
from mainspring.serving.deploying.revision import File, Revision


def revision(text: str = "a") -> Revision:
    return Revision(number=0, at=0.0, by="Ada", cause="deploy", files={"a": File(name="a.yaml", text=text)})


def test_revisions_are_numbered_and_kept_and_the_last_is_wanted(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "desired", clock=lambda: 5.0)
    assert archive.number == 0
    assert archive.current is None
    for number, text in enumerate("abc"):
        kept = archive.add(revision(text), after=number)
        assert (kept.number, kept.at) == (number + 1, 5.0)
    assert archive.current == archive.revision(3)
    assert archive.numbers() == [1, 2, 3]
    assert [(one.what, one.number) for one in archive.history()] == [
        ("accepted", 1),
        ("accepted", 2),
        ("accepted", 3),
    ]
    with pytest.raises(ConflictError, match="revision 3 came in meanwhile"):
        archive.add(revision(), after=2)
    with pytest.raises(NotFoundError, match="no revision 9"):
        archive.revision(9)


def test_a_line_that_a_crash_cut_short_is_passed_over(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.note(Event(at=1.0, what="applied"))
    with (tmp_path / "history.jsonl").open("a") as file:
        file.write('{"at": 2.0, "wh\n')
    archive.note(Event(at=3.0, what="failed"))
    assert [one.at for one in archive.history()] == [1.0, 3.0]


def test_a_process_that_is_killed_leaves_whole_revisions(tmp_path: Path) -> None:
    script = f"""
from pathlib import Path
from mainspring.serving.deploying.archive import Archive
from mainspring.serving.deploying.revision import File, Revision
archive = Archive(Path({str(tmp_path)!r}))
while True:
    files = {{"a": File(name="a.yaml", text="x" * 100_000)}}
    archive.add(Revision(number=0, at=0.0, by="Ada", cause="deploy", files=files), after=archive.number)
"""
    archive = Archive(tmp_path)
    for _ in range(3):
        before = archive.number
        process = subprocess.Popen([sys.executable, "-c", script])
        while archive.number < before + 2:
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        current = archive.current
        assert current is not None
        assert len(current.files["a"].text) == 100_000
        assert all(archive.revision(number).by == "Ada" for number in archive.numbers())
        known = {one.number for one in archive.history()}
        assert set(archive.numbers()) >= known >= {current.number, current.number - 1}
    assert archive.add(revision(), after=archive.number).number > current.number


def test_one_server_follows_at_a_time(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "desired")
    assert not archive.followed
    with archive.following():
        assert archive.followed
        with pytest.raises(ConflictError, match="another server follows"), archive.following():
            pass
    assert not archive.followed
