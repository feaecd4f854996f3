"""What is kept survives whoever writes it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mainspring.core.errors import ConflictError, NotFoundError, StateError
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


def test_where_there_is_no_room_nothing_changes_and_nothing_is_left(tmp_path: Path) -> None:
    script = f"""
import resource, signal
from pathlib import Path
from mainspring.core.errors import UnavailableError
from mainspring.serving.deploying.archive import Archive
from mainspring.serving.deploying.revision import File, Revision
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
archive = Archive(Path({str(tmp_path)!r}))
one = Revision(number=0, at=0.0, by="Ada", cause="deploy", files={{"a": File(name="a.yaml", text="x" * 1000)}})
archive.add(one, after=0)
for room in (0, 1, 100, 1000):
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    try:
        archive.add(one, after=1)
        print("added", room)
    except UnavailableError as error:
        print("refused", archive.number, archive.current.by, *archive.folder.rglob(".*"))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
archive.add(one, after=1)
print(*[event.number for event in archive.history()])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["refused 1 Ada"] * 4 + ["1 2"]


def test_what_was_never_wanted_is_nothing_to_go_back_to(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.add(revision("a"), after=0)
    (tmp_path / ".CURRENT-0123").write_text("hal")
    archive.tidy()
    assert (tmp_path / ".CURRENT-0123").exists()  # somebody may be writing it
    wanted = archive.add(revision("b"), after=1)
    (tmp_path / "revisions/3.json").write_bytes((tmp_path / "revisions/2.json").read_bytes())  # killed here
    assert archive.current == wanted
    assert archive.add(revision("c"), after=2).number == 3
    assert archive.numbers() == [1, 2, 3]
    assert archive.revision(3).files["a"].text == "c"


def test_what_somebody_spoiled_is_named_or_found_out_anew(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.add(revision(), after=0)
    (tmp_path / "status.json").write_text("{")
    (tmp_path / "seen.json").write_text("[]")
    assert archive.status is None
    assert archive.seen.source == ""
    (tmp_path / "history.jsonl").write_text("cut sho")
    archive.note(Event(at=3.0, what="failed"))
    assert [one.what for one in archive.history()] == ["failed", "accepted"]
    (tmp_path / "revisions/1.json").write_text("{")
    with pytest.raises(StateError, match="revision 1 cannot be read"):
        _ = archive.current
    (tmp_path / "CURRENT").write_text("")
    with pytest.raises(StateError, match=r"CURRENT.*does not hold a number"):
        _ = archive.number


def test_one_server_follows_at_a_time(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "desired")
    assert not archive.followed
    with archive.following():
        assert archive.followed
        with pytest.raises(ConflictError, match="another server follows"), archive.following():
            pass
    assert not archive.followed
